//! Keys that a server publishes: when they count, and what a request meets when they
//! are not there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{RequestParts, Verdict, values};
use support::feeds::{OK, answer, document, feed, loaded, metric, next_fetch, on_both};
use support::{entry, judged, outcome, with_key, with_keys};

fn keys(keys: &[(&str, &str)]) -> String {
    let keys: Vec<String> = keys.iter().map(|(id, key)| entry(id, key, "")).collect();
    with_keys(&keys, "")
}

#[test]
fn published_keys_count_on_every_worker_and_go_with_the_next_document() {
    feed(&document(r#""refresh": "10s","#, ""), |proxy| {
        loaded(proxy, &keys(&[("a", "alpha"), ("b", "beta")]));
        assert_eq!(on_both(proxy, "alpha"), "passed");
        assert_eq!(on_both(proxy, "gamma"), "401 api_key_unknown");
        assert_eq!(metric(proxy, "gatepost_api_keys_entries"), Some(2));
        assert!(proxy.log_text().contains("loaded, 2 keys"));
        loaded(proxy, &keys(&[("b", "beta"), ("c", "gamma"), ("d", "d")]));
        assert_eq!(on_both(proxy, "alpha"), "401 api_key_unknown");
        assert_eq!(on_both(proxy, "beta"), "passed");
        assert_eq!(on_both(proxy, "gamma"), "passed");
        assert_eq!(metric(proxy, "gatepost_api_keys_entries"), Some(3));
    });
}

#[test]
fn a_request_waits_for_the_first_document_and_is_judged_by_it() {
    feed(&document("", ""), |proxy| {
        let good = proxy.send(&with_key("alpha"));
        let bad = proxy.send(&with_key("beta"));
        assert_eq!(
            (outcome(proxy, good), outcome(proxy, bad)),
            ("held".to_owned(), "held".to_owned())
        );
        assert!(!proxy.passes_the_rest(good));
        // Without a key there is nothing to wait for.
        assert_eq!(
            judged(proxy, &RequestParts::get("/")),
            "401 api_key_missing"
        );
        assert_eq!(judged(proxy, &with_key("a b")), "400 api_key_malformed");
        loaded(proxy, &keys(&[("a", "alpha")]));
        assert_eq!(outcome(proxy, good), "passed");
        assert_eq!(outcome(proxy, bad), "401 api_key_unknown");
    });
}

#[test]
fn without_keys_the_answer_is_503_with_retry_after_and_no_challenge() {
    for feed_says in ["", r#""before_first_load": "fail","#] {
        feed(&document(feed_says, ""), |proxy| {
            let sent = proxy.send(&with_key("alpha"));
            for _ in 0..50 {
                proxy.advance(Duration::from_millis(50));
                proxy.tick();
            }
            let Verdict::Replied(reply) = proxy.verdict(sent) else {
                panic!("not refused");
            };
            assert_eq!(
                (reply.status, reply.details.as_str()),
                (503, "keys_unavailable")
            );
            assert_eq!(values(&reply.headers, "retry-after"), ["2"]);
            assert!(support::challenge(&reply).is_empty());
        });
    }
}

#[test]
fn the_last_good_keys_stay_whatever_comes_until_they_are_too_old() {
    let says = r#""refresh": "10s", "stale_for": "5m", "timeout": "1s","#;
    feed(&document(says, ""), |proxy| {
        loaded(proxy, &keys(&[("a", "alpha")]));
        let beta = keys(&[("b", "beta")]);
        let one = entry("b", "beta", "");
        let twice = format!(r#"{{"keys": [{one}, {one}]}}"#);
        let cut = beta.strip_suffix('}').unwrap();
        for (headers, body, kind) in [
            (&[(":status", "500")][..], beta.as_str(), "status"),
            (OK, "<html>", "invalid"),
            (OK, cut, "invalid"),
            (OK, &twice, "invalid"),
            (OK, r#"{"keys": []}"#, "invalid"),
            (
                OK,
                r#"{"keys": [{"id": "b", "digest": "beta"}]}"#,
                "invalid",
            ),
            (OK, r#"{"keys": [{"id": "b", "key": "beta"}]}"#, "invalid"),
            (OK, "", "empty"),
            (&[], "", "no_reply"),
        ] {
            let name = format!("tag.{kind};.gatepost_api_keys_failures_total");
            let before = metric(proxy, &name).unwrap_or(0);
            let fetch = next_fetch(proxy);
            answer(proxy, &fetch, headers, body);
            assert_eq!(
                metric(proxy, &name),
                Some(before + 1),
                "{kind}: {}",
                proxy.log_text()
            );
            assert_eq!(on_both(proxy, "alpha"), "passed", "{kind}");
            assert_eq!(on_both(proxy, "beta"), "401 api_key_unknown", "{kind}");
        }
        assert!(!proxy.log_text().contains("beta\""), "{}", proxy.log_text());
        proxy.advance(Duration::from_secs(300));
        proxy.tick();
        assert_eq!(on_both(proxy, "alpha"), "503 keys_stale");
        loaded(proxy, &beta);
        assert_eq!(on_both(proxy, "beta"), "passed");
    });
}

#[test]
fn keys_of_the_document_do_not_wait_for_published_ones() {
    let own = format!(r#", "keys": [{}]"#, entry("own", "own", ""));
    feed(&document("", &own), |proxy| {
        assert_eq!(on_both(proxy, "own"), "passed");
        loaded(proxy, &keys(&[("a", "alpha")]));
        assert_eq!(on_both(proxy, "own"), "passed");
        assert_eq!(on_both(proxy, "alpha"), "passed");
    });
}

#[test]
fn in_shadow_mode_nobody_waits_and_what_would_have_come_is_not_known() {
    feed(&document("", r#", "mode": "shadow""#), |proxy| {
        assert_eq!(judged(proxy, &with_key("alpha")), "passed");
        let count = proxy.counter(
            "api-key-auth",
            "default",
            "keys_unavailable",
            "shadow_undetermined",
        );
        assert_eq!(count, Some(1));
    });
}

#[test]
fn without_shared_data_nothing_is_fetched_and_nobody_passes() {
    feed(&document("", ""), |proxy| {
        proxy.fail("proxy_get_shared_data", 10);
        for _ in 0..40 {
            proxy.advance(Duration::from_millis(50));
            proxy.tick();
        }
        assert_eq!((proxy.calls(0).len(), proxy.calls(1).len()), (0, 0));
        assert_eq!(on_both(proxy, "alpha"), "503 keys_unavailable");
        proxy.mend("proxy_get_shared_data");
        loaded(proxy, &keys(&[("a", "alpha")]));
        assert_eq!(on_both(proxy, "alpha"), "passed");
    });
}

#[test]
fn a_published_key_may_name_rules_that_are_not_here() {
    let body = with_keys(
        &[
            entry("a", "alpha", r#""rules": ["elsewhere"]"#),
            entry(
                "b",
                "beta",
                r#""rules": ["elsewhere", "default"], "groups": ["x"]"#,
            ),
        ],
        "",
    );
    feed(
        &document("", r#", "default": {"groups": ["x"]}"#),
        |proxy| {
            loaded(proxy, &body);
            assert_eq!(on_both(proxy, "alpha"), "403 api_key_not_allowed");
            assert_eq!(on_both(proxy, "beta"), "passed");
        },
    );
}
