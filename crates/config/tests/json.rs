//! The reader against another one, `serde_json` itself: on the documents of
//! JSONTestSuite, and on generated ones.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods
)]

use gatepost_config::{Problems, read};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Where we are stricter: no field takes numbers that need more digits than
/// every double keeps, so nothing is there to read them.
fn is_long(ours: &Result<Value, Problems>) -> bool {
    let error = ours
        .as_ref()
        .err()
        .map_or_else(String::new, ToString::to_string);
    error.contains("expected a number of at most 15 digits")
}

#[test]
fn the_suite_is_judged_as_it_demands() {
    let test = "the_suite_is_judged_as_it_demands";
    let Some(documents) = gatepost_test_vectors::files(test, "JSONTestSuite/test_parsing") else {
        return;
    };
    assert!(documents.len() > 300, "{}", documents.len());
    for (name, document) in documents {
        let ours = read::<Value>(&document);
        match name.split_once('_') {
            Some(("y", _)) => assert!(ours.is_ok() || is_long(&ours), "{name}: {ours:?}"),
            Some(("n", _)) => assert!(ours.is_err(), "{name}: {ours:?}"),
            // Either is right; then both readers shall agree.
            _ if !is_long(&ours) => {
                let theirs = serde_json::from_slice::<Value>(&document);
                assert_eq!(ours.is_ok(), theirs.is_ok(), "{name}: {ours:?} {theirs:?}");
            }
            _ => {}
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Halves are exact in both readers.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 2.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let members = proptest::collection::vec((any::<String>(), inner.clone()), 0..6);
        prop_oneof![
            proptest::collection::vec(inner, 0..6).prop_map(Value::from),
            members.prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

proptest! {
    #[test]
    fn a_document_is_read_as_it_was_written(value in value(), pretty: bool) {
        let document = if pretty {
            serde_json::to_vec_pretty(&value)
        } else {
            serde_json::to_vec(&value)
        };
        prop_assert_eq!(read::<Value>(&document.unwrap()).unwrap(), value);
    }

    #[test]
    fn a_torn_document_is_refused_by_both_readers(value in value(), cut: prop::sample::Index, byte: u8) {
        let mut document = serde_json::to_vec(&value).unwrap();
        let cut = cut.index(document.len());
        if let Some(torn) = document.get_mut(cut) {
            *torn = byte;
        }
        let theirs = serde_json::from_slice::<Value>(&document);
        let ours = read::<Value>(&document);
        prop_assert!(ours.is_ok() == theirs.is_ok() || is_long(&ours), "{ours:?} {theirs:?}");
    }

    #[test]
    fn a_double_is_the_nearest(mantissa in 0..=1_u64 << 53, exponent in -22..=22, point in 1..=15_u32) {
        let (whole, fraction) = (mantissa / 10_u64.pow(point), mantissa % 10_u64.pow(point));
        let width = usize::try_from(point).unwrap();
        let number = format!("-{whole}.{fraction:0width$}e{exponent}");
        match read::<f64>(number.as_bytes()) {
            Ok(ours) => {
                prop_assert_eq!(ours.to_bits(), number.parse::<f64>().unwrap().to_bits());
            }
            Err(_) => prop_assert!(exponent - i32::try_from(point).unwrap() < -22, "{}", number),
        }
    }

    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes: Vec<u8>) {
        let _ = read::<Value>(&bytes);
    }
}
