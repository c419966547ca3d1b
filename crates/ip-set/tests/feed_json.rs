//! Feeds in JSON: two forms, both strict.
#![allow(clippy::unwrap_used)]

use gatepost_ip_set::feed::{FeedError, FeedList, IfEmpty, parse_json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn printed(body: &str) -> Vec<String> {
    let list = parse_json(body.as_bytes(), IfEmpty::Fail).unwrap();
    list.iter()
        .map(|(cidr, expires)| match expires {
            None => cidr.to_string(),
            Some(wall) => format!("{cidr} {}", wall.as_secs()),
        })
        .collect()
}

fn report(body: &str) -> String {
    let error = parse_json(body.as_bytes(), IfEmpty::Fail).unwrap_err();
    error.to_string()
}

#[test]
fn an_array_stands_alone_or_in_an_object() {
    let elements = r#"["10.1.0.0/16", {"cidr": "10.0.0.0/8"},
        {"expires": "2026-07-01T08:30:00Z", "cidr": "::1"}, "2001:db8::/32"]"#;
    let expected = [
        "10.0.0.0/8",
        "10.1.0.0/16",
        "::1/128 1782894600",
        "2001:db8::/32",
    ];
    assert_eq!(printed(elements), expected);
    assert_eq!(printed(&format!("{{\"cidrs\": {elements}}}")), expected);
}

#[test]
fn host_bits_are_cleared_and_counted() {
    let body = br#"["10.1.2.3/8", {"cidr": "10.9.9.9/8"}, "192.0.2.1"]"#;
    let list = parse_json(body, IfEmpty::Fail).unwrap();
    assert_eq!((list.len(), list.masked()), (2, 2));
}

#[test]
fn an_error_names_the_element() {
    for (body, start) in [
        (
            r#"["::1", "10.0.0.0/33"]"#,
            "[1]: expected a prefix length from 0 to 32",
        ),
        (
            r#"{"cidrs": ["::1", "::2", "x"]}"#,
            "cidrs[2]: expected an IPv4 address",
        ),
        (
            r#"{"cidrs": [{"cidr": "x"}]}"#,
            "cidrs[0].cidr: expected an IPv4 address",
        ),
        (
            r#"{"cidrs": [{"cidr": "::1", "expires": "1"}]}"#,
            "cidrs[0].expires: expected an RFC 3339 timestamp",
        ),
        (
            r#"[{"cidr": "::1", "expires": 1782894600}]"#,
            "[0].expires: invalid type: integer `1782894600`, expected an RFC 3339 timestamp",
        ),
        (
            r#"[{"cidr": "::1", "expires": null}]"#,
            "[0].expires: invalid type: null",
        ),
        (
            r#"[{"expires": "2026-07-01T08:30:00Z"}]"#,
            "[0]: missing field `cidr`",
        ),
        (
            r#"[{"cidr": "::1", "note": "x"}]"#,
            "[0]: unknown field `note`",
        ),
        (r#"[7]"#, "[0]: invalid type: integer `7`, expected a CIDR"),
        (r#"["::1", null]"#, "[1]: invalid type: null"),
        (r#"[["::1"]]"#, "[0]: invalid type: array"),
    ] {
        let report = report(body);
        assert!(report.starts_with(start), "{body}: {report}");
    }
}

#[test]
fn any_other_document_is_refused() {
    for body in [
        "",
        "null",
        "7",
        "\"10.0.0.0/8\"",
        "{}",
        r#"{"cidrs": null}"#,
        r#"{"cidrs": "10.0.0.0/8"}"#,
        r#"{"cidrs": {"cidr": "::1"}}"#,
        r#"{"cidr": "::1"}"#,
        r#"{"cidrs": ["::1"], "version": 1}"#,
        r#"{"cidrs": ["::1"], "cidrs": ["::2"]}"#,
        r#"{"cidrs": ["::1"], "\u0063idrs": ["::2"]}"#,
        r#"[{"cidr": "::1", "cidr": "::2"}]"#,
        r#"[{"cidr": "::1", "expires": "2026-07-01T08:30:00Z", "expires": "2026-07-01T08:30:00Z"}]"#,
        r#"["::1"] x"#,
        r#"["::1"]["::2"]"#,
        r#"["::1",]"#,
        r#"["::1" "::2"]"#,
        r#"["::1""#,
        "\u{feff}[\"::1\"]",
        "# comment\n[\"::1\"]",
        "10.0.0.0/8\n",
        "<html>",
    ] {
        assert!(
            matches!(
                parse_json(body.as_bytes(), IfEmpty::Accept),
                Err(FeedError::Document(_))
            ),
            "{body}"
        );
    }
    let odd = parse_json(b"[\"\xff\"]", IfEmpty::Accept);
    assert!(matches!(odd, Err(FeedError::Document(_))));
    let deep = "[".repeat(100_000);
    assert!(parse_json(deep.as_bytes(), IfEmpty::Accept).is_err());
}

#[test]
fn a_document_without_an_entry_fails_unless_it_may() {
    for body in ["[]", r#"{"cidrs": []}"#] {
        let parse = |if_empty| parse_json(body.as_bytes(), if_empty);
        assert_eq!(parse(IfEmpty::Fail), Err(FeedError::Empty));
        assert_eq!(parse(IfEmpty::Accept), Ok(FeedList::default()));
    }
}

#[test]
fn entries_are_bounded() {
    let elements = "\"::\",".repeat(FeedList::MAX_ENTRIES);
    let report = report(&format!("[{elements}\"::\"]"));
    assert_eq!(report, "document: expected at most 1048576 entries");
}

#[test]
fn what_was_found_is_escaped_and_cut() {
    let report = report(&format!(r#"["\u001b{}"]"#, "x".repeat(1000)));
    assert!(report.contains(r#"found "\u{1b}xx"#), "{report}");
    assert!(report.ends_with("\" and more"), "{report}");
    assert!(report.len() < 250, "{report}");
}
