//! An internal redirect runs the filter again on a request that has lost its key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, Sent, TestProxy};
use support::{each_code, entry, judged, passed_with, with_key, with_keys};

/// The second run of a request: without what the first has taken away, with the filter
/// state that it has left.
fn again(proxy: &TestProxy, first: Sent, path: &str) -> RequestParts {
    let left = proxy.properties(first);
    left.iter()
        .fold(RequestParts::get(path), |request, (path, value)| {
            request.property(path, value)
        })
}

fn redirecting(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_foreign_function("declare_property", |_| Ok(Vec::new()));
        assert!(proxy.configure(document), "refused: {}", proxy.log_text());
        test(&mut proxy);
    });
}

const MORE: &str = r#""key_id_header": "x-consumer",
    "rules": [{"name": "few", "match": {"paths": [{"prefix": "/few"}]}, "keys": ["b"]}]"#;

fn keys() -> Vec<String> {
    vec![
        entry("a", "alpha", ""),
        entry("b", "beta", r#""expires": "2099-01-01T00:00:00Z""#),
    ]
}

#[test]
fn whose_key_it_was_is_known_and_judged_by_the_rules_of_the_new_path() {
    redirecting(&with_keys(&keys(), MORE), |proxy| {
        let first = proxy.send(&with_key("alpha"));
        let second = again(proxy, first, "/other").header("x-consumer", "forged");
        assert_eq!(passed_with(proxy, &second, "x-consumer"), ["a"]);
        let second = again(proxy, first, "/few");
        assert_eq!(judged(proxy, &second), "403 api_key_not_allowed");
        let first = proxy.send(&with_key("beta"));
        let second = again(proxy, first, "/few");
        assert_eq!(passed_with(proxy, &second, "x-consumer"), ["b"]);
        proxy.set_wall_clock(std::time::Duration::from_secs(4_102_444_800));
        let second = again(proxy, first, "/few");
        assert_eq!(judged(proxy, &second), "401 api_key_expired");
    });
}

#[test]
fn a_request_that_was_refused_has_left_nothing() {
    redirecting(&with_keys(&keys(), MORE), |proxy| {
        for key in ["nobody", "a b"] {
            let first = proxy.send(&with_key(key));
            let second = again(proxy, first, "/");
            assert_eq!(judged(proxy, &second), "401 api_key_missing");
        }
        let refused = RequestParts::get("/few").header("x-api-key", "alpha");
        let first = proxy.send(&refused);
        let second = again(proxy, first, "/");
        assert_eq!(judged(proxy, &second), "401 api_key_missing");
    });
}

#[test]
fn a_key_that_the_request_still_has_counts_before_what_is_remembered() {
    redirecting(&with_keys(&keys(), MORE), |proxy| {
        let first = proxy.send(&with_key("alpha"));
        let second = again(proxy, first, "/").header("x-api-key", "nobody");
        assert_eq!(judged(proxy, &second), "401 api_key_unknown");
    });
}

#[test]
fn a_key_of_a_path_that_needs_none_is_gone_and_the_next_run_lacks_it() {
    let more = r#""rules": [{"name": "open", "match": {"paths": [{"exact": "/open"}]}, "require": "none"}]"#;
    redirecting(&with_keys(&keys(), more), |proxy| {
        let with_key = |path| RequestParts::get(path).header("x-api-key", "alpha");
        let preflight = with_key("/")
            .without(":method")
            .header(":method", "OPTIONS")
            .header("origin", "https://a.example")
            .header("access-control-request-method", "PUT");
        for request in [with_key("/open"), preflight] {
            proxy.passed(&request);
            let first = proxy.send(&request);
            let second = proxy.redirected(first, "/").without("origin");
            assert_eq!(judged(proxy, &second), "401 api_key_missing");
        }
    });
}
