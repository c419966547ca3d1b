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
use support::{each_code, wrong};

#[test]
fn each_field_that_is_wrong_is_named_with_what_was_expected() {
    each_code(|code| check_wrong_documents(code, wrong::documents()));
}

#[test]
fn all_value_errors_are_told_at_once() {
    let document = r#"{"on_deny": {"status": 200}, "lists": {"l": {"cidrs": [], "reason": "X"}},
        "rules": [{"name": "a", "allow": ["m"]}, {"name": "a", "allow": []}]}"#;
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure(document));
        for path in [
            "lists.l.reason: ",
            "lists.l.cidrs: ",
            "rules[0].allow[0]: ",
            "rules[1].allow: ",
            "rules[1].name: ",
            "client_address: ",
            "on_deny.status: ",
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
        assert!(!proxy.configure(r#"{"default": {"action": "alow"}}"#));
        proxy.force_unconfigured();
        assert_eq!(
            proxy.refused(&RequestParts::get("/")).details,
            "not_configured"
        );
        assert!(proxy.configure(r#"{"default": {"action": "allow"}}"#));
        assert!(!proxy.configure(r#"{"default": {"action": "dny"}}"#));
        proxy.passed(&RequestParts::get("/"));
    });
}

#[test]
fn numbers_may_come_as_floats_and_documents_as_istio_writes_them() {
    each_code(|code| {
        let document = r#"{"on_deny": {"status": 404.0, "grpc_status": 5.0},
            "client_address": {"peer_appended": false, "trusted_hops": 1.0, "from": "x_forwarded_for"}}"#;
        let mut proxy = TestProxy::with_document(code, document);
        assert_eq!(proxy.refused(&RequestParts::get("/")).status, 404);
    });
}
