//! A document that requests wait for, and what they demand of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{Call, RequestParts, Sent, TestProxy, Verdict};
use support::{chain, has_passed, held, reason};

const WORDS: &str = r#"{"words": {"document":
    {"cluster": "service", "authority": "a.example", "path": "/words", "refresh": "10m"}}}"#;
const OK: &[(&str, &str)] = &[(":status", "200")];

fn word(word: &str) -> RequestParts {
    RequestParts::get("/").header("x-word", word)
}

fn fetches(proxy: &TestProxy) -> usize {
    proxy.calls(0).len() + proxy.calls(1).len()
}

fn last_fetch(proxy: &TestProxy, worker: usize) -> Call {
    proxy.calls(worker).pop().expect("a fetch was made")
}

/// Lets time pass in which the workers tick.
fn pass(proxy: &mut TestProxy, time: Duration) {
    for _ in 0..4 {
        proxy.advance(time / 4);
        proxy.tick();
    }
}

/// The words, fetched by the first worker and known to both.
fn loaded(proxy: &mut TestProxy, words: &str) {
    pass(proxy, Duration::from_millis(200));
    let fetch = last_fetch(proxy, 0);
    proxy.reply(0, fetch.token, OK, words.as_bytes());
    pass(proxy, Duration::from_secs(4));
}

fn words(test: impl Fn(&mut TestProxy)) {
    chain(WORDS, |proxy| {
        loaded(proxy, "one\ntwo");
        test(proxy);
    });
}

#[test]
fn a_demand_is_fetched_by_the_root_at_once_and_wakes_who_waits() {
    words(|proxy| {
        let usual = proxy.tick_period(0);
        let before = fetches(proxy);
        let first = held(proxy, &word("three"));
        let second = held(proxy, &word("four"));
        let known = proxy.send(&word("two"));
        assert!(has_passed(proxy, known));
        // The request itself calls nobody; the root's timer is set to go off.
        assert_eq!(fetches(proxy), before);
        assert_eq!(proxy.tick_period(0), Duration::from_millis(1));
        proxy.advance(Duration::from_millis(1));
        proxy.tick();
        assert_eq!(fetches(proxy), before + 1);
        assert!(proxy.tick_period(0) > Duration::from_millis(1));
        let fetch = last_fetch(proxy, 0);
        proxy.reply(0, fetch.token, OK, b"one\ntwo\nthree");
        pass(proxy, Duration::from_millis(100));
        assert!(has_passed(proxy, first));
        assert_eq!(reason(proxy, second), "word_unknown");
        pass(proxy, Duration::from_secs(4));
        assert_eq!(proxy.tick_period(0), usual);
    });
}

#[test]
fn unknown_words_cause_one_fetch_a_cooldown_on_all_workers() {
    words(|proxy| {
        let before = fetches(proxy);
        let send = |proxy: &mut TestProxy, count: usize| -> Vec<Sent> {
            let one = |index: usize| proxy.send_to(index % 2, &word(&format!("w{index}")));
            (0..count).map(one).collect()
        };
        let waiting = send(proxy, 100);
        proxy.tick();
        assert_eq!(fetches(proxy), before + 1);
        let fetch = last_fetch(proxy, 0);
        proxy.reply(0, fetch.token, OK, b"one\ntwo\nw7");
        pass(proxy, Duration::from_millis(200));
        for (index, sent) in waiting.into_iter().enumerate() {
            assert_eq!(has_passed(proxy, sent), index == 7, "{index}");
        }
        // In the cooldown nobody waits and nobody is asked.
        for sent in send(proxy, 100).into_iter().skip(8) {
            assert_eq!(reason(proxy, sent), "word_unknown");
        }
        pass(proxy, Duration::from_secs(9));
        assert_eq!(fetches(proxy), before + 1);
        pass(proxy, Duration::from_secs(1));
        let sent = send(proxy, 1);
        assert_eq!(proxy.verdict(sent[0]), Verdict::Held);
        proxy.tick();
        assert_eq!(fetches(proxy), before + 2);
    });
}

#[test]
fn a_demand_of_a_request_that_is_gone_is_fetched_all_the_same() {
    words(|proxy| {
        let before = fetches(proxy);
        let gone = held(proxy, &word("three"));
        proxy.end(gone);
        proxy.tick();
        assert_eq!(fetches(proxy), before + 1);
    });
}

#[test]
fn who_waits_for_his_demand_waits_no_longer_than_the_document_says() {
    words(|proxy| {
        let sent = held(proxy, &word("three"));
        pass(proxy, Duration::from_millis(1900));
        assert_eq!(proxy.verdict(sent), Verdict::Held);
        pass(proxy, Duration::from_millis(200));
        assert_eq!(reason(proxy, sent), "words_unavailable");
    });
}

#[test]
fn who_waits_for_his_demand_is_answered_when_it_fails() {
    words(|proxy| {
        let sent = held(proxy, &word("three"));
        proxy.tick();
        let fetch = last_fetch(proxy, 0);
        proxy.reply(0, fetch.token, &[(":status", "500")], b"");
        proxy.tick();
        assert_eq!(reason(proxy, sent), "words_unavailable");
        let log = proxy.log_text();
        assert!(
            log.contains("words: word list words: the fetch failed (status): expected status 200")
                && log.contains("; the last good word list stays, "),
            "{log}"
        );
        let failed = "wasm_filter.words.component.words.tag.status;.gatepost_words_failures_total";
        assert_eq!(proxy.metrics().get(failed), Some(&1));
        let gauge = "wasm_filter.words.component.words.gatepost_words_words";
        assert_eq!(proxy.metrics().get(gauge), Some(&2));
    });
}

#[test]
fn waits_that_follow_each_other_have_one_deadline() {
    chain(WORDS, |proxy| {
        let sent = held(proxy, &word("three"));
        pass(proxy, Duration::from_millis(1500));
        let fetch = last_fetch(proxy, 0);
        proxy.reply(0, fetch.token, OK, b"one");
        // The first document is there, the word is not: no time for a second wait is
        // left when the deadline has passed.
        pass(proxy, Duration::from_millis(700));
        assert_eq!(reason(proxy, sent), "words_unavailable");
    });
}

#[test]
fn in_shadow_mode_a_demand_is_made_and_not_waited_for() {
    let shadow = WORDS.replacen("{\"words\": {", "{\"words\": {\"mode\": \"shadow\", ", 1);
    chain(&shadow, |proxy| {
        loaded(proxy, "one");
        let before = fetches(proxy);
        let sent = proxy.send(&word("three"));
        assert!(has_passed(proxy, sent));
        assert_eq!(
            proxy.counter("words", "none", "words_unavailable", "shadow_undetermined"),
            Some(1)
        );
        assert_eq!(proxy.tick_period(0), Duration::from_millis(1));
        proxy.tick();
        assert_eq!(fetches(proxy), before + 1);
    });
}

#[test]
fn a_proxy_that_does_not_hasten_the_tick_makes_a_request_wait_longer() {
    words(|proxy| {
        let sent = proxy.send(&word("two"));
        assert!(has_passed(proxy, sent));
        proxy.fail("proxy_set_tick_period_milliseconds", 10);
        // Nothing would watch the deadline: it is not held.
        let sent = proxy.send(&word("three"));
        assert_eq!(reason(proxy, sent), "words_unavailable");
        let before = fetches(proxy);
        proxy.tick();
        assert_eq!(fetches(proxy), before + 1);
    });
}
