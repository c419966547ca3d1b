//! Lists that servers publish: fetched, waited for, looked into.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{Call, RequestParts, Sent, TestProxy, Verdict, values};
use support::feeds::{OK, allowing, answer, denying, feed, gauge, loaded, next_fetch, on, outcome};
use support::{from, judged};

#[test]
fn one_worker_fetches_and_all_judge_by_what_came() {
    feed(&allowing(""), |proxy| {
        assert_eq!((proxy.calls(0).len(), proxy.calls(1).len()), (0, 0));
        let fetch = next_fetch(proxy);
        let headers = &fetch.1.headers;
        assert_eq!(fetch.1.cluster, "feeds");
        assert_eq!(values(headers, ":authority"), ["lists.example"]);
        assert_eq!(values(headers, ":path"), ["/list.txt"]);
        assert_eq!(values(headers, "accept-encoding"), ["identity"]);
        answer(
            proxy,
            &fetch,
            OK,
            "# partners\n203.0.113.0/24\n2001:db8::/32 ; v6\n",
        );
        for worker in 0..2 {
            assert_eq!(on(proxy, worker, "203.0.113.9:1"), "passed");
            assert_eq!(on(proxy, worker, "[2001:db8::1]:1"), "passed");
            assert_eq!(on(proxy, worker, "192.0.2.1:1"), "403 ip_not_allowed");
        }
        assert_eq!(gauge(proxy, "partners", "entries"), Some(2));
        assert_eq!(gauge(proxy, "partners", "masked_entries"), Some(0));
        assert!(gauge(proxy, "partners", "age_seconds").unwrap() <= 2);
        assert!(
            proxy
                .log_text()
                .contains("list partners: loaded, 2 entries")
        );
    });
}

#[test]
fn a_request_waits_for_the_first_list_on_every_worker() {
    feed(&allowing(""), |proxy| {
        let waiting: Vec<Sent> = [
            (0, "203.0.113.9:1"),
            (1, "203.0.113.9:1"),
            (1, "192.0.2.1:1"),
        ]
        .map(|(worker, address)| proxy.send_to(worker, &from(address)))
        .into();
        for sent in &waiting {
            assert_eq!(outcome(proxy, *sent), "held");
            assert!(!proxy.passes_the_rest(*sent));
        }
        loaded(proxy, "203.0.113.0/24\n");
        let outcomes: Vec<String> = waiting.iter().map(|sent| outcome(proxy, *sent)).collect();
        assert_eq!(outcomes, ["passed", "passed", "403 ip_not_allowed"]);
    });
}

#[test]
fn a_request_waits_no_longer_than_two_seconds_however_often_it_is_woken() {
    feed(&allowing(""), |proxy| {
        let sent = proxy.send(&from("203.0.113.9:1"));
        let fetch = next_fetch(proxy);
        proxy.advance(Duration::from_millis(1800));
        proxy.tick();
        assert_eq!(outcome(proxy, sent), "held");
        proxy.advance(Duration::from_millis(200));
        proxy.tick();
        assert_eq!(outcome(proxy, sent), "503 list_unavailable");
        let Verdict::Replied(reply) = proxy.verdict(sent) else {
            panic!("not replied")
        };
        assert_eq!(values(&reply.headers, "retry-after"), ["2"]);
        // Who waits when an attempt fails is told at once, as is who comes then.
        let sent = proxy.send(&from("203.0.113.9:1"));
        assert_eq!(outcome(proxy, sent), "held");
        proxy.reply(fetch.0, fetch.1.token, &[(":status", "500")], b"");
        assert_eq!(outcome(proxy, sent), "503 list_unavailable");
        assert_eq!(
            judged(proxy, &from("203.0.113.9:1")),
            "503 list_unavailable"
        );
    });
}

#[test]
fn where_the_document_says_so_a_request_does_not_wait() {
    feed(&allowing(r#""before_first_load": "fail","#), |proxy| {
        assert_eq!(
            judged(proxy, &from("203.0.113.9:1")),
            "503 list_unavailable"
        );
        loaded(proxy, "203.0.113.0/24\n");
        assert_eq!(judged(proxy, &from("203.0.113.9:1")), "passed");
    });
    feed(&allowing(r#""wait": "500ms","#), |proxy| {
        let sent = proxy.send(&from("203.0.113.9:1"));
        proxy.advance(Duration::from_millis(500));
        proxy.tick();
        assert_eq!(outcome(proxy, sent), "503 list_unavailable");
    });
}

#[test]
fn an_entry_expires_without_a_fetch_and_comes_back_when_the_clock_steps_back() {
    feed(&denying(""), |proxy| {
        // The clock of these tests starts at 2023-11-14T22:13:20Z.
        loaded(
            proxy,
            "192.0.2.0/24\n192.0.2.128/25 expires=2023-11-14T22:13:40Z\n198.51.100.7 expires=2023-11-14T22:13:40Z\n",
        );
        assert_eq!(judged(proxy, &from("198.51.100.7:1")), "403 ip_denied");
        assert_eq!(gauge(proxy, "blocked", "entries"), Some(3));
        proxy.advance(Duration::from_secs(20));
        proxy.tick();
        assert_eq!(judged(proxy, &from("198.51.100.7:1")), "passed");
        assert_eq!(judged(proxy, &from("192.0.2.200:1")), "403 ip_denied");
        assert_eq!(gauge(proxy, "blocked", "entries"), Some(1));
        proxy.set_wall_clock(Duration::from_secs(1_700_000_000));
        proxy.advance(Duration::from_secs(1));
        proxy.tick();
        assert_eq!(judged(proxy, &from("198.51.100.7:1")), "403 ip_denied");
    });
}

