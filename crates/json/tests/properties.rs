//! Against serde_json: the two agree on all but members of one name, on numbers
//! that ours reads exactly, and on those of more digits than a double holds.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gatepost_json::{Expected, Limits, Number, Value, parse, push_json_string};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    max_bytes: 1 << 16,
    max_depth: 100,
};

/// Pieces of which hostile JSON is made.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u0061\"", "\"b\"", "\"\"", " ", "\n", "null",
            "true", "false", "{\"a\":", "\"a\":1", "[1,", "{}", "[]",
        ]).prop_map(str::to_owned),
        1 => "-?[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,3})?",
        1 => "\"(\\\\[\"\\\\/bfnrtux]|\\\\u[dD][89cCdD][0-9a-f]{2}|\\\\u00[0-9a-f]{2}|[a-c\\x00-\\x20é😀]){0,4}\"",
        1 => "[\\x00-\\x7f]{0,3}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Any value, in ours.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|number| Value::Number(Number::integer(number))),
        any::<i64>().prop_map(|number| Value::Number(Number::integer(number))),
        any::<f64>().prop_filter_map("finite", |number| {
            Number::float(number).map(Value::Number)
        }),
        ".{0,8}".prop_map(Value::String),
        "[\\x00-\\x7f]{0,8}".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
            prop::collection::btree_map(".{0,3}", inner, 0..20)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Whether the other reader found the same, number for number as doubles.
fn agrees(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(ours), serde_json::Value::Bool(theirs)) => ours == theirs,
        (Value::String(ours), serde_json::Value::String(theirs)) => ours == theirs,
        (Value::Number(ours), serde_json::Value::Number(theirs)) => {
            let exact = theirs.as_i64().map(Number::integer);
            let exact = exact.or_else(|| theirs.as_u64().map(Number::integer));
            match exact {
                Some(exact) => exact == *ours,
                // Its last bits may be off without its feature `float_roundtrip`.
                None => {
                    let ours: f64 = ours.to_string().parse().unwrap();
                    let theirs = theirs.as_f64().unwrap();
                    (ours - theirs).abs() <= ours.abs() * f64::EPSILON * 2.0 + 1e-322
                }
            }
        }
        (Value::Array(ours), serde_json::Value::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs)
                    .all(|(ours, theirs)| agrees(ours, theirs))
        }
        (Value::Object(ours), serde_json::Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && ours
                    .iter()
                    .all(|(name, ours)| theirs.get(name).is_some_and(|theirs| agrees(ours, theirs)))
        }
        _ => false,
    }
}

/// How many digits of the number at the start of `text` count.
fn digits(text: &[u8]) -> usize {
    let mantissa = text
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || b"-.".contains(byte));
    let digits: String = mantissa
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect();
    digits.trim_matches('0').len()
}

fn compare(text: &[u8]) {
    let theirs = serde_json::from_slice::<serde_json::Value>(text);
    match (parse(text, LIMITS), theirs) {
        (Ok(ours), Ok(theirs)) => assert!(agrees(&ours, &theirs), "{ours:?} {theirs:?}"),
        (Err(_), Err(_)) => {}
        (Err(error), Ok(_)) => match error.expected {
            Expected::UniqueNames => {}
            Expected::Number => assert!(digits(&text[error.offset..]) > 19, "{error}"),
            _ => panic!("{error}"),
        },
        (Ok(ours), Err(theirs)) => panic!("{ours:?} {theirs}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn pieces_of_json_are_read_as_serde_json_reads_them(text in pieces()) {
        compare(text.as_bytes());
    }

    #[test]
    fn a_value_comes_back_as_it_was_written_with_any_byte_changed_or_not(
        value in value(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut text = value.write().into_bytes();
        prop_assert_eq!(parse(&text, LIMITS), Ok(value));
        compare(&text);
        let at = at.index(text.len());
        text[at] = byte;
        compare(&text);
    }

    #[test]
    fn a_number_is_the_nearest_double_or_has_more_than_19_digits(
        text in "-?(0|[1-9][0-9]{0,30})(\\.0{0,20}[0-9]{1,25}0{0,20})?([eE][+-]?[0-9]{1,3})?"
    ) {
        let nearest: f64 = text.parse().unwrap();
        match Number::parse(&text) {
            Some(number) => prop_assert_eq!(number.as_f64(), nearest),
            None => prop_assert!(digits(text.as_bytes()) > 19 || nearest.is_infinite()),
        }
    }

    #[test]
    fn any_text_is_written_as_one_string(text in ".{0,40}|[\\x00-\\x7f]{0,40}") {
        let mut json = String::new();
        push_json_string(&mut json, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), &*text);
        prop_assert_eq!(parse(json.as_bytes(), LIMITS), Ok(Value::String(text)));
    }
}
