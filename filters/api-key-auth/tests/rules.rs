//! Which key is taken by which rule, and what shadow mode does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, TestProxy, values};
use support::{document, each_code, entry, filter, judged, passed_with, with_key, with_keys};

/// Keys of two groups and of none, one of them for a single rule.
fn keys() -> Vec<String> {
    vec![
        entry("a", "alpha", r#""groups": ["partners", "beta-testers"]"#),
        entry("b", "beta", r#""groups": ["internal"]"#),
        entry("c", "gamma", ""),
        entry("d", "delta", r#""rules": ["orders", "default"]"#),
    ]
}

fn get(path: &str, key: &str) -> RequestParts {
    RequestParts::get(path).header("x-api-key", key)
}

#[test]
fn a_rule_takes_keys_by_id_or_by_group_and_the_default_takes_any() {
    let more = r#""rules": [
        {"name": "orders", "match": {"paths": [{"prefix": "/orders"}]}, "keys": ["c", "d"], "groups": ["partners"]},
        {"name": "admin", "match": {"paths": [{"prefix": "/admin"}]}, "groups": ["internal"]}]"#;
    filter(&with_keys(&keys(), more), |proxy| {
        let denied = "403 api_key_not_allowed";
        for (path, key, expected) in [
            ("/orders", "alpha", "passed"),
            ("/orders", "beta", denied),
            ("/orders", "gamma", "passed"),
            ("/orders", "delta", "passed"),
            ("/admin", "alpha", denied),
            ("/admin", "beta", "passed"),
            ("/admin", "gamma", denied),
            ("/admin", "delta", denied),
            ("/", "alpha", "passed"),
            ("/", "beta", "passed"),
            ("/", "gamma", "passed"),
            ("/", "delta", "passed"),
        ] {
            assert_eq!(judged(proxy, &get(path, key)), expected, "{path} {key}");
        }
    });
}

#[test]
fn a_key_for_some_rules_is_no_key_for_others() {
    let more = r#""rules": [
        {"name": "orders", "match": {"paths": [{"prefix": "/orders"}]}},
        {"name": "all"}]"#;
    filter(&with_keys(&keys(), more), |proxy| {
        assert_eq!(judged(proxy, &get("/orders", "delta")), "passed");
        assert_eq!(judged(proxy, &get("/", "delta")), "403 api_key_not_allowed");
        assert_eq!(judged(proxy, &get("/", "gamma")), "passed");
    });
}

#[test]
fn the_default_may_take_few_keys_or_none_at_all() {
    for (default, none, alpha, beta) in [
        (
            r#"{"groups": ["internal"]}"#,
            "401 api_key_missing",
            "403 api_key_not_allowed",
            "passed",
        ),
        (r#"{"require": "none"}"#, "passed", "passed", "passed"),
        (
            r#"{"require": "optional", "keys": ["b"]}"#,
            "passed",
            "403 api_key_not_allowed",
            "passed",
        ),
    ] {
        let more = format!(r#""default": {default}"#);
        filter(&with_keys(&keys()[..3], &more), |proxy| {
            assert_eq!(judged(proxy, &RequestParts::get("/")), none, "{default}");
            assert_eq!(judged(proxy, &get("/", "alpha")), alpha, "{default}");
            assert_eq!(judged(proxy, &get("/", "beta")), beta, "{default}");
        });
    }
}

#[test]
fn an_optional_key_may_be_missing_and_not_bad() {
    let more = r#""rules": [{"name": "all", "require": "optional"}]"#;
    filter(&document(more), |proxy| {
        assert_eq!(judged(proxy, &RequestParts::get("/")), "passed");
        assert_eq!(judged(proxy, &get("/", "alpha")), "passed");
        assert_eq!(judged(proxy, &get("/", "nobody")), "401 api_key_unknown");
        assert_eq!(judged(proxy, &get("/", "a b")), "400 api_key_malformed");
        let twice = get("/", "alpha").header("x-api-key", "alpha");
        assert_eq!(judged(proxy, &twice), "400 api_key_several");
    });
}

#[test]
fn a_path_that_servers_read_differently_selects_no_rule() {
    let more = r#""rules": [{"name": "open", "match": {"paths": [{"prefix": "/open"}]}, "require": "none"}]"#;
    filter(&document(more), |proxy| {
        assert_eq!(
            judged(proxy, &get("/open/..;/admin", "alpha")),
            "400 path_ambiguous"
        );
    });
}

#[test]
fn a_preflight_passes_without_a_key_unless_the_document_says_otherwise() {
    let preflight = RequestParts::get("/")
        .without(":method")
        .header(":method", "OPTIONS")
        .header("origin", "https://shop.example")
        .header("access-control-request-method", "GET")
        .header("x-consumer", "forged");
    let more = r#""key_id_header": "x-consumer""#;
    filter(&document(more), |proxy| {
        assert!(passed_with(proxy, &preflight, "x-consumer").is_empty());
        for without in ["origin", "access-control-request-method"] {
            let request = preflight.clone().without(without);
            assert_eq!(judged(proxy, &request), "401 api_key_missing", "{without}");
        }
        let other = preflight
            .clone()
            .without(":method")
            .header(":method", "GET");
        assert_eq!(judged(proxy, &other), "401 api_key_missing");
        let count = proxy.counter("api-key-auth", "default", "cors_preflight", "allowed");
        assert_eq!(count, Some(1));
    });
    filter(&document(r#""cors_preflight": "judge""#), |proxy| {
        assert_eq!(judged(proxy, &preflight), "401 api_key_missing");
    });
}

#[test]
fn in_shadow_mode_nothing_is_denied_and_no_key_is_taken_away() {
    let more = r#""mode": "shadow", "key_id_header": "x-consumer",
        "rules": [{"name": "few", "match": {"paths": [{"prefix": "/few"}]}, "keys": ["b"]}]"#;
    filter(&with_keys(&keys()[..3], more), |proxy| {
        for (path, key, reason) in [
            ("/", "nobody", "api_key_unknown"),
            ("/", "a b", "api_key_malformed"),
            ("/few", "alpha", "api_key_not_allowed"),
        ] {
            let request = get(path, key)
                .header("x-consumer", "forged")
                .header("x_consumer", "forged");
            let headers = proxy.passed(&request);
            assert_eq!(values(&headers, "x-api-key"), [key]);
            assert!(values(&headers, "x_consumer").is_empty());
            // Whose key it is, is known all the same.
            let told = values(&headers, "x-consumer");
            assert_eq!(told, if path == "/few" { vec!["a"] } else { vec![] });
            let rule = if path == "/few" { "few" } else { "default" };
            let count = proxy.counter("api-key-auth", rule, reason, "shadow_denied");
            assert_eq!(count, Some(1), "{reason}");
        }
        let headers = proxy.passed(&get("/", "beta"));
        assert_eq!(values(&headers, "x-api-key"), ["beta"]);
        assert_eq!(values(&headers, "x-consumer"), ["b"]);
    });
}

#[test]
fn a_rule_in_shadow_mode_is_shadow_alone() {
    let more = r#""rules": [
        {"name": "new", "match": {"paths": [{"prefix": "/new"}]}, "mode": "shadow", "keys": ["b"]},
        {"name": "all"}]"#;
    filter(&with_keys(&keys()[..3], more), |proxy| {
        assert_eq!(
            passed_with(proxy, &get("/new", "alpha"), "x-api-key"),
            ["alpha"]
        );
        assert_eq!(
            passed_with(proxy, &get("/new", "beta"), "x-api-key"),
            ["beta"]
        );
        assert_eq!(judged(proxy, &get("/", "nobody")), "401 api_key_unknown");
        assert!(passed_with(proxy, &get("/", "alpha"), "x-api-key").is_empty());
        assert!(proxy.log_text().contains("rule `new` is in shadow mode"));
    });
}

#[test]
fn headers_that_cannot_be_read_let_nobody_in() {
    each_code(|code| {
        let mut proxy = TestProxy::with_document(code, &document(""));
        proxy.fail("proxy_get_header_map_pairs", 10);
        assert_eq!(
            judged(&mut proxy, &with_key("alpha")),
            "503 headers_unreadable"
        );
        proxy.mend("proxy_get_header_map_pairs");
        assert_eq!(judged(&mut proxy, &with_key("alpha")), "passed");
    });
}
