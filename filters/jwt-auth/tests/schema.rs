//! `schema.json` and the examples: current, and of one mind with the parser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods
)]

mod support;

use std::path::{Path, PathBuf};

use gatepost_test_host::TestProxy;
use serde_json::Value;
use support::{each_code, wrong};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn generated() -> Value {
    serde_json::to_value(gatepost_jwt_auth::schema()).unwrap()
}

fn examples() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(folder().join("examples")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    files
        .into_iter()
        .map(|file| (file.clone(), std::fs::read_to_string(file).unwrap()))
        .collect()
}

#[test]
fn the_schema_is_that_of_the_types() {
    let file = folder().join("schema.json");
    let text = serde_json::to_string_pretty(&generated()).unwrap() + "\n";
    if std::env::var("GATEPOST_UPDATE").as_deref() == Ok("1") {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "schema.json is not current: run this test with GATEPOST_UPDATE=1"
    );
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
    let validator = jsonschema::validator_for(&generated()).unwrap();
    for (file, text) in examples() {
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        each_code(|code| {
            let mut proxy = TestProxy::new(code);
            assert!(
                proxy.configure(&text),
                "{}: {}",
                file.display(),
                proxy.log_text()
            );
        });
    }
}

#[test]
fn what_is_structurally_wrong_is_refused_by_the_schema_too() {
    let validator = jsonschema::validator_for(&generated()).unwrap();
    let taken: Vec<String> = wrong::documents()
        .into_iter()
        .filter(|wrong| wrong.is_structural)
        .map(|wrong| wrong.document)
        .filter(|document| validator.is_valid(&serde_json::from_str(document).unwrap()))
        .collect();
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}
