//! Internal redirects run the filter again, without the token that it took away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{RequestParts, TestProxy, Verdict, values};
use support::tokens::{NOW, encoded, good};
use support::{document, each_code, get, judged};

const RULES: &str = r#""rules": [
    {"name": "admin", "match": {"paths": [{"exact": "/admin"}]}, "require": {"provider": "main"}, "scopes": {"any": ["admin"]}},
    {"name": "bank", "match": {"paths": [{"exact": "/bank"}]}, "require": {"provider": "main"}, "audiences": ["bank"]},
    {"name": "optional", "match": {"paths": [{"exact": "/optional"}]}, "require": {"provider": "main"}, "optional": true},
    {"name": "all", "require": {"provider": "main"}}]"#;
const HEADER: &str = r#""claims_to_headers": [{"claim": "sub", "header": "x-sub"}],"#;

/// A proxy that keeps filter state for a request, as Envoy does.
fn keeping(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_foreign_function("declare_property", |_| Ok(Vec::new()));
        assert!(proxy.configure(document), "{}", proxy.log_text());
        test(&mut proxy);
    });
}

/// The second run of a request that passed: its headers as the first left them, on
/// another path, with what the proxy kept.
fn redirected(proxy: &mut TestProxy, request: &RequestParts, path: &str) -> RequestParts {
    let sent = proxy.send(request);
    assert!(matches!(proxy.verdict(sent), Verdict::Passed(_)));
    proxy.redirected(sent, path)
}

#[test]
fn what_was_established_is_judged_again_by_the_rules_of_the_new_path() {
    keeping(&document(HEADER, RULES), |proxy| {
        let token = good("");
        let second = redirected(proxy, &get("/a", &token), "/b");
        let headers = proxy.passed(&second);
        assert_eq!(values(&headers, "x-sub"), ["alice"]);
        for (path, expected) in [
            ("/admin", "403 scope_missing"),
            ("/bank", "401 jwt_wrong_audience"),
            ("/optional", "passed"),
        ] {
            let second = redirected(proxy, &get("/a", &token), path);
            assert_eq!(judged(proxy, &second), expected, "{path}");
        }
        let second = redirected(proxy, &get("/a", &token), "/b");
        proxy.set_wall_clock(Duration::from_secs(NOW + 900));
        assert_eq!(judged(proxy, &second), "401 jwt_expired");
    });
}

#[test]
fn what_is_kept_is_no_token() {
    keeping(&document("", RULES), |proxy| {
        let token = good("");
        let sent = proxy.send(&get("/a", &token));
        let signature = token.rsplit('.').next().unwrap();
        let kept = format!("{:?}", proxy.properties(sent));
        assert!(
            kept.contains("alice") && !kept.contains(signature),
            "{kept}"
        );
    });
}

#[test]
fn nothing_is_kept_of_a_token_that_goes_on_or_in_shadow_mode() {
    for (provider, more) in [
        (r#""forward_token": true,"#, RULES.to_owned()),
        ("", format!(r#""mode": "shadow", {RULES}"#)),
    ] {
        keeping(&document(provider, &more), |proxy| {
            let sent = proxy.send(&get("/a", &good("")));
            let properties = proxy.properties(sent);
            assert!(
                properties.keys().all(|name| !name.contains("kept")),
                "{properties:?}"
            );
        });
    }
}

#[test]
fn a_client_cannot_say_what_was_established() {
    keeping(&document("", RULES), |proxy| {
        let request = RequestParts::get("/a").header("gatepost.jwt-auth.kept", encoded("alice"));
        assert_eq!(judged(proxy, &request), "401 jwt_missing");
    });
}
