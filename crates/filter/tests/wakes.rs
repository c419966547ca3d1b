//! What a root does for requests: calls, periods, wakes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{RequestParts, TestProxy, Verdict};
use support::{GATE, KEYS, LEARN, by, chain, has_passed, held, last_call, reason};

const OK: &[(&str, &str)] = &[(":status", "200")];

fn fetched(proxy: &mut TestProxy, worker: usize) {
    let token = proxy.calls(worker).pop().expect("a call was made").token;
    proxy.reply(worker, token, OK, b"keys");
}

#[test]
fn a_wake_lets_every_waiting_request_of_that_worker_go_on() {
    chain(&format!("{LEARN}, {KEYS}, {GATE}"), |proxy| {
        let first = held(proxy, &by("alice"));
        let second = held(proxy, &by("mallory"));
        let elsewhere = proxy.send_to(1, &by("alice"));
        proxy.tick();
        fetched(proxy, 0);
        assert!(has_passed(proxy, first));
        assert_eq!(reason(proxy, second), "gate_denied");
        assert_eq!(proxy.verdict(elsewhere), Verdict::Held);
        fetched(proxy, 1);
        assert!(has_passed(proxy, elsewhere));
        // From now on nobody waits.
        proxy.passed(&by("alice"));
    });
}

#[test]
fn many_requests_wait_for_one_call() {
    chain(KEYS, |proxy| {
        let sent: Vec<_> = (0..100)
            .map(|_| held(proxy, &RequestParts::get("/")))
            .collect();
        proxy.tick();
        assert_eq!(proxy.calls(0).len(), 1);
        fetched(proxy, 0);
        assert!(sent.into_iter().all(|sent| has_passed(proxy, sent)));
    });
}

#[test]
fn a_wake_without_the_document_denies() {
    chain(KEYS, |proxy| {
        for (headers, body) in [(OK, &b"other"[..]), (&[], b"")] {
            let sent = held(proxy, &RequestParts::get("/"));
            proxy.tick();
            let token = last_call(proxy).token;
            proxy.reply(0, token, headers, body);
            assert_eq!(reason(proxy, sent), "keys_unavailable");
            proxy.advance(Duration::from_secs(10));
        }
    });
}

#[test]
fn a_root_may_call_by_grpc() {
    let keys = r#"{"keys": {"cluster": "service", "grpc": true, "every": "10s", "at_most": "1s"}}"#;
    chain(keys, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        proxy.tick();
        let token = last_call(proxy).token;
        proxy.reply_grpc(0, token, Err(14));
        assert_eq!(reason(proxy, sent), "keys_unavailable");
        proxy.advance(Duration::from_secs(10));
        let sent = held(proxy, &RequestParts::get("/"));
        proxy.tick();
        let token = last_call(proxy).token;
        proxy.reply_grpc(0, token, Ok(b""));
        assert!(has_passed(proxy, sent));
    });
}

#[test]
fn a_wake_reaches_only_the_filter_whose_root_gave_it() {
    let other =
        r#"{"name": "other", "keys": {"cluster": "other", "every": "10s", "at_most": "9s"}}"#;
    chain(&format!("{KEYS}, {other}"), |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        proxy.tick();
        let calls = proxy.calls(0);
        let token = |cluster: &str| {
            calls
                .iter()
                .find(|call| call.cluster == cluster)
                .unwrap()
                .token
        };
        // The other filter's document is there; this request still waits for the first.
        proxy.reply(0, token("other"), OK, b"broken");
        assert_eq!(proxy.verdict(sent), Verdict::Held);
        // The first one's is there; now it waits for the other.
        proxy.reply(0, token("service"), OK, b"keys");
        assert_eq!(proxy.verdict(sent), Verdict::Held);
        proxy.advance(Duration::from_secs(10));
        proxy.tick();
        assert_eq!(reason(proxy, sent), "keys_timeout");
    });
}

#[test]
fn a_root_ticks_by_its_own_period_whatever_the_timer_does() {
    chain(KEYS, |proxy| {
        assert_eq!(proxy.tick_period(0), Duration::from_secs(10));
        held(proxy, &RequestParts::get("/"));
        assert_eq!(proxy.tick_period(0), Duration::from_millis(50));
        proxy.tick();
        assert_eq!(proxy.calls(0).len(), 1);
        for _ in 0..20 {
            proxy.advance(Duration::from_millis(50));
            proxy.tick();
        }
        assert_eq!(proxy.calls(0).len(), 1);
        // The request has given up by now, and the slow timer is back.
        assert_eq!(proxy.tick_period(0), Duration::from_secs(10));
        proxy.advance(Duration::from_secs(9));
        proxy.tick();
        assert_eq!(proxy.calls(0).len(), 2);
    });
}

#[test]
fn a_timeout_of_zero_is_not_sent_as_none() {
    chain(KEYS, |proxy| {
        proxy.tick();
        assert_eq!(last_call(proxy).milliseconds, 1);
    });
}

#[test]
fn nothing_is_called_while_the_plugin_is_configured() {
    chain(KEYS, |proxy| {
        assert!(proxy.calls(0).is_empty());
        assert_eq!(proxy.calls_seen().get("proxy_set_shared_data"), None);
    });
}

#[test]
fn a_request_that_waits_outlives_a_new_configuration() {
    chain(KEYS, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        proxy.tick();
        let token = last_call(proxy).token;
        assert!(!proxy.reconfigure_in_place("{}"));
        proxy.reply(0, token, OK, b"keys");
        assert!(has_passed(proxy, sent));
    });
}
