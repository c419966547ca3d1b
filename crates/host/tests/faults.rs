//! Every call of the ABI fails with every status: nothing falls over, and
//! nothing passes that would not have passed (laws 1 and 3).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use gatepost_test_host::{Code, TestProxy, Verdict};
use support::{EVERYTHING, by, each_code, everything, plain, proxy, quick, through};

/// All statuses of the ABI but OK, and one that is none.
fn statuses() -> impl Iterator<Item = u32> {
    (1..=12).chain([255])
}

/// Calls that only tell or only save work: their failure changes no verdict.
const TELLING: [&str; 7] = [
    "proxy_log",
    "proxy_get_log_level",
    "proxy_define_metric",
    "proxy_increment_metric",
    "proxy_record_metric",
    "proxy_set_property",
    "clock_time_get",
];

/// What a request may be denied with while a call fails.
const REASONS: [&str; 9] = [
    "ask_failed",
    "ask_refused",
    "ask_timeout",
    "gate_denied",
    "headers_unreadable",
    "host_error",
    "keys_timeout",
    "keys_unavailable",
    "probe_failed",
];

fn calls_of_a_request(code: &Code) -> BTreeSet<&'static str> {
    let mut proxy = everything(code);
    proxy.forget_calls_seen();
    for user in ["alice", "mallory"] {
        let (sent, _) = through(&mut proxy, &by(user));
        proxy.end(sent);
    }
    proxy.calls_seen().into_keys().collect()
}

fn is_refused(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Passed(_) => false,
        Verdict::Held => true,
        Verdict::Replied(reply) => {
            assert!(REASONS.contains(&reply.details.as_str()), "{reply:?}");
            true
        }
    }
}

#[test]
fn the_chain_of_these_tests_makes_every_call_of_the_abi() {
    each_code(|code| {
        let mut proxy = everything(code);
        let (sent, verdict) = through(&mut proxy, &by("alice"));
        assert!(
            matches!(verdict, Verdict::Passed(_)),
            "{verdict:?} {}",
            proxy.log_text()
        );
        proxy.end(sent);
        let (_, verdict) = through(&mut proxy, &by("mallory"));
        assert!(matches!(&verdict, Verdict::Replied(reply) if reply.details == "gate_denied"));
        let mut quick = quick(code);
        quick.passed(&plain());
        let mut seen = proxy.calls_seen();
        seen.extend(quick.calls_seen());
        let seen: Vec<_> = seen.into_keys().collect();
        assert_eq!(
            seen,
            [
                "clock_time_get",
                "proxy_add_header_map_value",
                "proxy_call_foreign_function",
                "proxy_continue_stream",
                "proxy_define_metric",
                "proxy_get_buffer_bytes",
                "proxy_get_current_time_nanoseconds",
                "proxy_get_header_map_pairs",
                "proxy_get_log_level",
                "proxy_get_property",
                "proxy_get_shared_data",
                "proxy_grpc_call",
                "proxy_http_call",
                "proxy_increment_metric",
                "proxy_log",
                "proxy_record_metric",
                "proxy_remove_header_map_value",
                "proxy_replace_header_map_value",
                "proxy_send_local_response",
                "proxy_set_effective_context",
                "proxy_set_property",
                "proxy_set_shared_data",
                "proxy_set_tick_period_milliseconds",
            ]
        );
    });
}

#[test]
fn a_request_that_would_be_denied_never_passes_whatever_fails() {
    each_code(|code| {
        for call in calls_of_a_request(code) {
            for status in statuses() {
                let mut proxy = everything(code);
                proxy.fail(call, status);
                let (sent, verdict) = through(&mut proxy, &by("mallory"));
                assert!(is_refused(&verdict), "{call} {status}: {verdict:?}");
                assert!(!proxy.passes_the_rest(sent), "{call} {status}");
                proxy.end(sent);
                // Nothing of the fault is left: the worker serves.
                proxy.mend(call);
                let (_, verdict) = through(&mut proxy, &by("alice"));
                assert!(
                    matches!(verdict, Verdict::Passed(_)),
                    "{call} {status}: {verdict:?}"
                );
            }
        }
    });
}

#[test]
fn a_request_that_would_pass_is_passed_whole_or_denied_with_a_documented_reason() {
    each_code(|code| {
        for call in calls_of_a_request(code) {
            for status in statuses() {
                let mut proxy = everything(code);
                proxy.fail(call, status);
                let (sent, verdict) = through(&mut proxy, &by("alice"));
                if let Verdict::Passed(headers) = &verdict {
                    // Either the client's copies are gone, or nothing goes on.
                    let forged = headers.iter().any(|(_, value)| value == b"forged");
                    assert!(!forged, "{call} {status}: {headers:?}");
                } else {
                    assert!(is_refused(&verdict), "{call} {status}");
                }
                proxy.end(sent);
            }
        }
    });
}

#[test]
fn a_call_that_only_tells_changes_no_verdict() {
    each_code(|code| {
        for call in TELLING {
            // Without a clock nothing can wait.
            if call == "clock_time_get" {
                continue;
            }
            for status in statuses() {
                let mut proxy = everything(code);
                proxy.fail(call, status);
                let (_, verdict) = through(&mut proxy, &by("alice"));
                assert!(
                    matches!(verdict, Verdict::Passed(_)),
                    "{call} {status}: {verdict:?}"
                );
                let (_, verdict) = through(&mut proxy, &by("mallory"));
                assert!(
                    matches!(&verdict, Verdict::Replied(reply) if reply.details == "gate_denied"),
                    "{call} {status}: {verdict:?}"
                );
            }
        }
    });
}

