//! JSONTestSuite: all that must be read is read but members of one name, all
//! that must be refused is refused, and what is left open is decided here.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

use std::collections::BTreeMap;

use gatepost_json::{Expected, Limits, Value, parse};

/// The files of a folder of the suite by name.
fn files(test: &str, folder: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    gatepost_test_vectors::files(test, &format!("JSONTestSuite/{folder}"))
}

fn limits() -> Limits {
    Limits::of_bytes(1 << 20)
}

/// JSON by its grammar, refused because readers differ on it.
const DUPLICATES: [&str; 2] = [
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
];

/// What RFC 8259 leaves to the reader, and we read: integers of 128 bits, and
/// numbers of up to 19 digits that a double holds, rounded. So one of 48 digits
/// (`i_number_very_big_negative_int.json`) is refused.
const READ_BY_DECISION: [&str; 4] = [
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
];

#[test]
fn the_parsing_suite_is_met_but_for_members_of_one_name() {
    let test = "the_parsing_suite_is_met_but_for_members_of_one_name";
    let Some(files) = files(test, "test_parsing") else {
        return;
    };
    let (mut yes, mut no, mut open) = (0, 0, 0);
    for (name, text) in &files {
        let read = parse(text, limits());
        match name.get(..2) {
            Some("y_") if DUPLICATES.contains(&name.as_str()) => {
                yes += 1;
                assert_eq!(read.unwrap_err().expected, Expected::UniqueNames, "{name}");
            }
            Some("y_") => {
                yes += 1;
                assert!(read.is_ok(), "{name}: {read:?}");
            }
            Some("n_") => {
                no += 1;
                assert!(read.is_err(), "{name}: {read:?}");
            }
            Some("i_") => {
                open += 1;
                let expected = READ_BY_DECISION.contains(&name.as_str());
                assert_eq!(read.is_ok(), expected, "{name}: {read:?}");
            }
            _ => panic!("{name}"),
        }
    }
    assert_eq!((yes, no, open), (95, 188, 35));
}

#[test]
fn what_readers_transform_is_kept_or_refused() {
    let test = "what_readers_transform_is_kept_or_refused";
    let Some(files) = files(test, "test_transform") else {
        return;
    };
    assert_eq!(files.len(), 22);
    for (name, text) in &files {
        let read = parse(text, limits());
        let is_refused = [
            "object_same_key",
            "string_1_escaped_invalid",
            "string_1_invalid",
            "string_2_escaped_invalid",
            "string_2_invalid",
            "string_3_escaped_invalid",
            "string_3_invalid",
        ]
        .iter()
        .any(|start| name.starts_with(start));
        assert_eq!(read.is_err(), is_refused, "{name}: {read:?}");
        if let Ok(value) = read {
            assert_eq!(
                parse(value.write().as_bytes(), limits()),
                Ok(value),
                "{name}"
            );
        }
    }
    let integer = |name: &str| match parse(&files[name], limits()).unwrap() {
        Value::Array(elements) => elements.first().unwrap().as_number().unwrap().to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(integer("number_1000000000000000.json"), "1000000000000000");
    assert_eq!(
        integer("number_10000000000000000999.json"),
        "10000000000000000999"
    );
}
