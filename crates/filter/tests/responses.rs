//! Responses and ends, as filters that judged the request see them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, TestProxy, values};
use support::{ASK, GATE, LEARN, by, chain, held};

const TRACED: &str = r#"{"trace": {}}, {"name": "inner", "trace": {}}"#;

fn lines(proxy: &TestProxy, about: &str) -> Vec<String> {
    proxy
        .log()
        .into_iter()
        .map(|line| line.text)
        .filter(|line| line.contains(about))
        .collect()
}

#[test]
fn the_last_filter_sees_the_upstreams_response_first() {
    chain(TRACED, |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        let headers = proxy.respond(
            sent,
            &[(":status", "201"), ("server", "s"), ("x-y", "kept")],
        );
        assert_eq!(
            lines(proxy, "response"),
            [
                "inner: response 201, denied nothing",
                "trace: response 201, denied nothing"
            ]
        );
        assert_eq!(values(&headers, "x-trace"), ["nothing"]);
        assert_eq!(values(&headers, "x-y"), ["kept"]);
        assert_eq!(values(&headers, "server"), [""; 0]);
    });
}

#[test]
fn our_own_reply_is_a_response_with_a_reason() {
    let all = r#"{"gate": {"rules": [{"name": "all"}]}}"#;
    chain(
        &format!("{{\"trace\": {{}}}}, {all}, {{\"name\": \"inner\", \"trace\": {{}}}}"),
        |proxy| {
            let sent = proxy.send(&RequestParts::get("/"));
            proxy.respond(sent, &[(":status", "403")]);
            // The inner one never judged this request.
            assert_eq!(
                lines(proxy, "response"),
                ["trace: response 403, denied gate_denied"]
            );
            proxy.end(sent);
            assert_eq!(
                lines(proxy, "end of"),
                ["trace: end of /, denied gate_denied"]
            );
        },
    );
}

#[test]
fn a_reply_of_another_filter_to_a_waiting_request_is_seen_by_its_judges() {
    chain(
        &format!("{{\"trace\": {{}}}}, {ASK}, {{\"name\": \"inner\", \"trace\": {{}}}}"),
        |proxy| {
            let sent = held(proxy, &RequestParts::get("/"));
            proxy.respond(sent, &[(":status", "504")]);
            assert_eq!(
                lines(proxy, "response"),
                ["trace: response 504, denied nothing"]
            );
        },
    );
}

#[test]
fn the_response_map_is_read_once_and_only_where_somebody_asks() {
    chain(TRACED, |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        proxy.forget_calls_seen();
        proxy.respond(sent, &[(":status", "200")]);
        assert_eq!(proxy.calls_seen()["proxy_get_header_map_pairs"], 1);
    });
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        let sent = proxy.send(&by("alice"));
        proxy.forget_calls_seen();
        proxy.respond(sent, &[(":status", "200")]);
        assert_eq!(proxy.calls_seen().get("proxy_get_header_map_pairs"), None);
    });
}

#[test]
fn what_a_filter_kept_of_a_request_is_its_own_at_the_end() {
    chain(TRACED, |proxy| {
        let first = proxy.send(&RequestParts::get("/a?token=secret"));
        let second = proxy.send(&RequestParts::get("/b"));
        proxy.end(second);
        proxy.end(first);
        assert_eq!(
            lines(proxy, "end of"),
            [
                "trace: end of /b, denied nothing",
                "inner: end of /b, denied nothing",
                "trace: end of /a, denied nothing",
                "inner: end of /a, denied nothing"
            ]
        );
    });
}

#[test]
fn a_request_that_nobody_judged_is_shown_to_nobody() {
    chain(TRACED, |proxy| {
        proxy.fail("proxy_get_header_map_pairs", 10);
        let sent = proxy.send(&RequestParts::get("/"));
        proxy.mend("proxy_get_header_map_pairs");
        proxy.respond(sent, &[(":status", "503")]);
        proxy.end(sent);
        assert_eq!(lines(proxy, "trace"), [""; 0]);
    });
}

#[test]
fn a_response_whose_headers_cannot_be_read_is_passed_on() {
    chain(TRACED, |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        proxy.fail("proxy_get_header_map_pairs", 10);
        proxy.fail("proxy_replace_header_map_value", 10);
        let headers = proxy.respond(sent, &[(":status", "200"), ("x-y", "kept")]);
        assert_eq!(values(&headers, "x-y"), ["kept"]);
        assert_eq!(lines(proxy, "response unreadable").len(), 2);
    });
}