#[test]
fn a_header_that_cannot_be_changed_is_a_host_error() {
    each_code(|code| {
        for call in [
            "proxy_replace_header_map_value",
            "proxy_remove_header_map_value",
        ] {
            for status in statuses() {
                let mut proxy = everything(code);
                proxy.fail(call, status);
                let (sent, verdict) = through(&mut proxy, &by("alice"));
                let Verdict::Replied(reply) = verdict else {
                    panic!("{call} {status}")
                };
                assert_eq!((reply.status, reply.details.as_str()), (503, "host_error"));
                assert!(!proxy.passes_the_rest(sent));
                assert_eq!(
                    proxy.counter("chain", "none", "host_error", "denied"),
                    Some(1)
                );
            }
        }
    });
}

#[test]
fn a_header_that_cannot_be_added_is_a_host_error() {
    each_code(|code| {
        for status in statuses() {
            let mut proxy = quick(code);
            proxy.fail("proxy_add_header_map_value", status);
            let reply = proxy.refused(&plain());
            assert_eq!((reply.status, reply.details.as_str()), (503, "host_error"));
        }
    });
}

#[test]
fn only_what_is_certainly_missing_is_added() {
    let writes = |proxy: &TestProxy| {
        let seen = proxy.calls_seen();
        ["add", "replace"].map(|verb| {
            let call = format!("proxy_{verb}_header_map_value");
            seen.get(call.as_str()).copied().unwrap_or_default()
        })
    };
    each_code(|code| {
        let mut proxy = quick(code);
        proxy.passed(&plain());
        assert_eq!(writes(&proxy), [1, 0]);
        // The client has sent what is ours.
        proxy.passed(&plain().header("x-sub", "forged"));
        assert_eq!(writes(&proxy), [1, 1]);
        // While it waits, others can write.
        let mut proxy = everything(code);
        proxy.forget_calls_seen();
        through(&mut proxy, &plain());
        let [added, replaced] = writes(&proxy);
        assert!(added == 0 && replaced > 0, "{added} {replaced}");
    });
}

#[test]
fn headers_that_cannot_be_read_are_no_request() {
    each_code(|code| {
        for status in statuses() {
            let mut proxy = everything(code);
            proxy.fail("proxy_get_header_map_pairs", status);
            let reply = proxy.refused(&by("alice"));
            assert_eq!(
                (reply.status, reply.details.as_str()),
                (503, "headers_unreadable")
            );
            let told = proxy.counter("chain", "none", "headers_unreadable", "denied");
            assert_eq!(told, Some(1));
        }
    });
}

#[test]
fn a_reply_that_cannot_be_sent_leaves_the_request_held() {
    each_code(|code| {
        for status in statuses() {
            let mut proxy = everything(code);
            proxy.fail("proxy_send_local_response", status);
            let (sent, verdict) = through(&mut proxy, &by("mallory"));
            assert_eq!(verdict, Verdict::Held);
            assert!(!proxy.passes_the_rest(sent));
        }
    });
}

#[test]
fn a_request_that_cannot_be_resumed_is_refused_at_its_deadline() {
    each_code(|code| {
        let mut proxy = proxy(code);
        assert!(
            proxy.configure(r#"{"filters": [{"ask": {"cluster": "service", "at_most": "1s"}}]}"#)
        );
        let sent = proxy.send(&by("alice"));
        let token = proxy.calls(0).pop().expect("a call").token;
        proxy.fail("proxy_set_effective_context", 10);
        proxy.reply(0, token, &[(":status", "200")], b"yes");
        proxy.advance(Duration::from_secs(2));
        proxy.tick();
        assert_eq!(proxy.verdict(sent), Verdict::Held);
        proxy.mend("proxy_set_effective_context");
        proxy.tick();
        let verdict = proxy.verdict(sent);
        assert!(
            matches!(&verdict, Verdict::Replied(reply) if reply.details == "ask_timeout"),
            "{verdict:?}"
        );
    });
}

#[test]
fn without_a_timer_or_a_clock_nothing_waits() {
    each_code(|code| {
        let gate = r#"{"filters": [{"ask": {"cluster": "service", "at_most": "1s"}}]}"#;
        for call in ["proxy_set_tick_period_milliseconds", "clock_time_get"] {
            let mut proxy = proxy(code);
            assert!(proxy.configure(gate));
            proxy.fail(call, 10);
            let reply = proxy.refused(&by("alice"));
            assert_eq!(
                (reply.status, reply.details.as_str()),
                (503, "ask_timeout"),
                "{call}"
            );
        }
    });
}

#[test]
fn a_configuration_that_fails_half_way_is_refused_and_the_last_one_serves_on() {
    each_code(|code| {
        let mut counting = proxy(code);
        assert!(counting.configure(EVERYTHING));
        let calls: Vec<_> = counting.calls_seen().into_keys().collect();
        for call in calls {
            for status in statuses() {
                let mut proxy = everything(code);
                proxy.fail(call, status);
                let taken = proxy.configure(EVERYTHING);
                assert_eq!(taken, TELLING.contains(&call), "{call} {status}");
                proxy.mend(call);
                serves(&mut proxy);
            }
        }
    });
}

fn serves(proxy: &mut TestProxy) {
    let (_, verdict) = through(proxy, &by("alice"));
    assert!(matches!(verdict, Verdict::Passed(_)), "{verdict:?}");
    let (_, verdict) = through(proxy, &by("mallory"));
    assert!(matches!(verdict, Verdict::Replied(_)), "{verdict:?}");
}
