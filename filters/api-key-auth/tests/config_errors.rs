//! A document that is wrong is refused, and the log says where and what was
//! expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, TestProxy, check_wrong_documents};
use support::{document, each_code, judged, with_key, wrong};

#[test]
fn each_field_that_is_wrong_is_named_with_what_was_expected() {
    each_code(|code| check_wrong_documents(code, wrong::documents()));
}

#[test]
fn a_key_in_the_place_of_its_digest_is_not_shown() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure(r#"{"keys": [{"id": "a", "digest": "a-plain-key"}]}"#));
        assert!(
            !proxy.log_text().contains("a-plain-key"),
            "{}",
            proxy.log_text()
        );
    });
}

#[test]
fn nothing_is_shown_of_a_secret_that_stands_in_a_wrong_place() {
    let documents = [
        r#"{"hmac_secret": "CANARY"}"#,
        r#"{"hmac_secret": ["CANARY"]}"#,
        r#"{"hmac_secret": {"CANARY": "x"}}"#,
        r#"{"hmac_secret": {"inline": "CANARY"}}"#,
        r#"{"hmac_secret": {"inline": ["CANARY"]}}"#,
        r#"{"hmac_secret": {"host_env_key": "CANARY"}}"#,
        r#"{"hmac_secret": {"host_env_key": "x", "CANARY": "x"}}"#,
        r#"{"keys": "CANARY"}"#,
        r#"{"keys": ["CANARY"]}"#,
        r#"{"keys": {"CANARY": "x"}}"#,
        r#"{"keys": [{"CANARY": "x"}]}"#,
        r#"{"keys": [{"id": "a", "digest": "CANARY"}]}"#,
        r#"{"keys": [{"id": "a", "digest": "sha256:CANARY"}]}"#,
        r#"{"keys": [{"id": "a", "digest": "CANARY", "disabled": "CANARY"}]}"#,
    ];
    let in_rules = [
        r#""default": {"keys": ["CANARY"]}"#,
        r#""rules": [{"name": "r", "keys": ["CANARY"]}]"#,
    ];
    let all = documents.map(str::to_owned).into_iter();
    let all: Vec<String> = all.chain(in_rules.map(document)).collect();
    each_code(|code| {
        for document in &all {
            let mut proxy = TestProxy::new(code);
            assert!(!proxy.configure(document), "{document}");
            let said = proxy.log_text();
            assert!(!said.contains("CANARY"), "{document}: {said}");
        }
    });
}

#[test]
fn all_value_errors_are_told_at_once() {
    let more = r#""realm": "", "key_id_header": "host", "on_deny": {"status": 200},
        "rules": [{"name": "a", "keys": []}, {"name": "a"}]"#;
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure(&document(more)));
        for path in [
            "realm: ",
            "key_id_header: ",
            "on_deny.status: ",
            "rules[0].keys: ",
            "rules[1].name: ",
        ] {
            assert!(
                proxy.log_text().contains(path),
                "{path} {}",
                proxy.log_text()
            );
        }
    });
}

#[test]
fn a_refused_document_lets_nothing_pass_at_first_and_the_last_one_serve_later() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure("{}"));
        proxy.force_unconfigured();
        let reply = proxy.refused(&RequestParts::get("/"));
        assert_eq!(reply.details, "not_configured");
        assert!(proxy.configure(&document("")));
        assert!(!proxy.configure(r#"{"keys": 7}"#));
        assert_eq!(judged(&mut proxy, &with_key("alpha")), "passed");
    });
}
