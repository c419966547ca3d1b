//! Keys of servers: waited for, refetched, demanded, stale, discovered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{Call, RequestParts, Sent, TestProxy, Verdict, values};
use support::tokens::{ISSUER, claims, es256, good, key_set, p256_jwk, signed};
use support::{bearer, challenge, each_code, rule};

const OK: &[(&str, &str)] = &[(":status", "200")];

fn document(keys: &str, more: &str) -> String {
    format!(
        r#"{{"providers": {{"main": {{"issuer": "{ISSUER}", "audiences": ["shop"], {more}
            "keys": {keys}}}}}, {}}}"#,
        rule("")
    )
}

fn remote(more: &str) -> String {
    let keys = r#"{"remote": {"cluster": "keys", "authority": "issuer.example", "path": "/jwks"}}"#;
    document(keys, more)
}

fn proxy(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_cluster("keys");
        assert!(proxy.configure(document), "refused: {}", proxy.log_text());
        test(&mut proxy);
    });
}

/// Lets time pass in which the workers tick.
fn pass(proxy: &mut TestProxy, time: Duration) {
    for _ in 0..8 {
        proxy.advance(time / 8);
        proxy.tick();
    }
}

fn fetches(proxy: &TestProxy) -> usize {
    proxy.calls(0).len() + proxy.calls(1).len()
}

/// The fetch that was made last, by whichever worker.
fn last_fetch(proxy: &TestProxy, before: usize) -> (usize, Call) {
    let of_first = proxy.calls(0).len() > before;
    let worker = usize::from(!of_first);
    (worker, proxy.calls(worker).pop().expect("a fetch was made"))
}

fn answer(proxy: &mut TestProxy, (worker, call): &(usize, Call), body: &str) {
    proxy.reply(*worker, call.token, OK, body.as_bytes());
    pass(proxy, Duration::from_millis(400));
}

fn loaded(proxy: &mut TestProxy, body: &str) {
    pass(proxy, Duration::from_millis(400));
    let fetch = last_fetch(proxy, 0);
    assert_eq!(fetches(proxy), 1, "one worker fetches");
    answer(proxy, &fetch, body);
    // Both workers have it, and the cooldown is over.
    pass(proxy, Duration::from_secs(20));
}

fn outcome(proxy: &TestProxy, sent: Sent) -> String {
    proxy.verdict(sent).to_string()
}

fn sent(proxy: &mut TestProxy, worker: usize, request: &RequestParts) -> String {
    let sent = proxy.send_to(worker, request);
    outcome(proxy, sent)
}

#[test]
fn before_the_first_keys_only_a_token_that_may_be_good_waits() {
    proxy(&remote(""), |proxy| {
        for bad in ["x", &es256("k1", &claims("").replace("shop", "bank"))] {
            assert!(sent(proxy, 0, &bearer(bad)).starts_with("401 "));
        }
        assert_eq!(sent(proxy, 0, &RequestParts::get("/")), "401 jwt_missing");
        let waiting = proxy.send(&bearer(&good("")));
        assert_eq!(outcome(proxy, waiting), "held");
        assert!(!proxy.passes_the_rest(waiting));
        loaded(proxy, &key_set());
        assert_eq!(outcome(proxy, waiting), "passed");
        assert_eq!(sent(proxy, 1, &bearer(&good(""))), "passed");
    });
}

#[test]
fn without_keys_it_is_503_after_the_wait_and_never_a_challenge() {
    proxy(&remote(""), |proxy| {
        let waiting = proxy.send(&bearer(&good("")));
        pass(proxy, Duration::from_millis(1600));
        assert_eq!(outcome(proxy, waiting), "held");
        pass(proxy, Duration::from_millis(800));
        let Verdict::Replied(reply) = proxy.verdict(waiting) else {
            panic!("expected a reply");
        };
        assert_eq!(
            (reply.status, reply.details.as_str()),
            (503, "jwks_unavailable")
        );
        assert_eq!(values(&reply.headers, "retry-after"), ["2"]);
        assert_eq!(challenge(&reply), "");
        // A bad token is told so, keys or none.
        assert_eq!(sent(proxy, 0, &bearer("x")), "401 jwt_malformed");
    });
}

