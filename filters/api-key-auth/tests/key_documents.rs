//! Documents of keys: what is read, what is refused, and what the compiled form says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gatepost_api_key_auth::digest::Hasher;
use gatepost_api_key_auth::keys::{DocumentError, Found, KeySet, MOST_KEYS, read_keys};
use proptest::prelude::*;
use support::{entry, sha256, with_keys};

fn error(body: &str) -> String {
    match read_keys(body.as_bytes(), false) {
        Ok(_) => panic!("taken: {body}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn only_an_object_with_keys_is_a_document() {
    let key = entry("a", "alpha", "");
    for body in [
        format!(r#"{{"keys": [{key}]}}"#),
        format!(" {{ \"keys\"\n:\t[ {key} ] }}\r\n"),
        format!(r#"{{"keys":[{key},{}]}}"#, entry("b", "beta", "")),
    ] {
        assert!(read_keys(body.as_bytes(), false).is_ok(), "{body}");
    }
    for body in [
        String::new(),
        format!("[{key}]"),
        format!(r#"{{"keys": [{key}]"#),
        format!(r#"{{"keys": [{key}]}} x"#),
        format!(r#"{{"keys": [{key}], "more": 1}}"#),
        format!(r#"{{"more": 1, "keys": [{key}]}}"#),
        format!(r#"{{"keys": [{key},]}}"#),
        format!(r#"{{"keys": [,{key}]}}"#),
        format!(r#"{{"keys": [{key} {key}]}}"#),
        format!(r#"{{"keys": [null, {key}]}}"#),
        format!(r#"{{"key\u0073": [{key}]}}"#),
        format!("\u{feff}{{\"keys\": [{key}]}}"),
        r#"{"keys": [{"id": "a"#.to_owned(),
        r#"{"keys": [}]}"#.to_owned(),
    ] {
        assert_eq!(
            error(&body),
            r#"expected {"keys": [...]} and nothing else"#,
            "{body}"
        );
    }
    assert_eq!(error(r#"{"keys": []}"#), "expected at least one key");
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let good = entry("a", "alpha", "");
    let digest = sha256("beta");
    for (key, said) in [
        (
            r#"{"id": "b"}"#.to_owned(),
            "keys[1]: missing field `digest`",
        ),
        (
            format!(r#"{{"id": "b", "digest": "{digest}", "x": 1}}"#),
            "keys[1]: unknown field, expected one of `id`",
        ),
        (
            format!(r#"{{"id": "b", "id": "c", "digest": "{digest}"}}"#),
            "duplicate field `id`",
        ),
        (
            format!(r#"{{"id": "b", "digest": "{digest}",}}"#),
            "keys[1]: ",
        ),
        (
            format!(r#"{{"id": "b", "digest": "{digest}", "groups": [}}]}}"#),
            "keys[1]: ",
        ),
        (
            format!(r#"{{"id": "b ", "digest": "{digest}"}}"#),
            "keys[1].id: expected 1 to 64",
        ),
        (
            format!(r#"{{"id": "b", "digest": "hmac-{digest}"}}"#),
            "keys[1].digest: expected `sha256:`, or the secret",
        ),
        (
            good.clone(),
            "keys[1].digest: expected a key of its own, found that of keys[0]",
        ),
        (
            entry(&"b".repeat(40_000), "beta", ""),
            "keys[1]: expected at most 32768 bytes",
        ),
    ] {
        let body = format!(r#"{{"keys": [{good}, {key}]}}"#);
        assert!(error(&body).contains(said), "{}: {body}", error(&body));
    }
}

#[test]
fn nothing_is_shown_of_a_key_that_stands_in_a_wrong_place() {
    let digest = sha256("beta");
    for key in [
        r#"{"id": "a", "CANARY": "x"}"#.to_owned(),
        r#"{"id": "a", "digest": "CANARY"}"#.to_owned(),
        r#"{"id": "a", "digest": ["CANARY"]}"#.to_owned(),
        format!(r#"{{"id": "a", "digest": "{digest}", "key": "CANARY"}}"#),
        format!(r#"{{"id": "a", "digest": "{digest}", "disabled": "CANARY"}}"#),
    ] {
        let said = error(&format!(r#"{{"keys": [{key}]}}"#));
        assert!(!said.contains("CANARY"), "{key}: {said}");
    }
}

#[test]
fn two_keys_that_are_one_are_found_however_far_apart() {
    let mut keys: Vec<String> = (0..3000)
        .map(|number| entry("a", &format!("key-{number}"), ""))
        .collect();
    keys.push(entry("b", "key-7", ""));
    assert_eq!(
        read_keys(with_keys(&keys, "").as_bytes(), false).unwrap_err(),
        DocumentError::Twice(7, 3000)
    );
}

#[test]
fn so_many_keys_and_no_more() {
    let mut body = String::from("{\"keys\":[");
    for number in 0..=MOST_KEYS {
        let comma = if number == 0 { "" } else { "," };
        body.push_str(&format!(
            r#"{comma}{{"id":"a","digest":"sha256:{number:064x}"}}"#
        ));
    }
    body.push_str("]}");
    assert_eq!(
        read_keys(body.as_bytes(), false).unwrap_err(),
        DocumentError::TooMany
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_key_is_found_and_no_other(numbers in prop::collection::btree_set(0_u32..5000, 1..400), absent in 5000_u32..9000) {
        let keys: Vec<String> = numbers
            .iter()
            .map(|number| entry(&format!("id-{number}"), &format!("key-{number}"), ""))
            .collect();
        let set = read_keys(with_keys(&keys, "").as_bytes(), false).unwrap();
        prop_assert_eq!(set.len(), numbers.len());
        let hasher = Hasher::default();
        let mut places = Vec::new();
        for number in &numbers {
            match set.find(&hasher.present(format!("key-{number}").as_bytes())) {
                Found::Key(place) => places.push(place),
                Found::Nothing => prop_assert!(false, "{}", number),
            }
        }
        places.sort_unstable();
        prop_assert!(places.into_iter().eq(0..numbers.len()));
        let other = hasher.present(format!("key-{absent}").as_bytes());
        prop_assert_eq!(set.find(&other), Found::Nothing);
    }

    #[test]
    fn no_bytes_break_the_reader_of_compiled_keys(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = KeySet::decode(&bytes);
    }
}
