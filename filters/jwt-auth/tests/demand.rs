//! Tokens whose key nobody has: when the keys are fetched for them, and what they are
//! told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{LocalReply, Sent, TestProxy, Verdict, values};
use support::servers::{
    Answered, answer, fetches, last_fetch, loaded, outcome, pass, proxy, remote, sent, serve,
};
use support::tokens::{ISSUER, claims, es256, good, key_set, p256_jwk, signed};
use support::{bearer, challenge};

const SECOND: Duration = Duration::from_secs(1);

/// A good token of a key that is not in the tests' set.
fn new() -> String {
    signed(2, r#"{"alg":"ES256","kid":"k2"}"#, &claims(""))
}

/// The tests' key, and the new one.
fn rotated() -> String {
    format!(
        r#"{{"keys": [{}, {}]}}"#,
        p256_jwk(1, "k1"),
        p256_jwk(2, "k2")
    )
}

fn reply_to(proxy: &TestProxy, sent: Sent) -> LocalReply {
    match proxy.verdict(sent) {
        Verdict::Replied(reply) => reply,
        other => panic!("expected a reply: {other}"),
    }
}

/// 503, when to come again, and no challenge.
fn is_our_fault(reply: &LocalReply) {
    let given = (reply.status, reply.details.as_str());
    assert_eq!(given, (503, "jwks_unavailable"));
    assert_eq!(values(&reply.headers, "retry-after"), ["2"]);
    assert_eq!(challenge(reply), "");
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
fn a_rotation_right_after_a_refresh_is_picked_up_by_the_first_token() {
    proxy(&remote(""), |proxy| {
        let answered = &mut Answered::default();
        serve(proxy, SECOND, answered, |_, _| (200, key_set()));
        assert_eq!(fetches(proxy), 1);
        let waiting = proxy.send_to(1, &bearer(&new()));
        assert_eq!(outcome(proxy, waiting), "held");
        serve(proxy, SECOND, answered, |_, _| (200, rotated()));
        assert_eq!(outcome(proxy, waiting), "passed");
        for worker in [0, 1] {
            assert_eq!(sent(proxy, worker, &bearer(&new())), "passed");
        }
        assert_eq!(fetches(proxy), 2);
    });
}

#[test]
fn a_kid_that_could_not_be_looked_for_is_503_and_no_challenge() {
    proxy(&remote(""), |proxy| {
        let answered = &mut Answered::default();
        serve(proxy, SECOND, answered, |_, _| (200, key_set()));
        // The fetch takes longer than a request waits.
        let waiting = proxy.send(&bearer(&new()));
        serve(proxy, SECOND * 3, answered, |_, _| (0, String::new()));
        is_our_fault(&reply_to(proxy, waiting));
        // It is under way still, and comes to nothing.
        let waiting = proxy.send(&bearer(&new()));
        assert_eq!(outcome(proxy, waiting), "held");
        serve(proxy, SECOND * 5, answered, |_, _| (0, String::new()));
        is_our_fault(&reply_to(proxy, waiting));
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
        serve(proxy, SECOND * 15, answered, |_, _| (500, String::new()));
        // One that fails is as good as none, and so is its cooldown.
        let waiting = proxy.send(&bearer(&new()));
        serve(proxy, SECOND / 4, answered, |_, _| (500, String::new()));
        is_our_fault(&reply_to(proxy, waiting));
        for _ in 0..4 {
            is_our_fault(&proxy.refused(&bearer(&new())));
        }
    });
}

#[test]
fn where_no_request_can_be_held_an_unknown_kid_is_503() {
    proxy(&remote(""), |proxy| {
        let answered = &mut Answered::default();
        serve(proxy, SECOND, answered, |_, _| (200, key_set()));
        // Nothing would watch the deadline.
        proxy.fail("proxy_set_tick_period_milliseconds", 10);
        is_our_fault(&proxy.refused(&bearer(&new())));
        assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
    });
}

/// Any of two providers of one issuer, with keys at `/main` and `/other`.
fn any_of_two() -> String {
    let provider = |name: &str| {
        format!(
            r#""{name}": {{"issuer": "{ISSUER}", "audiences": ["shop"], "keys": {{"remote":
                {{"cluster": "keys", "authority": "keys.example", "path": "/{name}"}}}}}}"#
        )
    };
    format!(
        r#"{{"providers": {{{}, {}}}, "rules": [{{"name": "all",
            "require": {{"any": [{{"provider": "main"}}, {{"provider": "other"}}]}}}}]}}"#,
        provider("main"),
        provider("other")
    )
}

#[test]
fn each_provider_that_may_have_the_key_is_asked_and_the_first_that_has_it_will_do() {
    proxy(&any_of_two(), |proxy| {
        let answered = &mut Answered::default();
        serve(proxy, SECOND, answered, |_, _| (200, key_set()));
        assert_eq!(fetches(proxy), 2);
        let waiting = proxy.send(&bearer(&new()));
        assert_eq!(outcome(proxy, waiting), "held");
        // Nobody waits for the one that is silent.
        serve(proxy, SECOND, answered, |_, path| match path {
            "/other" => (200, rotated()),
            _ => (0, String::new()),
        });
        assert_eq!(fetches(proxy), 4);
        assert_eq!(outcome(proxy, waiting), "passed");
    });
}

#[test]
fn of_several_providers_each_must_have_answered_before_a_kid_is_unknown() {
    proxy(&any_of_two(), |proxy| {
        let answered = &mut Answered::default();
        serve(proxy, SECOND, answered, |_, _| (200, key_set()));
        let waiting = proxy.send(&bearer(&new()));
        serve(proxy, SECOND, answered, |_, path| match path {
            "/other" => (0, String::new()),
            _ => (200, key_set()),
        });
        assert_eq!(outcome(proxy, waiting), "held");
        serve(proxy, SECOND * 2, answered, |_, _| (0, String::new()));
        is_our_fault(&reply_to(proxy, waiting));
        // Both cooldowns are over.
        serve(proxy, SECOND * 20, answered, |_, _| (200, key_set()));
        let before = fetches(proxy);
        let waiting = proxy.send(&bearer(&new()));
        serve(proxy, SECOND, answered, |_, _| (200, key_set()));
        assert_eq!(outcome(proxy, waiting), "401 jwt_unknown_key");
        assert_eq!(sent(proxy, 1, &bearer(&new())), "401 jwt_unknown_key");
        assert_eq!(fetches(proxy), before + 2);
    });
}
