//! Who checks signatures, and how many.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_host::LogLevel;
use gatepost_test_host::{Code, RequestParts, TestProxy};
use support::tokens::{ISSUER, claims, p256_jwk, signed};
use support::{
    bearer, document, each_code, foreign_calls, host_crypto, judged, rsa, rule, serve_keys, simple,
};

/// A provider with an RSA key.
fn of_rsa() -> String {
    let p256 = support::tokens::key_set();
    simple("").replace(&p256, &format!(r#"{{"keys": [{}]}}"#, rsa::jwk()))
}

/// A proxy that checks signatures of P-256 and RSA.
fn checking(code: &Code, document: &str) -> TestProxy {
    let mut proxy = TestProxy::new(code);
    host_crypto(&mut proxy);
    proxy.set_log_level(LogLevel::Info);
    assert!(proxy.configure(document), "{}", proxy.log_text());
    proxy.forget_calls_seen();
    proxy
}

#[test]
fn an_rs256_token_is_checked_by_the_proxy_and_once() {
    each_code(|code| {
        let mut proxy = checking(code, &of_rsa());
        assert!(
            proxy
                .log_text()
                .contains("the proxy checks signatures of RS256, RS384, RS512, ES256"),
            "{}",
            proxy.log_text()
        );
        for _ in 0..2 {
            assert_eq!(
                judged(&mut proxy, &bearer(&rsa::rs256(&claims("")))),
                "passed"
            );
        }
        assert_eq!(foreign_calls(&proxy), 1);
        let forged = rsa::rs256(&claims(r#""admin": true"#));
        assert_eq!(
            judged(&mut proxy, &bearer(&forged)),
            "401 jwt_bad_signature"
        );
        assert_eq!(foreign_calls(&proxy), 2);
    });
}

#[test]
fn an_rs256_token_is_checked_in_rust_where_the_proxy_does_not_or_answers_wrong() {
    for wrong in [None, Some(&b"\x08\x01"[..]), Some(b""), Some(b"\x08\x00")] {
        each_code(|code| {
            let mut proxy = TestProxy::new(code);
            if let Some(answer) = wrong {
                proxy.add_foreign_function("verify_signature", |_| Ok(answer.to_vec()));
            }
            proxy.set_log_level(LogLevel::Info);
            assert!(proxy.configure(&of_rsa()), "{}", proxy.log_text());
            let nobody = "the proxy checks signatures of no algorithm";
            assert!(proxy.log_text().contains(nobody), "{}", proxy.log_text());
            proxy.forget_calls_seen();
            assert_eq!(
                judged(&mut proxy, &bearer(&rsa::rs256(&claims("")))),
                "passed"
            );
            let forged = rsa::rs256(&claims(r#""admin": true"#));
            assert_eq!(
                judged(&mut proxy, &bearer(&forged)),
                "401 jwt_bad_signature"
            );
            assert_eq!(foreign_calls(&proxy), 0);
        });
    }
}

/// Four keys without a `kid`: a token of any of them is tried with all before it.
fn nameless_keys() -> String {
    let keys: Vec<String> = (11..15)
        .map(|number| p256_jwk(number, "").replace(r#""kid": "", "#, ""))
        .collect();
    format!(r#"{{"keys": [{}]}}"#, keys.join(", "))
}

fn nameless(number: u8) -> String {
    signed(number, r#"{"alg":"ES256"}"#, &claims(""))
}

#[test]
fn eight_signatures_are_checked_for_a_request_and_no_more() {
    let places = r#""from": {"headers": [{"name": "authorization", "scheme": "Bearer"}],
        "query": ["token"], "cookies": ["token"]},"#;
    let more = format!(r#"{}, "several_tokens": "first_valid""#, rule(""));
    let several = document(places, &more).replace(&support::tokens::key_set(), &nameless_keys());
    each_code(|code| {
        for (numbers, expected, checked) in [
            ([11, 3, 3], "passed", 1),
            ([3, 14, 3], "passed", 8),
            ([3, 3, 3], "401 jwt_too_many_checks", 8),
            ([3, 3, 11], "401 jwt_too_many_checks", 8),
        ] {
            let mut proxy = checking(code, &several);
            let [header, query, cookie] = numbers.map(nameless);
            let request = RequestParts::get(&format!("/?token={query}"))
                .header("authorization", format!("Bearer {header}"))
                .header("cookie", format!("token={cookie}"));
            assert_eq!(judged(&mut proxy, &request), expected, "{numbers:?}");
            assert_eq!(foreign_calls(&proxy), checked, "{numbers:?}");
            // What is known to be good costs none.
            if expected == "passed" {
                let known = bearer(&nameless(if numbers[0] == 11 { 11 } else { 14 }));
                assert_eq!(judged(&mut proxy, &known), "passed");
                assert_eq!(foreign_calls(&proxy), checked, "{numbers:?}");
            }
        }
    });
}

#[test]
fn a_request_that_has_waited_for_keys_goes_on_counting() {
    let document = format!(
        r#"{{"providers": {{
            "fixed": {{"issuer": "{ISSUER}", "keys": {{"inline": {}}}}},
            "remote": {{"issuer": "{ISSUER}", "keys": {{"remote":
                {{"cluster": "keys", "authority": "issuer.example", "path": "/jwks"}}}}}}}},
        "rules": [{{"name": "any", "require": {{"any": [{{"provider": "fixed"}}, {{"provider": "remote"}}]}}}}]}}"#,
        nameless_keys()
    );
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        host_crypto(&mut proxy);
        proxy.add_cluster("keys");
        assert!(proxy.configure(&document), "{}", proxy.log_text());
        proxy.forget_calls_seen();
        let waiting = proxy.send_to(0, &bearer(&nameless(3)));
        assert_eq!(proxy.verdict(waiting).to_string(), "held");
        assert_eq!(foreign_calls(&proxy), 4);
        let keys = format!(r#"{{"keys": [{}]}}"#, p256_jwk(3, "k3"));
        serve_keys(&mut proxy, &mut 0, &keys);
        let said = proxy.verdict(waiting).to_string();
        assert_eq!(said, "401 jwt_too_many_checks");
        assert_eq!(foreign_calls(&proxy), 8);
        // One that comes when the keys are there has room for them all.
        assert_eq!(judged(&mut proxy, &bearer(&nameless(3))), "passed");
    });
}

#[test]
fn a_key_that_is_for_another_algorithm_now_has_signed_nothing_that_counts() {
    let remote = r#"{"remote": {"cluster": "keys", "authority": "issuer.example", "path": "/jwks", "refresh": "1s"}}"#;
    let document = simple("").replace(
        &format!(r#"{{"inline": {}}}"#, support::tokens::key_set()),
        remote,
    );
    let of_pss = rsa::jwk().replace(r#""kid""#, r#""alg": "PS256", "kid""#);
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_cluster("keys");
        assert!(proxy.configure(&document), "{}", proxy.log_text());
        let mut answered = 0;
        for (key, expected) in [
            (rsa::jwk(), "passed"),
            (of_pss.clone(), "401 jwt_key_not_for_algorithm"),
            (rsa::jwk(), "passed"),
        ] {
            serve_keys(
                &mut proxy,
                &mut answered,
                &format!(r#"{{"keys": [{key}]}}"#),
            );
            for _ in 0..2 {
                let token = bearer(&rsa::rs256(&claims("")));
                assert_eq!(judged(&mut proxy, &token), expected);
            }
        }
    });
}
