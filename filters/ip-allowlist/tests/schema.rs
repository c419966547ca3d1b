//! `schema.json` and the examples: current, and of one mind with the parser.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::path::Path;

use gatepost_test_host::{check_examples, check_schema_file, check_schema_refuses};
use serde_json::Value;
use support::{each_code, wrong};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generated() -> Value {
    serde_json::to_value(gatepost_ip_allowlist::schema()).unwrap()
}

/// What the schema says against a document.
fn errors(document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&generated()).unwrap();
    let errors = validator.iter_errors(document);
    errors.map(|error| error.to_string()).collect()
}

#[test]
fn the_schema_is_that_of_the_types() {
    check_schema_file(folder(), &generated());
}

#[test]
fn the_schema_is_of_draft_2020_12() {
    let schema = generated();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    jsonschema::meta::validate(&schema).unwrap();
}

#[test]
fn each_example_is_taken_by_the_schema_and_by_the_filter() {
    check_examples(folder(), errors, 5, |test| each_code(test));
}

#[test]
fn what_is_structurally_wrong_is_refused_by_the_schema_too() {
    check_schema_refuses(errors, wrong::documents());
}
