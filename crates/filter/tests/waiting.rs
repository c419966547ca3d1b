//! Requests that wait: for a call of their own, for a wake of the root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{RequestParts, values};
use support::{ASK, ASK_GRPC, GATE, LEARN, by, chain, has_passed, held, last_call, reason};

const OK: &[(&str, &str)] = &[(":status", "200")];

#[test]
fn a_request_waits_for_a_call_of_its_own_and_goes_on_where_it_stopped() {
    chain(&format!("{LEARN}, {ASK}, {GATE}"), |proxy| {
        let good = held(proxy, &by("alice"));
        let call = last_call(proxy);
        assert_eq!(
            (call.cluster.as_str(), call.grpc, call.milliseconds),
            ("service", false, 1000)
        );
        let bad = held(proxy, &by("mallory"));
        let other = last_call(proxy);
        proxy.reply(0, other.token, OK, b"yes");
        proxy.reply(0, call.token, OK, b"yes");
        assert!(has_passed(proxy, good));
        let headers = proxy.request_headers(good);
        assert_eq!(values(&headers, "x-sub"), ["alice"]);
        assert_eq!(values(&headers, "x-answer"), ["yes"]);
        assert_eq!(reason(proxy, bad), "gate_denied");
        // It judged once, before the wait.
        assert_eq!(
            proxy.counter("learn", "default", "learned", "allowed"),
            Some(2)
        );
    });
}

#[test]
fn a_request_waits_for_a_grpc_call() {
    chain(ASK_GRPC, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        let call = last_call(proxy);
        assert!(call.grpc);
        assert_eq!(values(&call.headers, ":path"), ["/test.Ask/Ask"]);
        assert_eq!(values(&call.headers, "x-from"), ["chain"]);
        proxy.reply_grpc(0, call.token, Ok(b"pong"));
        assert_eq!(values(&proxy.request_headers(sent), "x-answer"), ["pong"]);
        for (status, expected) in [(7, "ask_refused"), (4, "ask_failed"), (14, "ask_failed")] {
            let sent = held(proxy, &RequestParts::get("/"));
            let token = last_call(proxy).token;
            proxy.reply_grpc(0, token, Err(status));
            assert_eq!(reason(proxy, sent), expected, "{status}");
        }
    });
}

#[test]
fn an_http_and_a_grpc_call_with_one_number_are_two_calls() {
    let both = format!(
        "{ASK}, {}",
        ASK_GRPC.replace("{\"ask\"", "{\"name\": \"second\", \"ask\"")
    );
    chain(&both, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        let call = last_call(proxy);
        // A reply of the other kind is nobody's.
        proxy.reply_grpc(0, call.token, Ok(b"forged"));
        assert!(!has_passed(proxy, sent));
        proxy.reply(0, call.token, OK, b"one");
        let call = last_call(proxy);
        assert!(call.grpc);
        proxy.reply(0, call.token, OK, b"forged");
        assert!(!has_passed(proxy, sent));
        proxy.reply_grpc(0, call.token, Ok(b"two"));
        assert_eq!(values(&proxy.request_headers(sent), "x-answer"), ["two"]);
    });
}

#[test]
fn body_and_trailers_are_held_while_the_request_waits() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        assert!(!proxy.passes_the_rest(sent));
        let token = last_call(proxy).token;
        proxy.reply(0, token, OK, b"yes");
        assert!(proxy.passes_the_rest(sent));
    });
}

#[test]
fn body_and_trailers_of_a_denied_request_never_pass() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        let token = last_call(proxy).token;
        proxy.reply(0, token, &[(":status", "403")], b"");
        assert_eq!(reason(proxy, sent), "ask_refused");
        assert!(!proxy.passes_the_rest(sent));
    });
}

#[test]
fn a_call_that_failed_is_no_answer() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        let token = last_call(proxy).token;
        proxy.reply(0, token, &[], b"");
        assert_eq!(reason(proxy, sent), "ask_failed");
    });
}

