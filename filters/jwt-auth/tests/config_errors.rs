//! A document that is wrong is refused, and the log says where and what was
//! expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_host::LogLevel;
use gatepost_test_host::{RequestParts, TestProxy, check_wrong_documents};
use support::tokens::{encoded, key_set};
use support::{document, each_code, rule, wrong};

#[test]
fn each_field_that_is_wrong_is_named_with_what_was_expected() {
    each_code(|code| check_wrong_documents(code, wrong::documents()));
}

#[test]
fn a_secret_may_come_from_the_proxys_environment() {
    let keys = r#"{"secrets": [{"algorithm": "HS256", "host_env_key": "JWT_SECRET"}]}"#;
    let document = document(r#""algorithms": ["HS256"],"#, &rule(""))
        .replace(&format!(r#"{{"inline": {}}}"#, key_set()), keys);
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure(&document));
        assert!(proxy.log_text().contains("secrets[0].host_env_key: "));
        proxy.set_environment("JWT_SECRET", &encoded([0x5a; 32]));
        assert!(proxy.configure(&document), "{}", proxy.log_text());
        let claims = support::tokens::claims("");
        let token = support::tokens::hs256(&[0x5a; 32], r#"{"alg":"HS256"}"#, &claims);
        proxy.passed(&support::bearer(&token));
        assert!(
            !proxy.log_text().contains(&encoded([0x5a; 32])),
            "a secret is logged"
        );
    });
}

#[test]
fn a_refused_document_lets_nothing_pass() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure(r#"{"rules": [{"name": "r"}]}"#));
        proxy.force_unconfigured();
        assert_eq!(
            proxy.refused(&RequestParts::get("/")).details,
            "not_configured"
        );
    });
}

#[test]
fn what_is_dangerous_is_warned_of() {
    let keys = key_set();
    let secret = encoded([0x5a; 32]);
    for (provider, expected) in [
        (
            format!(r#""audiences": ["a"], "keys": {{"inline": {keys}}}"#),
            "names no `issuer`",
        ),
        (
            format!(r#""issuer": "a", "keys": {{"inline": {keys}}}"#),
            "names no `audiences`",
        ),
        (
            format!(r#""require_exp": false, "keys": {{"inline": {keys}}}"#),
            "has `require_exp: false`",
        ),
        (
            format!(
                r#""algorithms": ["HS256"], "keys": {{"secrets": [{{"algorithm": "HS256", "inline": "{secret}"}}]}}"#
            ),
            "has secrets",
        ),
        (
            format!(
                r#""claims_to_headers": [{{"claim": "https://a.example/tier", "header": "x-tier"}}],
                    "keys": {{"inline": {keys}}}"#
            ),
            r#"reads the claim "https://a.example/tier", which is split at each dot: if that is one name, write ["https://a.example/tier"]"#,
        ),
    ] {
        each_code(|code| {
            let document = format!(r#"{{"providers": {{"p": {{{provider}}}}}}}"#);
            let proxy = TestProxy::with_document(code, &document);
            let lines = proxy.log();
            let warned = lines
                .iter()
                .any(|line| line.level == LogLevel::Warn && line.text.contains(expected));
            assert!(warned, "{expected}: {}", proxy.log_text());
            assert!(!proxy.log_text().contains(&secret), "a secret is logged");
        });
    }
}

#[test]
fn a_claim_of_a_rule_that_is_called_by_a_url_is_warned_of_unless_it_is_one_name() {
    for (rest, is_warned) in [
        (
            r#""scopes": {"any": ["a"], "claim": "https://a.b/c"}"#,
            true,
        ),
        (
            r#""scopes": {"any": ["a"], "claim": ["https://a.b/c"]}"#,
            false,
        ),
        (r#""roles": {"any": ["a"], "claim": "https://a.b/c"}"#, true),
        (r#""roles": {"any": ["a"], "claim": "a.b/c"}"#, false),
        (
            r#""allow": {"claims": [{"path": "https://a.b/c", "exists": true}]}"#,
            true,
        ),
        (
            r#""allow": {"any": [{"not": {"all": [{"claims": [{"path": "https://a.b/c", "exists": true}]}]}}]}"#,
            true,
        ),
        (
            r#""allow": {"claims": [{"path": ["https://a.b/c"], "exists": true}]}"#,
            false,
        ),
    ] {
        each_code(|code| {
            let document = document("", &rule(&format!(", {rest}")));
            let proxy = TestProxy::with_document(code, &document);
            let warned = proxy
                .log_text()
                .contains(r#"rule `all` reads the claim "https://a.b/c""#);
            assert_eq!(warned, is_warned, "{rest}: {}", proxy.log_text());
        });
    }
}

#[test]
fn nothing_is_shown_of_a_secret_that_stands_in_a_wrong_place() {
    each_code(|code| {
        for keys in [
            r#""CANARY""#,
            r#"["CANARY"]"#,
            r#"{"CANARY": "x"}"#,
            r#"{"inline": "CANARY"}"#,
            r#"{"inline": {"keys": ["CANARY"]}}"#,
            r#"{"inline": {"keys": [{"kty": "oct", "k": "CANARY"}]}}"#,
            r#"{"inline": {"keys": [{"kty": "CANARY", "alg": "CANARY", "use": "CANARY"}]}}"#,
            r#"{"secrets": "CANARY"}"#,
            r#"{"secrets": ["CANARY"]}"#,
            r#"{"secrets": {"CANARY": "HS256"}}"#,
            r#"{"secrets": [{"CANARY": "HS256"}]}"#,
            r#"{"secrets": [{"algorithm": "CANARY", "inline": "AAAA"}]}"#,
            r#"{"secrets": [{"algorithm": "HS256", "inline": "CANARY"}]}"#,
            r#"{"secrets": [{"algorithm": "HS256", "inline": ["CANARY"]}]}"#,
            r#"{"secrets": [{"algorithm": "HS256", "host_env_key": "CANARY"}]}"#,
            r#"{"secrets": [{"algorithm": "HS256", "kid": ["CANARY"], "inline": "AAAA"}]}"#,
            r#"{"secrets": [{"algorithm": "HS256", "inline": "AAAA"}], "CANARY": 1}"#,
        ] {
            let document = format!(
                r#"{{"providers": {{"p": {{"algorithms": ["HS256"], "keys": {keys}}}}}, "rules": []}}"#
            );
            let mut proxy = TestProxy::new(code);
            assert!(!proxy.configure(&document), "{document}");
            let said = proxy.log_text();
            assert!(!said.contains("CANARY"), "{document}: {said}");
        }
    });
}
