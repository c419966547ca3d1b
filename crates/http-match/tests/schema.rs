//! The JSON Schema says what the reader takes.
#![cfg(all(feature = "schema", not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used)]

use gatepost_http_match::MatchConfig;
use serde_json::Value;

fn schema() -> Value {
    serde_json::to_value(schemars::schema_for!(MatchConfig)).unwrap()
}

#[test]
fn no_field_may_be_null() {
    let text = schema().to_string();
    assert!(!text.contains("null\""), "{text}");
}

#[test]
fn unknown_fields_are_refused_and_every_field_is_described() {
    let schema = schema();
    let definitions = schema.get("$defs").unwrap().as_object().unwrap();
    let objects = definitions
        .values()
        .chain([&schema])
        .filter(|definition| definition.get("properties").is_some());
    let mut count = 0;
    for object in objects {
        count += 1;
        assert_eq!(
            object.get("additionalProperties"),
            Some(&Value::Bool(false))
        );
        for (name, field) in object.get("properties").unwrap().as_object().unwrap() {
            assert!(field.get("description").is_some(), "{name}");
        }
    }
    assert_eq!(count, 5, "{schema:#}");
}

#[test]
fn only_names_and_paths_of_fields_are_required() {
    let schema = schema();
    assert_eq!(schema.get("required"), None);
    let required = |name: &str| schema.pointer(&format!("/$defs/{name}/required")).cloned();
    assert_eq!(required("FieldMatch"), Some(serde_json::json!(["name"])));
    assert_eq!(required("ClaimMatch"), Some(serde_json::json!(["path"])));
    assert_eq!(required("PathMatch"), None);
}