#[test]
fn a_call_to_an_unknown_cluster_denies() {
    chain(
        r#"{"ask": {"cluster": "nowhere", "at_most": "1s"}}"#,
        |proxy| {
            let reply = proxy.refused(&RequestParts::get("/"));
            assert_eq!((reply.status, reply.details.as_str()), (503, "ask_failed"));
        },
    );
}

#[test]
fn a_reply_that_is_longer_than_wanted_is_cut() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        let token = last_call(proxy).token;
        proxy.reply(0, token, OK, &[b'a'; 100_000]);
        assert_eq!(
            values(&proxy.request_headers(sent), "x-answer")[0].len(),
            64
        );
    });
}

#[test]
fn a_deadline_gives_the_answer_that_the_filter_named() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        let token = last_call(proxy).token;
        proxy.advance(Duration::from_millis(999));
        proxy.tick();
        assert!(!has_passed(proxy, sent));
        proxy.advance(Duration::from_millis(1));
        proxy.tick();
        let reply = reason(proxy, sent);
        assert_eq!(reply, "ask_timeout");
        // What comes too late is nobody's; a second answer would fail the test.
        proxy.reply(0, token, OK, b"yes");
        proxy.tick();
        assert_eq!(reason(proxy, sent), "ask_timeout");
    });
}

#[test]
fn the_wall_clock_moves_no_deadline() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        for seconds in [0, 4_000_000_000] {
            proxy.set_wall_clock(Duration::from_secs(seconds));
            proxy.tick();
            assert!(!has_passed(proxy, sent));
        }
        let token = last_call(proxy).token;
        proxy.reply(0, token, OK, b"yes");
        assert!(has_passed(proxy, sent));
    });
}

#[test]
fn too_many_waiting_requests_are_refused_at_once() {
    chain(ASK, |proxy| {
        let first = held(proxy, &RequestParts::get("/"));
        let token = last_call(proxy).token;
        for _ in 1..4096 {
            held(proxy, &RequestParts::get("/"));
        }
        let reply = proxy.refused(&RequestParts::get("/"));
        assert_eq!((reply.status, reply.details.as_str()), (503, "ask_timeout"));
        // One that leaves makes room for one.
        proxy.reply(0, token, OK, b"yes");
        assert!(has_passed(proxy, first));
        held(proxy, &RequestParts::get("/"));
        proxy.refused(&RequestParts::get("/"));
    });
}

#[test]
fn a_reply_after_the_request_died_touches_nobody() {
    chain(ASK, |proxy| {
        let dead = held(proxy, &RequestParts::get("/"));
        let token = last_call(proxy).token;
        let other = held(proxy, &RequestParts::get("/"));
        proxy.end(dead);
        proxy.reply(0, token, OK, b"yes");
        proxy.advance(Duration::from_millis(500));
        proxy.tick();
        assert!(!has_passed(proxy, other));
        let token = last_call(proxy).token;
        proxy.reply(0, token, OK, b"yes");
        assert!(has_passed(proxy, other));
    });
}

#[test]
fn a_reply_to_a_call_that_nobody_made_is_dropped() {
    chain(ASK, |proxy| {
        let sent = held(proxy, &RequestParts::get("/"));
        proxy.reply(0, 4711, OK, b"yes");
        proxy.reply_grpc(0, 4711, Ok(b"yes"));
        proxy.reply_grpc(0, 4711, Err(0));
        assert!(!has_passed(proxy, sent));
    });
}

#[test]
fn the_timer_runs_only_while_somebody_waits() {
    chain(ASK, |proxy| {
        assert_eq!(proxy.tick_period(0), Duration::ZERO);
        let sent = held(proxy, &RequestParts::get("/"));
        assert_eq!(proxy.tick_period(0), Duration::from_millis(50));
        assert_eq!(proxy.tick_period(1), Duration::ZERO);
        let token = last_call(proxy).token;
        proxy.reply(0, token, OK, b"yes");
        assert!(has_passed(proxy, sent));
        proxy.tick();
        assert_eq!(proxy.tick_period(0), Duration::ZERO);
        proxy.forget_calls_seen();
        proxy.tick();
        assert_eq!(
            proxy.calls_seen().get("proxy_set_tick_period_milliseconds"),
            None
        );
    });
}