#[test]
fn host_bits_do_not_count_and_are_counted() {
    feed(&denying(""), |proxy| {
        loaded(proxy, "192.0.2.77/24\n");
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "403 ip_denied");
        assert_eq!(gauge(proxy, "blocked", "masked_entries"), Some(1));
        assert!(
            proxy
                .log_text()
                .contains("1 entries, 1 of them with host bits")
        );
    });
}

#[test]
fn a_list_may_be_json_and_may_be_empty_if_the_document_says_so() {
    let more = r#""format": "json", "if_empty": "accept", "refresh": "10s","#;
    feed(&denying(more), |proxy| {
        loaded(
            proxy,
            r#"{"cidrs": ["192.0.2.0/24", {"cidr": "198.51.100.7", "expires": "2023-11-14T22:14:00Z"}]}"#,
        );
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "403 ip_denied");
        assert_eq!(judged(proxy, &from("198.51.100.7:1")), "403 ip_denied");
        let fetch = next_fetch(proxy);
        answer(proxy, &fetch, OK, "[]");
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "passed");
    });
}

#[test]
fn the_longest_prefix_wins_over_feeds_and_the_documents_own_lists() {
    let document = r#"{"client_address": {"from": "connection"}, "precedence": "longest_prefix",
        "lists": {
            "own": {"cidrs": ["192.0.2.0/25"], "reason": "own"},
            "feed": {"feed": {"cluster": "feeds", "authority": "a", "path": "/"}, "reason": "feed"}},
        "rules": [{"name": "all", "allow": ["own"], "deny": ["feed"]}]}"#;
    feed(document, |proxy| {
        loaded(proxy, "192.0.2.0/24\n192.0.2.7\n");
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "passed");
        assert_eq!(judged(proxy, &from("192.0.2.7:1")), "403 feed");
        assert_eq!(judged(proxy, &from("192.0.2.200:1")), "403 feed");
    });
}

#[test]
fn a_rule_in_shadow_mode_does_not_wait() {
    let document = allowing("").replace(r#""name": "all","#, r#""name": "all", "mode": "shadow","#);
    feed(&document, |proxy| {
        assert_eq!(judged(proxy, &RequestParts::get("/")), "passed");
        assert_eq!(
            proxy.counter(
                "ip-allowlist",
                "all",
                "list_unavailable",
                "shadow_undetermined"
            ),
            Some(1)
        );
    });
}

#[test]
fn a_new_configuration_takes_over_the_list_and_the_claim() {
    feed(&allowing(""), |proxy| {
        // While a fetch is under way.
        let _lost = next_fetch(proxy);
        assert!(proxy.reconfigure_in_place(&allowing("")));
        let fetch = next_fetch(proxy);
        answer(proxy, &fetch, OK, "203.0.113.0/24\n");
        // With a list that all workers share.
        assert!(proxy.reconfigure_in_place(&allowing("")));
        let calls = proxy.calls(0).len() + proxy.calls(1).len();
        proxy.advance(Duration::from_millis(50));
        proxy.tick();
        assert_eq!(proxy.calls(0).len() + proxy.calls(1).len(), calls);
        assert_eq!(on(proxy, 0, "203.0.113.9:1"), "passed");
        assert_eq!(on(proxy, 1, "203.0.113.9:1"), "passed");
    });
}

/// Two lists that keep out, each by a feed with these members.
fn two(first: &str, second: &str) -> String {
    format!(
        r#"{{"client_address": {{"from": "connection"}}, "lists": {{
            "a": {{"feed": {{{first} "cluster": "feeds", "authority": "a", "path": "/"}}}},
            "b": {{"feed": {{{second} "cluster": "feeds", "authority": "b", "path": "/"}}}}}},
            "rules": [{{"name": "all", "allow": "anyone", "deny": ["a", "b"]}}]}}"#
    )
}

/// The tokens of the two first fetches, which the first worker makes.
fn two_fetches(proxy: &mut TestProxy) -> [u32; 2] {
    proxy.advance(Duration::from_millis(50));
    proxy.tick();
    let calls = proxy.calls(0);
    assert_eq!(calls.len(), 2);
    ["a", "b"].map(|authority| {
        let of = |call: &&Call| values(&call.headers, ":authority") == [authority];
        calls.iter().find(of).unwrap().token
    })
}

#[test]
fn a_reply_to_one_feed_does_not_delay_another() {
    let document = two(r#""if_unavailable": "ignore","#, "");
    feed(&document, |proxy| {
        let [a, b] = two_fetches(proxy);
        proxy.reply(0, b, OK, b"192.0.2.0/24\n");
        // Its next attempt is half a second away, or more.
        proxy.reply(0, a, &[(":status", "500")], b"");
        for _ in 0..5 {
            proxy.advance(Duration::from_millis(20));
            proxy.tick();
        }
        assert_eq!(on(proxy, 0, "192.0.2.1:1"), "403 ip_denied");
    });
}

#[test]
fn a_request_waits_for_each_list_as_long_as_that_list_says() {
    feed(&two(r#""wait": "5s","#, r#""wait": "1s","#), |proxy| {
        let sent = proxy.send(&from("203.0.113.9:1"));
        let [a, _] = two_fetches(proxy);
        proxy.advance(Duration::from_secs(2));
        proxy.tick();
        assert_eq!(outcome(proxy, sent), "held");
        let fetch = (0, proxy.calls(0).into_iter().find(|call| call.token == a));
        answer(proxy, &(fetch.0, fetch.1.unwrap()), OK, "192.0.2.0/24\n");
        assert_eq!(outcome(proxy, sent), "503 list_unavailable");
    });
}
