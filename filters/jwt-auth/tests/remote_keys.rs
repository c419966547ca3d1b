//! Keys of servers: waited for, refetched, demanded, stale.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{RequestParts, TestProxy, Verdict, values};
use support::servers::{
    Answered, answer, document, fetches, last_fetch, last_fetch_of, loaded, outcome, pass, proxy,
    remote, sent, serve,
};
use support::tokens::{claims, es256, good, key_set, p256_jwk, signed};
use support::{bearer, challenge};

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

#[test]
fn keys_of_a_server_that_are_left_out_are_logged_once_and_without_the_key() {
    proxy(&remote(""), |proxy| {
        let secret = r#"{"kty": "oct", "kid": "s\nx", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}"#;
        let encryption = p256_jwk(2, "enc").replace('{', r#"{"use": "enc", "#);
        let body = key_set().replacen('[', &format!("[{secret}, {encryption}, "), 1);
        let answered = &mut Answered::default();
        // Three fetches.
        let time = Duration::from_secs(900);
        serve(proxy, time, answered, |_, _| (200, body.clone()));
        assert!(fetches(proxy) > 2);
        let log = proxy.log_text();
        for said in [
            "key set main: a key is left out: keys[0] (kid \"s\\nx\"): a secret in a set",
            "key set main: a key is left out: keys[1] (kid \"enc\"): `use`: expected sig",
        ] {
            // By each worker that has read the set.
            assert!(
                (1..=2).contains(&log.matches(said).count()),
                "{said}: {log}"
            );
        }
        assert!(!log.contains("c2VjcmV0"), "{log}");
    });
}