#[test]
fn after_a_failed_fetch_nobody_waits_until_the_next_one_is_under_way() {
    proxy(&remote(""), |proxy| {
        pass(proxy, Duration::from_millis(400));
        let (worker, call) = last_fetch(proxy, 0);
        let waiting = proxy.send_to(worker, &bearer(&good("")));
        assert_eq!(outcome(proxy, waiting), "held");
        proxy.reply(worker, call.token, &[(":status", "500")], b"");
        assert_eq!(outcome(proxy, waiting), "503 jwks_unavailable");
        // The other worker looks at its next tick.
        pass(proxy, Duration::from_millis(200));
        for worker in [0, 1] {
            let said = sent(proxy, worker, &bearer(&good("")));
            assert_eq!(said, "503 jwks_unavailable");
        }
        let mut patience = 100;
        while fetches(proxy) == 1 && patience > 0 {
            pass(proxy, Duration::from_millis(400));
            patience -= 1;
        }
        let (worker, call) = last_fetch_of(proxy, 2);
        let waiting = proxy.send_to(worker, &bearer(&good("")));
        assert_eq!(outcome(proxy, waiting), "held");
        answer(proxy, &(worker, call), &key_set());
        assert_eq!(outcome(proxy, waiting), "passed");
    });
}

/// The last of so many fetches.
fn last_fetch_of(proxy: &TestProxy, count: usize) -> (usize, Call) {
    assert_eq!(fetches(proxy), count);
    let newest = |worker: &usize| proxy.calls(*worker).last().map(|call| call.token);
    let worker = [0, 1].into_iter().max_by_key(newest).expect("two workers");
    (worker, proxy.calls(worker).pop().expect("a fetch was made"))
}

