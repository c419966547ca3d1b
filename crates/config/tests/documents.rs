//! What a document says, and what is said of a document that is wrong.
#![allow(clippy::unwrap_used)]

use gatepost_config::{FieldPath, Part, UniqueMap, read};
use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    #[serde(default)]
    action: Option<Action>,
    #[serde(default)]
    weights: Vec<f64>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Action {
    Deny,
    Redirect(String),
    Answer { status: u16 },
}

fn rule(document: &str) -> Rule {
    read(document.as_bytes()).unwrap()
}

fn problem(document: &str) -> String {
    read::<Vec<Rule>>(document.as_bytes())
        .unwrap_err()
        .to_string()
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_variant_is_a_name_or_an_object_of_one_member() {
    for (action, expected) in [
        (r#""deny""#, Some(Action::Deny)),
        (
            r#"{ "redirect" : "/a" }"#,
            Some(Action::Redirect("/a".to_owned())),
        ),
        (
            r#"{"answer":{"status":403}}"#,
            Some(Action::Answer { status: 403 }),
        ),
        ("null", None),
    ] {
        let rule = rule(&format!(r#"{{"name":"a","action":{action}}}"#));
        assert_eq!(rule.action, expected, "{action}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn escapes_are_what_they_stand_for() {
    for (text, expected) in [
        (r#""""#, ""),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""a\u00e9\u20AC""#, "aé€"),
        (r#""\ud83d\ude00é""#, "😀é"),
        (r#""\\""#, "\\"),
        (r#""\u0000""#, "\0"),
    ] {
        assert_eq!(read::<String>(text.as_bytes()).unwrap(), expected, "{text}");
        let document = format!(r#"{{{text}:1}}"#);
        let members: UniqueMap<u8> = read(document.as_bytes()).unwrap();
        assert_eq!(members.iter().next(), Some((expected, &1)), "{text}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn half_a_surrogate_pair_is_no_text() {
    for text in [
        r"\ud83d",
        r"\ude00",
        r"\ud83d\n",
        r"\ud83d\ud83d",
        r"\ud83dx",
        r"\ud83d\u0041",
    ] {
        let found = problem(&format!(r#"[{{"name":"{text}"}}]"#));
        assert!(
            found.starts_with("[0].name: expected pairs of surrogates"),
            "{text}: {found}"
        );
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn numbers_are_read_exactly() {
    let numbers = "[0, -0, 1.5, -2e3, 18446744073709551615, 1E-2, 0.1]";
    let rule = rule(&format!(r#"{{"name":"a","weights":{numbers}}}"#));
    assert_eq!(
        rule.weights,
        [
            0.0,
            0.0,
            1.5,
            -2000.0,
            18_446_744_073_709_551_615.0,
            0.01,
            0.1
        ]
    );
    assert_eq!(read::<u64>(b"18446744073709551615").unwrap(), u64::MAX);
    assert_eq!(read::<i64>(b"-9223372036854775808").unwrap(), i64::MIN);
    for number in ["1e23", "-1e-23", "0.12345678901234567", "1e99999999999"] {
        let error = read::<f64>(number.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("of at most 15 digits"), "{number}: {error}");
    }
    assert_eq!(read::<f64>(b"-0.000e99999999999").unwrap(), 0.0);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn an_error_says_where_and_what() {
    for (document, expected) in [
        (r#"[{}]"#, "[0]: missing field `name`"),
        (
            r#"[{"name":1}]"#,
            "[0].name: invalid type: integer `1`, expected a string",
        ),
        (
            r#"[{"name":null}]"#,
            "[0].name: invalid type: null, expected a string",
        ),
        (
            r#"[{"name":[]}]"#,
            "[0].name: invalid type: array, expected a string",
        ),
        (
            r#"[{"name":"a"}, {"name":{}}]"#,
            "[1].name: invalid type: object, expected a string",
        ),
        (
            r#"[{"name":"a","name":"b"}]"#,
            "[0]: duplicate field `name`",
        ),
        (
            r#"[["a"]]"#,
            "[0]: invalid type: array, expected struct Rule",
        ),
        (
            r#"{"name":"a"}"#,
            "document: invalid type: object, expected a sequence",
        ),
        (
            r#"[{"name":"a","weights":[1,true]}]"#,
            "[0].weights[1]: invalid type: boolean `true`, expected f64",
        ),
        (
            r#"[{"name":"a","action":{"answer":{"status":-1}}}]"#,
            "[0].action.answer.status: invalid value: integer `-1`, expected u16",
        ),
        (
            r#"[{"name":"a","action":{"answer":{"status":1.5}}}]"#,
            "[0].action.answer.status: invalid type: a number that is no integer in range, \
             expected u16",
        ),
        (
            r#"[{"name":"a","action":"redirect"}]"#,
            "[0].action: invalid type: a variant without content, expected newtype variant",
        ),
        (
            r#"[{"name":"a","action":{}}]"#,
            "[0].action: expected one member, found none",
        ),
        (
            r#"[{"name":"a","action":{"deny":null}}]"#,
            "[0].action: expected `deny` alone, without a value",
        ),
        (
            r#"[{"name":"a","action":{"redirect":"b","deny":null}}]"#,
            "[0].action: expected no member `deny`",
        ),
        (
            r#"[{"name":"a","action":"drop"}]"#,
            "[0].action: unknown variant `drop`, expected one of `deny`, `redirect`, `answer`",
        ),
        (
            "[\n{\"name\":\"a\",}]",
            "document: key must be a string at line 2 column 13",
        ),
    ] {
        assert_eq!(problem(document), expected, "{document}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_tuple_has_its_number_of_elements() {
    assert_eq!(read::<(u8, u8)>(b"[1, 2]").unwrap(), (1, 2));
    assert!(read::<(u8, u8)>(b"[1]").is_err());
    assert_eq!(
        read::<(u8, u8)>(b"[1,2,3]").unwrap_err().to_string(),
        "document: expected 2 elements"
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_part_is_read_later_and_keeps_its_place() {
    let document = r#" { "a" : {"x": [1, "]}\"", {}]} , "b" : 7 , "c":"d"} "#;
    let parts: UniqueMap<Part<'_>> = read(document.as_bytes()).unwrap();
    let texts: Vec<&[u8]> = parts.iter().map(|(_, part)| part.as_bytes()).collect();
    assert_eq!(texts, [&br#"{"x": [1, "]}\"", {}]}"#[..], b"7", br#""d""#]);
    let path = FieldPath::ROOT;
    let (_, last) = parts.iter().last().unwrap();
    let error = last.read_at::<u8>(&path.field("c")).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"c: invalid type: string "d", expected u8"#
    );
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn nesting_is_bounded_even_where_nothing_is_read() {
    #[derive(Debug, Deserialize)]
    struct Nested(#[allow(dead_code)] Vec<Self>);
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read::<Nested>(nested(128).as_bytes()).is_ok());
    let error = read::<Nested>(nested(129).as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("expected at most 128 levels"), "{error}");
    assert!(read::<Part<'_>>(nested(100_000).as_bytes()).is_ok());
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_long_string_in_the_wrong_place_is_shown_in_part() {
    let document = format!(r#"[{{"name":"a","weights":"{}"}}]"#, "é".repeat(1000));
    let shown = format!("string \"{}\" and more", "é".repeat(64));
    assert!(problem(&document).contains(&shown));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn a_name_of_a_stranger_is_escaped_and_cut() {
    let forged = problem(r#"[{"a\n[critical] all is well": 1}]"#);
    assert!(
        forged
            .starts_with(r"[0]: unknown field `a\n[critical] all is well`, expected one of `name`"),
        "{forged}"
    );
    let long = "x".repeat(100_000);
    for document in [
        format!(r#"[{{"{long}": 1}}]"#),
        format!(r#"[{{"name": "a", "action": "{long}"}}]"#),
    ] {
        let told = problem(&document);
        assert!(told.len() < 200 && told.contains("and more"), "{told}");
    }
}
