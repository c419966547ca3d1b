//! The identity in the peer's certificate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::RequestParts;
use support::{filter, from, judged};

const SAN: &str = "connection.uri_san_peer_certificate";

/// A document with this rule, and one list.
fn document(rule: &str) -> String {
    format!(
        r#"{{"client_address": {{"from": "connection"}}, "peer_certificate": "validated_by_listener",
            "lists": {{"mesh": {{"cidrs": ["10.0.0.0/8"]}}}}, "rules": [{{"name": "r", {rule}}}]}}"#
    )
}

fn as_peer(san: impl AsRef<[u8]>) -> RequestParts {
    from("10.0.0.1:1").property(SAN, san)
}

const UNREADABLE: &str = "403 identity_unreadable";
const MISSING: &str = "403 identity_missing";
const OTHER: &str = "403 identity_not_allowed";

#[test]
fn an_exact_identity_is_that_one_to_the_byte() {
    let rule = r#""allow": "anyone", "identities": [{"exact": "spiffe://td/ns/shop/sa/cart"}]"#;
    filter(&document(rule), |proxy| {
        for (san, expected) in [
            ("spiffe://td/ns/shop/sa/cart", "passed"),
            ("spiffe://td/ns/shop/sa/cart2", OTHER),
            ("spiffe://td/ns/shop/sa/car", OTHER),
            ("spiffe://td/ns/shop/sa/cart/", OTHER),
            ("SPIFFE://td/ns/shop/sa/cart", OTHER),
            ("spiffe://td/ns/shop/sa/cart\0", UNREADABLE),
            ("spiffe://td/ns/shop/sa/cart\0.evil", UNREADABLE),
            ("", MISSING),
        ] {
            assert_eq!(judged(proxy, &as_peer(san)), expected, "{san:?}");
        }
        assert_eq!(
            judged(proxy, &as_peer(b"spiffe://td/ns/shop/sa/cart\xff")),
            UNREADABLE
        );
        assert_eq!(judged(proxy, &from("10.0.0.1:1")), MISSING);
        let forged =
            from("10.0.0.1:1").header("x-forwarded-client-cert", "URI=spiffe://td/ns/shop/sa/cart");
        assert_eq!(judged(proxy, &forged), MISSING);
    });
}

#[test]
fn a_prefix_ends_at_a_segment() {
    let rule = r#""allow": "anyone", "identities": [{"prefix": "spiffe://td/ns/shop/"}]"#;
    filter(&document(rule), |proxy| {
        for (san, expected) in [
            ("spiffe://td/ns/shop/sa/cart", "passed"),
            ("spiffe://td/ns/shop/", "passed"),
            ("spiffe://td/ns/shop-evil/sa/cart", OTHER),
            ("spiffe://td/ns/shop", OTHER),
            ("spiffe://td.evil/ns/shop/sa/cart", OTHER),
        ] {
            assert_eq!(judged(proxy, &as_peer(san)), expected, "{san}");
        }
    });
}

#[test]
fn one_of_several_identities_will_do() {
    let rule = r#""allow": "anyone",
        "identities": [{"exact": "spiffe://td/a"}, {"prefix": "spiffe://td/b/"}]"#;
    filter(&document(rule), |proxy| {
        assert_eq!(judged(proxy, &as_peer("spiffe://td/a")), "passed");
        assert_eq!(judged(proxy, &as_peer("spiffe://td/b/c")), "passed");
        assert_eq!(judged(proxy, &as_peer("spiffe://td/c")), OTHER);
    });
}

#[test]
fn address_and_identity_must_both_be_right() {
    let rule = r#""allow": ["mesh"], "identities": [{"exact": "spiffe://td/a"}]"#;
    filter(&document(rule), |proxy| {
        let outside = |san: &str| from("192.0.2.1:1").property(SAN, san);
        assert_eq!(judged(proxy, &as_peer("spiffe://td/a")), "passed");
        assert_eq!(judged(proxy, &as_peer("spiffe://td/b")), OTHER);
        assert_eq!(
            judged(proxy, &outside("spiffe://td/a")),
            "403 ip_not_allowed"
        );
        assert_eq!(
            judged(proxy, &outside("spiffe://td/b")),
            "403 ip_not_allowed"
        );
    });
    let nobody = r#""allow": "nobody", "identities": [{"exact": "spiffe://td/a"}]"#;
    filter(&document(nobody), |proxy| {
        assert_eq!(
            judged(proxy, &as_peer("spiffe://td/a")),
            "403 ip_not_allowed"
        );
    });
}

#[test]
fn a_rule_may_be_chosen_by_identity() {
    let rules =
        r#""match": {"peer_identity": [{"prefix": "spiffe://td/ns/shop/"}]}, "allow": "anyone""#;
    filter(&document(rules), |proxy| {
        assert_eq!(
            judged(proxy, &as_peer("spiffe://td/ns/shop/sa/x")),
            "passed"
        );
        assert_eq!(
            judged(proxy, &as_peer("spiffe://td/ns/other/sa/x")),
            "403 default_denied"
        );
        assert_eq!(judged(proxy, &from("10.0.0.1:1")), "403 default_denied");
    });
}

#[test]
fn an_identity_that_cannot_be_read_is_not_the_absence_of_one() {
    let rules = r#""match": {"not": {"peer_identity": [{"prefix": "spiffe://td/ns/evil/"}]}},
        "allow": "anyone""#;
    filter(&document(rules), |proxy| {
        assert_eq!(judged(proxy, &as_peer("spiffe://td/ns/good/x")), "passed");
        assert_eq!(judged(proxy, &from("10.0.0.1:1")), "passed");
        for san in [
            &b"spiffe://td/ns/evil/x\0"[..],
            b"spiffe://td/ns/evil/x\xff",
        ] {
            assert_eq!(judged(proxy, &as_peer(san)), UNREADABLE);
        }
        proxy.fail("proxy_get_property", 10);
        let request = as_peer("spiffe://td/ns/evil/x");
        assert_eq!(judged(proxy, &request), "503 host_error");
    });
}

#[test]
fn who_it_was_is_in_record_and_log() {
    let rule = r#""allow": "anyone", "identities": [{"exact": "spiffe://td/a"}]"#;
    filter(&document(rule), |proxy| {
        let sent = proxy.send(&as_peer("spiffe://td/b\n"));
        for (field, value) in [
            ("decision", "denied"),
            ("rule", "r"),
            ("reason", "identity_not_allowed"),
            ("identity", r"spiffe://td/b\n"),
            ("client_address", "10.0.0.1"),
        ] {
            let found = proxy.property(sent, &format!("gatepost.ip-allowlist.{field}"));
            assert_eq!(found.as_deref(), Some(value), "{field}");
        }
        assert!(proxy.log_text().contains(r#"identity="spiffe://td/b\n""#));
    });
}