#[test]
fn a_new_kid_is_fetched_once_and_the_request_passes() {
    proxy(&remote(""), |proxy| {
        loaded(proxy, &key_set());
        let before = (fetches(proxy), proxy.calls(0).len());
        let token = signed(2, r#"{"alg":"ES256","kid":"k2"}"#, &claims(""));
        let waiting = proxy.send(&bearer(&token));
        let second = proxy.send(&bearer(&token));
        assert_eq!(outcome(proxy, waiting), "held");
        proxy.tick();
        assert_eq!(fetches(proxy), before.0 + 1);
        let fetch = last_fetch(proxy, before.1);
        let rotated = format!(
            r#"{{"keys": [{}, {}]}}"#,
            p256_jwk(1, "k1"),
            p256_jwk(2, "k2")
        );
        answer(proxy, &fetch, &rotated);
        assert_eq!(outcome(proxy, waiting), "passed");
        assert_eq!(outcome(proxy, second), "passed");
        assert_eq!(sent(proxy, 1, &bearer(&good(""))), "passed");
    });
}

#[test]
fn a_new_kid_is_fetched_also_where_the_keys_have_had_none() {
    proxy(&remote(""), |proxy| {
        let nameless = p256_jwk(1, "k1").replace(r#""kid": "k1", "#, "");
        loaded(proxy, &format!(r#"{{"keys": [{nameless}]}}"#));
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
        let before = (fetches(proxy), proxy.calls(0).len());
        let token = signed(2, r#"{"alg":"ES256","kid":"k2"}"#, &claims(""));
        let waiting = proxy.send(&bearer(&token));
        assert_eq!(outcome(proxy, waiting), "held");
        proxy.tick();
        assert_eq!(fetches(proxy), before.0 + 1);
        let fetch = last_fetch(proxy, before.1);
        let more = format!(r#"{{"keys": [{nameless}, {}]}}"#, p256_jwk(2, "k2"));
        answer(proxy, &fetch, &more);
        assert_eq!(outcome(proxy, waiting), "passed");
        let forged = signed(3, r#"{"alg":"ES256","kid":"k3"}"#, &claims(""));
        assert_eq!(sent(proxy, 0, &bearer(&forged)), "401 jwt_bad_signature");
    });
}

/// The tests' two keys, and so many that nobody can use.
fn keys_besides(count: usize) -> String {
    let odd = r#"{"kty": "odd"}, "#.repeat(count);
    key_set().replacen('[', &format!("[{odd}"), 1)
}

#[test]
fn more_than_64_keys_of_a_server_are_no_key_set() {
    proxy(&remote(""), |proxy| {
        pass(proxy, Duration::from_millis(400));
        let fetch = last_fetch(proxy, 0);
        answer(proxy, &fetch, &keys_besides(63));
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "503 jwks_unavailable");
    });
    proxy(&remote(""), |proxy| {
        loaded(proxy, &keys_besides(62));
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
    });
}

#[test]
fn in_the_cooldown_an_unknown_kid_is_401_at_once_and_nothing_is_fetched() {
    proxy(&remote(r#""cooldown": "30s","#), |proxy| {
        loaded(proxy, &key_set());
        pass(proxy, Duration::from_secs(30));
        let before = (fetches(proxy), proxy.calls(0).len());
        let unknown = |number: usize| bearer(&es256(&format!("r{number}"), &claims("")));
        let first = proxy.send(&unknown(0));
        proxy.tick();
        assert_eq!(fetches(proxy), before.0 + 1);
        let fetch = last_fetch(proxy, before.1);
        answer(proxy, &fetch, &key_set());
        assert_eq!(outcome(proxy, first), "401 jwt_unknown_key");
        for number in 1..50 {
            let worker = number % 2;
            assert_eq!(sent(proxy, worker, &unknown(number)), "401 jwt_unknown_key");
            assert_eq!(sent(proxy, worker, &bearer(&good(""))), "passed");
        }
        proxy.tick();
        assert_eq!(fetches(proxy), before.0 + 1);
    });
}

#[test]
fn a_token_that_is_bad_anyway_fetches_nothing() {
    proxy(&remote(""), |proxy| {
        loaded(proxy, &key_set());
        let before = fetches(proxy);
        for token in [
            es256("r1", &claims("").replace(ISSUER, "https://evil.example")),
            es256("r1", &claims("").replace("shop", "bank")),
            signed(2, r#"{"alg":"RS256","kid":"k1"}"#, &claims("")),
            signed(2, r#"{"alg":"ES256","kid":"k1"}"#, &claims("")),
        ] {
            assert!(sent(proxy, 0, &bearer(&token)).starts_with("401 "));
        }
        proxy.tick();
        assert_eq!(fetches(proxy), before);
    });
}

#[test]
fn a_token_whose_key_has_left_the_set_is_refused_although_it_was_cached() {
    proxy(&remote(""), |proxy| {
        loaded(proxy, &key_set());
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
        let before = proxy.calls(0).len();
        // The new kid has the set fetched, in which the old key is missing.
        let token = signed(2, r#"{"alg":"ES256","kid":"k2"}"#, &claims(""));
        let waiting = proxy.send(&bearer(&token));
        proxy.tick();
        let fetch = last_fetch(proxy, before);
        answer(
            proxy,
            &fetch,
            &format!(r#"{{"keys": [{}]}}"#, p256_jwk(2, "k2")),
        );
        assert_eq!(outcome(proxy, waiting), "passed");
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "401 jwt_unknown_key");
    });
}

#[test]
fn a_body_that_is_no_key_set_leaves_the_last_good_one() {
    proxy(&remote(""), |proxy| {
        loaded(proxy, &key_set());
        for body in [
            "<html>",
            "{}",
            r#"{"keys": []}"#,
            r#"{"keys": [{"kty": "oct", "k": "AAAA"}]}"#,
        ] {
            let before = (fetches(proxy), proxy.calls(0).len());
            for _ in 0..40 {
                pass(proxy, Duration::from_secs(40));
                if fetches(proxy) > before.0 {
                    break;
                }
            }
            let fetch = last_fetch(proxy, before.1);
            answer(proxy, &fetch, body);
            let lasting = claims("").replace("1700000600", "1900000600");
            assert_eq!(
                sent(proxy, 0, &bearer(&es256("k1", &lasting))),
                "passed",
                "{body}"
            );
        }
        assert!(
            proxy.log_text().contains("the key server failed"),
            "{}",
            proxy.log_text()
        );
    });
}

#[test]
fn keys_that_are_too_old_are_503_for_cached_tokens_too() {
    let keys = r#"{"remote": {"cluster": "keys", "authority": "issuer.example", "path": "/jwks",
        "refresh": "10s", "stale_for": "60s"}}"#;
    proxy(&document(keys, ""), |proxy| {
        loaded(proxy, &key_set());
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
        pass(proxy, Duration::from_secs(80));
        let reply = proxy.refused(&bearer(&good("")));
        assert_eq!((reply.status, reply.details.as_str()), (503, "jwks_stale"));
        assert_eq!(challenge(&reply), "");
    });
}

#[test]
fn in_shadow_mode_nothing_waits_and_nothing_is_fetched_for_a_token() {
    let shadow = remote("").replacen('{', r#"{"mode": "shadow", "#, 1);
    proxy(&shadow, |proxy| {
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
        let undetermined = |proxy: &TestProxy, reason| {
            proxy.counter("jwt-auth", "all", reason, "shadow_undetermined")
        };
        assert_eq!(undetermined(proxy, "jwks_unavailable"), Some(1));
        loaded(proxy, &key_set());
        let before = fetches(proxy);
        assert_eq!(sent(proxy, 0, &bearer(&es256("k9", &claims("")))), "passed");
        proxy.tick();
        assert_eq!(fetches(proxy), before);
        assert_eq!(undetermined(proxy, "jwt_unknown_key"), Some(1));
    });
}

#[test]
fn an_operator_sees_age_keys_and_failures() {
    proxy(&remote(""), |proxy| {
        loaded(proxy, &key_set());
        let gauge = |proxy: &TestProxy, name: &str| {
            let name = format!("wasm_filter.jwt-auth.component.main.gatepost_jwks_{name}");
            proxy.metrics().get(&name).copied()
        };
        assert_eq!(gauge(proxy, "keys"), Some(2));
        assert!(gauge(proxy, "age_seconds").is_some());
        assert!(gauge(proxy, "last_success_seconds").is_some());
    });
}

const DISCOVERY: &str = r#"{"discovery": {"cluster": "keys",
    "key_servers": {"keys.example": "keys", "keys2.example:8443": "keys"}}}"#;

fn metadata(issuer: &str, uri: &str) -> String {
    format!(r#"{{"issuer": "{issuer}", "jwks_uri": "{uri}"}}"#)
}

#[test]
fn keys_are_fetched_where_the_issuer_says() {
    proxy(&document(DISCOVERY, ""), |proxy| {
        let waiting = proxy.send(&bearer(&good("")));
        pass(proxy, Duration::from_millis(200));
        let fetch = last_fetch(proxy, 0);
        assert_eq!(values(&fetch.1.headers, ":authority"), ["issuer.example"]);
        assert_eq!(
            values(&fetch.1.headers, ":path"),
            ["/.well-known/openid-configuration"]
        );
        let before = proxy.calls(0).len();
        answer(
            proxy,
            &fetch,
            &metadata(ISSUER, "https://keys.example/v1/jwks?x=1"),
        );
        let fetch = last_fetch(proxy, before);
        assert_eq!(values(&fetch.1.headers, ":authority"), ["keys.example"]);
        assert_eq!(values(&fetch.1.headers, ":path"), ["/v1/jwks?x=1"]);
        answer(proxy, &fetch, &key_set());
        pass(proxy, Duration::from_secs(1));
        assert_eq!(outcome(proxy, waiting), "passed");
        assert_eq!(sent(proxy, 1, &bearer(&good(""))), "passed");
    });
}

#[test]
fn metadata_of_another_issuer_or_host_are_not_followed() {
    for (body, said) in [
        (
            metadata(&format!("{ISSUER}/"), "https://keys.example/k"),
            "the issuer that is configured",
        ),
        (
            metadata(ISSUER, "http://keys.example/k"),
            "expected an https URL",
        ),
        (
            metadata(ISSUER, "https://evil.example/k"),
            "none of `key_servers`",
        ),
        (
            metadata(ISSUER, "https://keys.example:444/k"),
            "none of `key_servers`",
        ),
    ] {
        proxy(&document(DISCOVERY, ""), |proxy| {
            pass(proxy, Duration::from_millis(200));
            let fetch = last_fetch(proxy, 0);
            answer(proxy, &fetch, &body);
            assert!(
                proxy.log_text().contains(said),
                "{body}: {}",
                proxy.log_text()
            );
            let waiting = proxy.send(&bearer(&good("")));
            pass(proxy, Duration::from_millis(2400));
            assert_eq!(outcome(proxy, waiting), "503 jwks_unavailable");
            let asked = [proxy.calls(0), proxy.calls(1)].concat();
            assert!(
                asked
                    .iter()
                    .all(|call| values(&call.headers, ":authority") == ["issuer.example"])
            );
        });
    }
}

#[test]
fn a_revocation_feed_counts_for_a_cached_token_at_once() {
    let more = r#""revocation": {"feed": {"document": {"cluster": "keys",
        "authority": "r.example", "path": "/revoked", "refresh": "5s"}}},"#;
    let inline = document(&format!(r#"{{"inline": {}}}"#, key_set()), more);
    proxy(&inline, |proxy| {
        let token = bearer(&good(r#""jti": "j1""#));
        let waiting = proxy.send(&token);
        assert_eq!(outcome(proxy, waiting), "held");
        pass(proxy, Duration::from_millis(200));
        let fetch = last_fetch(proxy, 0);
        answer(proxy, &fetch, r#"{"jti": ["j0"]}"#);
        assert_eq!(outcome(proxy, waiting), "passed");
        assert_eq!(sent(proxy, 0, &token), "passed");
        let before = proxy.calls(0).len();
        pass(proxy, Duration::from_secs(6));
        let fetch = last_fetch(proxy, before);
        answer(proxy, &fetch, r#"{"jti": ["j0", "j1"]}"#);
        assert_eq!(sent(proxy, 0, &token), "401 jwt_revoked");
    });
}

#[test]
fn a_revocation_feed_that_is_not_there_denies_unless_it_may_be_ignored() {
    for (option, expected) in [
        ("", "503 revocations_unavailable"),
        (r#", "if_unavailable": "ignore""#, "passed"),
    ] {
        let more = format!(
            r#""revocation": {{"feed": {{"document": {{"cluster": "keys",
                "authority": "r.example", "path": "/revoked"}}{option}}}}},"#
        );
        let inline = document(&format!(r#"{{"inline": {}}}"#, key_set()), &more);
        proxy(&inline, |proxy| {
            let waiting = proxy.send(&bearer(&good("")));
            pass(proxy, Duration::from_millis(2400));
            assert_eq!(outcome(proxy, waiting), expected);
        });
    }
}
