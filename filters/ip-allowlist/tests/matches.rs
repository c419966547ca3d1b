//! Conditions of rules, and paths that servers read in different ways (law 8).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::RequestParts;
use support::{filter, from, judged};

/// `/admin` is for the office, all else for anyone.
const ADMIN: &str = r#"{"client_address": {"from": "connection"},
    "lists": {"office": {"cidrs": ["203.0.113.0/24"]}},
    "rules": [
        {"name": "admin", "match": {"paths": [{"prefix": "/admin"}]}, "allow": ["office"]},
        {"name": "rest", "allow": "anyone"}]}"#;

#[test]
fn no_spelling_of_a_path_gets_around_its_rule() {
    filter(ADMIN, |proxy| {
        for path in [
            "/admin",
            "/admin/",
            "/admin?x",
            "/admin#x",
            "/admin/../admin",
            "//admin",
            "/./admin",
            "/x/../admin",
            "/x/..;/admin",
            "/%61dmin",
            "/%2561dmin/../admin",
            "/x/%2e%2e/admin",
            "/x%2f..%2fadmin",
            "/x\\..\\admin",
            "/admin;a=b",
            "/admin%2fusers",
            "/admin%00",
            "/admin\t",
            "/admin\u{fffd}",
            "admin",
            "http://example.com/admin",
            "",
        ] {
            let outcome = judged(proxy, &RequestParts::get(path));
            assert!(
                [
                    "403 ip_not_allowed",
                    "400 path_ambiguous",
                    "400 path_unreadable"
                ]
                .contains(&outcome.as_str()),
                "{path}: {outcome}"
            );
        }
        for path in [
            "/",
            "/adminx",
            "/x/admin",
            "/x?y=/admin",
            "/x#/admin",
            "/x//y",
            "/x/%41",
        ] {
            assert_eq!(judged(proxy, &RequestParts::get(path)), "passed", "{path}");
        }
    });
}

#[test]
fn the_path_is_not_read_in_two_ways_for_who_is_allowed_either_way() {
    filter(ADMIN, |proxy| {
        let office = RequestParts::get("/x/../admin").property("source.address", "203.0.113.1:1");
        assert_eq!(judged(proxy, &office), "400 path_ambiguous");
    });
}

#[test]
fn a_rule_may_accept_an_ambiguous_path() {
    let document = r#"{"rules": [{"name": "files", "allow": "anyone",
        "match": {"paths": [{"prefix": "/files"}], "accept_ambiguous_path": true}}]}"#;
    filter(document, |proxy| {
        assert_eq!(judged(proxy, &RequestParts::get("/files/a%2fb")), "passed");
        assert_eq!(judged(proxy, &RequestParts::get("/files/../x")), "passed");
        assert_eq!(
            judged(proxy, &RequestParts::get("/x/../files")),
            "400 path_ambiguous"
        );
    });
}

#[test]
fn all_conditions_of_a_rule_must_hold() {
    let document = r#"{"client_address": {"from": "connection"}, "rules": [{"name": "r", "allow": "anyone",
        "match": {"hosts": ["*.example.com"], "methods": ["GET"], "paths": [{"exact": "/a"}],
            "headers": [{"name": "x-tier", "exact": "gold"}],
            "query": [{"name": "v", "present": true}],
            "cookies": [{"name": "c", "prefix": "x"}],
            "client_address": ["10.0.0.0/8"]}}]}"#;
    let good = || {
        from("10.0.0.1:1")
            .without(":path")
            .without(":authority")
            .header(":path", "/a?v=1")
            .header(":authority", "api.example.com:443")
            .header("x-tier", "gold")
            .header("cookie", "c=xyz")
    };
    let other = |name: &str, value: &str| good().without(name).header(name, value);
    filter(document, |proxy| {
        assert_eq!(judged(proxy, &good()), "passed");
        for request in [
            other(":path", "/a"),
            other(":path", "/b?v=1"),
            other(":authority", "example.com"),
            other(":method", "POST"),
            other("x-tier", "silver"),
            other("cookie", "c=y"),
            good().property("source.address", "192.0.2.1:1"),
        ] {
            assert_eq!(judged(proxy, &request), "403 default_denied");
        }
        for (request, expected) in [
            (other(":authority", "a b"), "400 authority_unreadable"),
            (other(":method", "get"), "400 method_unreadable"),
            (
                good().property("source.address", "/s"),
                "503 client_address_unknown_peer",
            ),
        ] {
            assert_eq!(judged(proxy, &request), expected);
        }
    });
}
