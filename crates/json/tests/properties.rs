//! Against serde_json: the two agree on all but members of one name, on numbers
//! that ours reads exactly, and on those of more digits than a double holds.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::cmp::Ordering;

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

/// Any number that is read and may be no integer.
fn decimal() -> impl Strategy<Value = Number> {
    ("-?[1-9][0-9]{0,18}", -360..320).prop_filter_map("in range", |(digits, exponent)| {
        Number::parse(&format!("{digits}e{exponent}"))
    })
}

/// Any value, in ours.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|number| Value::Number(Number::integer(number))),
        any::<i64>().prop_map(|number| Value::Number(Number::integer(number))),
        decimal().prop_map(Value::Number),
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

/// By what is written, with as many digits on both sides of the point.
fn compare_digits(one: Number, other: Number) -> Ordering {
    let parts = |number: Number| {
        let text = number.to_string();
        let size = text.trim_start_matches('-');
        let (whole, fraction) = size.split_once('.').unwrap_or((size, ""));
        (
            text.starts_with('-'),
            format!("{whole:0>400}{fraction:0<400}"),
        )
    };
    match (parts(one), parts(other)) {
        ((false, one), (false, other)) => one.cmp(&other),
        ((true, one), (true, other)) => other.cmp(&one),
        ((is_negative, _), _) if is_negative => Ordering::Less,
        _ => Ordering::Greater,
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
    fn a_number_is_what_was_written_or_has_more_than_19_digits(
        text in "-?(0|[1-9][0-9]{0,30})(\\.0{0,20}[0-9]{1,25}0{0,20})?([eE][+-]?[0-9]{1,3})?"
    ) {
        let nearest: f64 = text.parse().unwrap();
        match Number::parse(&text) {
            Some(number) => {
                let written = number.to_string();
                prop_assert!(written.len() <= 350);
                prop_assert_eq!(Number::parse(&written), Some(number));
                prop_assert_eq!(written.parse(), Ok(nearest));
            }
            None => prop_assert!(digits(text.as_bytes()) > 19 || nearest.is_infinite()),
        }
    }

    #[test]
    fn a_double_of_up_to_15_digits_is_the_number_that_was_written(
        text in "-?[1-9][0-9]{0,14}", decimals in 0_usize..22
    ) {
        let text = format!("{text}e-{decimals}");
        let number = Number::float(text.parse().unwrap());
        prop_assert_eq!(number, Number::parse(&text));
    }

    #[test]
    fn of_a_double_no_other_number_is_made(double in any::<f64>()) {
        if let Some(number) = Number::float(double) {
            prop_assert_eq!(number.to_string().parse(), Ok(double));
        }
    }

    #[test]
    fn numbers_are_ordered_as_their_digits_are(
        one in prop_oneof![decimal(), any::<i128>().prop_map(Number::integer)],
        other in prop_oneof![decimal(), any::<i128>().prop_map(Number::integer)],
        near in -3_i32..4,
    ) {
        prop_assert_eq!(one.cmp(&other), compare_digits(one, other));
        prop_assert_eq!(one.cmp(&one), Ordering::Equal);
        // With the same digits in front, or those next to them.
        let digits = one.to_string().replace('.', "");
        let digits = digits.trim_start_matches(['-', '0']);
        let digits = digits.get(..digits.len().min(18)).unwrap();
        let near = digits.parse::<i64>().unwrap_or(1).saturating_add(near.into());
        for exponent in [-340, -20, -1, 0, 1, 20, 289] {
            if let Some(near) = Number::parse(&format!("{near}e{exponent}")) {
                prop_assert_eq!(one.cmp(&near), compare_digits(one, near));
                prop_assert_eq!(near.cmp(&one), compare_digits(near, one));
            }
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
