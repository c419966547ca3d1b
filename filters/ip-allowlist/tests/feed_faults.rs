//! What a request meets when a feed fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_test_host::TestProxy;
use support::feeds::{
    OK, allowing, answer, denying, failures, feed, gauge, last_fetch, loaded, next_fetch, on,
};
use support::{each_code, from, judged};

#[test]
fn the_last_good_list_stays_whatever_comes() {
    feed(&allowing(r#""refresh": "10s","#), |proxy| {
        loaded(proxy, "203.0.113.0/24\n");
        let redirect = [(":status", "302"), ("location", "/other")];
        let gzip = [(":status", "200"), ("content-encoding", "gzip")];
        for (headers, body, kind) in [
            (&[(":status", "500")][..], "10.0.0.0/8\n", "status"),
            (&redirect, "10.0.0.0/8\n", "redirect"),
            (&gzip, "10.0.0.0/8\n", "encoded"),
            (OK, "<html>\n", "invalid"),
            (OK, "10.0.0.0/8\n10.0.0.0/99\n", "invalid"),
            // Without its length and a newline it may have been cut.
            (OK, "10.0.0.0/8\n192.0.2.1", "invalid"),
            (OK, "# nobody\n", "invalid"),
            (OK, "", "empty"),
            (&[(":status", "304")], "", "status"),
            (&[], "", "no_reply"),
        ] {
            let before = failures(proxy, "partners", kind).unwrap_or(0);
            let fetch = next_fetch(proxy);
            answer(proxy, &fetch, headers, body);
            let told = failures(proxy, "partners", kind);
            assert_eq!(told, Some(before + 1), "{kind} {}", proxy.log_text());
            for worker in 0..2 {
                assert_eq!(on(proxy, worker, "203.0.113.9:1"), "passed", "{kind}");
                assert_eq!(
                    on(proxy, worker, "10.1.1.1:1"),
                    "403 ip_not_allowed",
                    "{kind}"
                );
            }
        }
        assert!(proxy.log_text().contains(
            "list partners: the feed failed (invalid): the body is no document: line 2: "
        ));
        assert!(proxy.log_text().contains("the last good list stays, "));
        let fetch = next_fetch(proxy);
        answer(proxy, &fetch, OK, "10.0.0.0/8\n");
        assert_eq!(on(proxy, 0, "203.0.113.9:1"), "403 ip_not_allowed");
        assert_eq!(on(proxy, 1, "10.1.1.1:1"), "passed");
    });
}

#[test]
fn a_list_that_is_too_old_is_none_until_the_next_success() {
    let more = r#""refresh": "10s", "stale_for": "30s", "timeout": "1s","#;
    feed(&allowing(more), |proxy| {
        loaded(proxy, "203.0.113.0/24\n");
        proxy.advance(Duration::from_secs(31));
        proxy.tick();
        for worker in 0..2 {
            // It is no time to wait: the source has failed for long.
            assert_eq!(on(proxy, worker, "203.0.113.9:1"), "503 list_stale");
        }
        assert_eq!(gauge(proxy, "partners", "entries"), Some(0));
        let fetch = last_fetch(proxy);
        answer(proxy, &fetch, OK, "203.0.113.0/24\n");
        assert_eq!(on(proxy, 0, "203.0.113.9:1"), "passed");
        assert_eq!(on(proxy, 1, "203.0.113.9:1"), "passed");
    });
}

#[test]
fn a_body_that_is_too_large_is_not_even_copied() {
    feed(&allowing(r#""max_bytes": 20,"#), |proxy| {
        let fetch = next_fetch(proxy);
        proxy.forget_calls_seen();
        answer(proxy, &fetch, OK, "203.0.113.0/24\n203.0.114.0/24\n");
        assert_eq!(proxy.calls_seen().get("proxy_get_buffer_bytes"), None);
        assert_eq!(failures(proxy, "partners", "too_large"), Some(1));
        assert!(
            proxy
                .log_text()
                .contains("30 bytes are more than allowed; there is no list yet")
        );
    });
}

#[test]
fn a_cluster_that_the_proxy_does_not_know_is_told_and_asked_for_again() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(proxy.configure(&allowing("")));
        proxy.advance(Duration::from_millis(50));
        proxy.tick();
        assert_eq!(failures(&proxy, "partners", "cluster_missing"), Some(1));
        proxy.add_cluster("feeds");
        let fetch = next_fetch(&mut proxy);
        answer(&mut proxy, &fetch, OK, "203.0.113.0/24\n");
        assert_eq!(judged(&mut proxy, &from("203.0.113.9:1")), "passed");
    });
}

#[test]
fn a_list_that_may_be_ignored_is_passed_by_and_counted_while_there_is_none() {
    feed(&denying(r#""if_unavailable": "ignore","#), |proxy| {
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "passed");
        let name =
            "wasm_filter.ip-allowlist.component.blocked.tag.ignored;.gatepost_list_ignored_total";
        assert_eq!(proxy.metrics().get(name), Some(&1));
        let fetch = next_fetch(proxy);
        proxy.reply(fetch.0, fetch.1.token, &[(":status", "500")], b"");
        assert!(
            proxy
                .log_text()
                .contains("there is no list yet: requests pass by it")
        );
        let fetch = next_fetch(proxy);
        answer(proxy, &fetch, OK, "192.0.2.0/24\n");
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "403 ip_denied");
        assert_eq!(judged(proxy, &from("192.0.3.1:1")), "passed");
        assert_eq!(proxy.metrics().get(name), Some(&1));
    });
}

#[test]
fn without_shared_data_nothing_is_fetched_and_nobody_passes() {
    feed(&allowing(""), |proxy| {
        for call in ["proxy_get_shared_data", "proxy_set_shared_data"] {
            proxy.fail(call, 10);
            for _ in 0..40 {
                proxy.advance(Duration::from_millis(50));
                proxy.tick();
            }
            assert_eq!(
                (proxy.calls(0).len(), proxy.calls(1).len()),
                (0, 0),
                "{call}"
            );
            // It is known that there is none: nobody waits for what will not come.
            assert_eq!(
                judged(proxy, &from("203.0.113.9:1")),
                "503 list_unavailable"
            );
            proxy.advance(Duration::from_secs(2));
            proxy.tick();
            proxy.mend(call);
        }
        let fetch = next_fetch(proxy);
        answer(proxy, &fetch, OK, "203.0.113.0/24\n");
        assert_eq!(judged(proxy, &from("203.0.113.9:1")), "passed");
    });
}

#[test]
fn only_a_list_with_entries_that_expire_needs_the_wall_clock() {
    let clock = "proxy_get_current_time_nanoseconds";
    feed(&denying(r#""refresh": "10s","#), |proxy| {
        proxy.fail(clock, 10);
        loaded(proxy, "192.0.2.0/24\n");
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "403 ip_denied");
        proxy.mend(clock);
        loaded(proxy, "192.0.2.0/24 expires=2030-01-01T00:00:00Z\n");
        assert_eq!(judged(proxy, &from("192.0.2.1:1")), "403 ip_denied");
        proxy.fail(clock, 10);
        proxy.advance(Duration::from_secs(1));
        proxy.tick();
        assert_eq!(judged(proxy, &from("192.0.3.1:1")), "503 list_stale");
        proxy.mend(clock);
        proxy.advance(Duration::from_secs(1));
        proxy.tick();
        assert_eq!(judged(proxy, &from("192.0.3.1:1")), "passed");
    });
}
