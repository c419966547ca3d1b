//! Headers that a filter owns, and what header writes cost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{Headers, RequestParts, TestProxy, values};
use support::{GATE, LEARN, by, chain, has_passed, reason};

/// A request with copies of `x-sub` in every spelling.
fn forged(user: Option<&str>, path: &str) -> RequestParts {
    let request = RequestParts::get(path)
        .header("X-Sub", "root")
        .header("x_sub", "root")
        .header("x-sub", "admin")
        .header("X_SUB", "\u{fffd}\0")
        .header("x-subject", "kept");
    match user {
        Some(user) => request.header("x-user", user),
        None => request,
    }
}

fn copies(headers: &Headers) -> Vec<String> {
    let is_copy = |name: &str| name.replace('_', "-").eq_ignore_ascii_case("x-sub");
    headers
        .iter()
        .filter(|(name, _)| is_copy(name))
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        .collect()
}

fn none_is_left(proxy: &mut TestProxy, request: &RequestParts) {
    let sent = proxy.send(request);
    assert!(has_passed(proxy, sent));
    assert_eq!(copies(&proxy.request_headers(sent)), [""; 0]);
}

#[test]
fn the_clients_copies_are_gone_when_the_request_passes() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        let headers = proxy.passed(&forged(Some("alice"), "/"));
        assert_eq!(copies(&headers), ["alice"]);
        assert_eq!(values(&headers, "x-subject"), ["kept"]);
    });
}

#[test]
fn the_clients_copies_are_gone_when_nothing_takes_their_place() {
    chain(LEARN, |proxy| none_is_left(proxy, &forged(None, "/")));
}

#[test]
fn the_clients_copies_are_gone_on_an_exempt_path() {
    chain(LEARN, |proxy| {
        none_is_left(proxy, &forged(Some("alice"), "/exempt"));
    });
}

#[test]
fn the_clients_copies_are_gone_in_shadow_mode() {
    let shadow = r#"{"learn": {"from": "x-user", "mode": "shadow"}}"#;
    chain(shadow, |proxy| {
        none_is_left(proxy, &forged(None, "/"));
        assert_eq!(
            copies(&proxy.passed(&forged(Some("alice"), "/"))),
            ["alice"]
        );
    });
}

#[test]
fn the_clients_copies_are_gone_from_the_access_log_of_a_denied_request() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        for user in ["mallory", "a\nb"] {
            let sent = proxy.send(&forged(Some(user), "/"));
            assert!(!has_passed(proxy, sent));
            assert_eq!(copies(&proxy.request_headers(sent)), [""; 0], "{user}");
        }
    });
}

#[test]
fn the_owner_need_not_be_the_first_to_judge() {
    let all = r#"{"gate": {"rules": [{"name": "all"}]}}"#;
    chain(&format!("{all}, {LEARN}"), |proxy| {
        let sent = proxy.send(&forged(Some("alice"), "/"));
        assert_eq!(reason(proxy, sent), "gate_denied");
        assert_eq!(copies(&proxy.request_headers(sent)), [""; 0]);
    });
}

#[test]
fn a_removal_of_what_is_not_there_is_no_call() {
    chain(LEARN, |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        assert_eq!(proxy.header_writes(sent), 0);
        let sent = proxy.send(&by("alice"));
        assert_eq!(proxy.header_writes(sent), 1);
        let sent = proxy.send(
            &by("alice")
                .header("x-hand-over", "1")
                .header("x-hand-over", "2"),
        );
        assert_eq!(proxy.header_writes(sent), 2);
        assert_eq!(values(&proxy.request_headers(sent), "x-hand-over"), [""; 0]);
    });
}

#[test]
fn a_changed_header_is_one_call_however_often_it_was_changed() {
    let second = r#"{"name": "second", "learn": {"from": "x-other"}}"#;
    chain(&format!("{LEARN}, {second}"), |proxy| {
        let request = by("alice")
            .header("x-other", "bob")
            .header("x-sub", "a")
            .header("x-sub", "b");
        let sent = proxy.send(&request);
        assert_eq!(values(&proxy.request_headers(sent), "x-sub"), ["bob"]);
        assert_eq!(proxy.header_writes(sent), 1);
    });
}

#[test]
fn a_later_filter_sees_what_an_earlier_one_wrote() {
    let gate = r#"{"gate": {"rules": [{"name": "sub",
        "match": {"headers": [{"name": "x-sub", "exact": "alice"}]}}]}}"#;
    chain(&format!("{LEARN}, {gate}"), |proxy| {
        let sent = proxy.send(&by("alice"));
        assert_eq!(reason(proxy, sent), "gate_denied");
        // The client's own is not what it sees.
        proxy.passed(&by("bob").header("x-sub", "alice"));
        proxy.passed(&RequestParts::get("/").header("x-sub", "alice"));
    });
}

#[test]
fn what_a_refused_request_would_have_been_given_is_not_written() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        let sent = proxy.send(&by("mallory"));
        assert_eq!(reason(proxy, sent), "gate_denied");
        assert_eq!(proxy.header_writes(sent), 0);
    });
}

#[test]
fn a_value_that_cannot_be_sent_is_not_sent() {
    chain(LEARN, |proxy| {
        for user in ["a\rb", "a\nb", "a\0b", "\x7f", &"a".repeat(9000)] {
            let reply = proxy.refused(&by(user));
            assert_eq!(
                (reply.status, reply.details.as_str()),
                (400, "claim_unsendable")
            );
        }
        assert_eq!(values(&proxy.passed(&by("")), "x-sub"), [""]);
        let odd = RequestParts::get("/").header("x-user", b"\xff\xfe");
        let passed = proxy.passed(&odd);
        let sub = passed.iter().find(|(name, _)| name == "x-sub").unwrap();
        assert_eq!(sub.1, b"\xff\xfe");
    });
}
