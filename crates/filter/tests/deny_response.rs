//! The answer to a refused request, by document, denial and client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{LocalReply, RequestParts, values};
use support::{chain, each_code, refusal};

/// Refuses everything, with this `on_deny`.
fn refusing(on_deny: &str, test: impl Fn(&dyn Fn(RequestParts) -> LocalReply)) {
    refusing_by(
        &format!(r#"{{"on_deny": {on_deny}, "rules": [{{"name": "all"}}]}}"#),
        test,
    );
}

fn refusing_by(gate: &str, test: impl Fn(&dyn Fn(RequestParts) -> LocalReply)) {
    chain(&format!(r#"{{"gate": {gate}}}"#), |proxy| {
        let proxy = std::cell::RefCell::new(proxy);
        test(&|request| proxy.borrow_mut().refused(&request));
    });
}

fn get() -> RequestParts {
    RequestParts::get("/")
}

fn content_type(reply: &LocalReply) -> String {
    values(&reply.headers, "content-type").join("|")
}

const TEXT: &str = "text/plain; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

#[test]
fn without_a_wish_the_answer_is_a_line_of_text() {
    refusing("{}", |send| {
        let reply = send(get());
        assert_eq!((reply.status, reply.details.as_str()), (403, "gate_denied"));
        assert_eq!(reply.body, "Forbidden: gate_denied\n");
        assert_eq!(content_type(&reply), TEXT);
        assert_eq!(reply.grpc_status, -1);
    });
}

#[test]
fn a_client_that_names_a_json_type_gets_problem_json() {
    refusing("{}", |send| {
        for (accept, expected) in [
            ("application/json", PROBLEM),
            ("application/problem+json", PROBLEM),
            ("application/*", PROBLEM),
            ("text/html, Application/JSON;q=0.5", PROBLEM),
            ("text/html,application/json ; charset=utf-8", PROBLEM),
            ("*/*", TEXT),
            ("text/html", TEXT),
            ("application/jsonx", TEXT),
            ("application/json;q=0", TEXT),
            ("application/json; q=0.000, text/plain", TEXT),
            ("application/json;q=0.001", PROBLEM),
            ("", TEXT),
            (",;,;=\u{fffd}", TEXT),
        ] {
            assert_eq!(
                content_type(&send(get().header("accept", accept))),
                expected,
                "{accept}"
            );
        }
        let second = get()
            .header("accept", "text/html")
            .header("accept", "application/json");
        assert_eq!(content_type(&send(second)), PROBLEM);
    });
}

#[test]
fn problem_json_has_the_members_of_rfc_9457() {
    refusing("{}", |send| {
        let body = send(get().header("accept", "application/json")).body;
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            problem,
            serde_json::json!({
                "type": "about:blank", "title": "Forbidden", "status": 403, "reason": "gate_denied"
            })
        );
    });
    let on_deny = r#"{"status": 451, "body": {"problem": {
        "type": "https://example.com/p", "title": "Ti\"tle", "detail": "De\ntail"}}}"#;
    refusing(on_deny, |send| {
        let reply = send(get().header("accept", "text/html"));
        assert_eq!(content_type(&reply), PROBLEM);
        let problem: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(
            problem,
            serde_json::json!({
                "type": "https://example.com/p", "title": "Ti\"tle", "detail": "De\ntail",
                "status": 451, "reason": "gate_denied"
            })
        );
    });
}

#[test]
fn a_configured_text_is_sent_as_it_stands() {
    refusing(
        r#"{"status": 404, "body": {"text": "No such <page>"}}"#,
        |send| {
            let reply = send(get().header("accept", "application/json"));
            assert_eq!((reply.status, reply.body.as_str()), (404, "No such <page>"));
            assert_eq!(content_type(&reply), TEXT);
        },
    );
}

#[test]
fn headers_come_from_the_document_and_from_the_denial() {
    let on_deny = r#"{"body": {"text": "<p>no</p>"}, "headers": [
        {"name": "Content-Type", "value": "text/html"},
        {"name": "X-Help", "value": "a"}, {"name": "x-help", "value": "b"}]}"#;
    refusing(on_deny, |send| {
        let reply = send(get());
        assert_eq!(content_type(&reply), "text/html");
        assert_eq!(values(&reply.headers, "x-help"), ["a", "b"]);
        assert_eq!(values(&reply.headers, "x-why"), ["gate"]);
    });
}

#[test]
fn a_grpc_request_gets_a_grpc_status_and_the_reason_as_its_message() {
    for (status, expected) in [
        (400, 3),
        (401, 16),
        (403, 7),
        (404, 12),
        (418, 2),
        (429, 8),
        (503, 14),
        (500, 2),
    ] {
        refusing(&format!(r#"{{"status": {status}}}"#), |send| {
            for content_type in [
                "application/grpc",
                "application/grpc+proto",
                "application/grpc; charset=utf-8",
                "APPLICATION/GRPC",
            ] {
                let reply = send(get().header("content-type", content_type));
                assert_eq!(reply.grpc_status, expected, "{status} {content_type}");
                assert_eq!(reply.body, "gate_denied");
                assert_eq!(values(&reply.headers, "content-type"), [""; 0]);
            }
            for content_type in [
                "application/grpcx",
                "application/json",
                "",
                "application/grp",
            ] {
                assert_eq!(
                    send(get().header("content-type", content_type)).grpc_status,
                    -1
                );
            }
        });
    }
}

/// The proxy makes no gRPC answer for it, so the answer is whole.
#[test]
fn a_grpc_web_request_gets_its_status_as_headers() {
    let on_deny = r#"{"headers": [
        {"name": "content-type", "value": "text/html"}, {"name": "x-help", "value": "a"}]}"#;
    refusing(on_deny, |send| {
        for (content_type, expected) in [
            ("application/grpc-web", "application/grpc-web"),
            ("application/grpc-web+proto", "application/grpc-web"),
            (
                "Application/gRPC-Web-Text+proto",
                "application/grpc-web-text",
            ),
        ] {
            let reply = send(get().header("content-type", content_type));
            assert_eq!((reply.status, reply.grpc_status), (200, -1));
            assert_eq!(reply.body, "");
            assert_eq!(values(&reply.headers, "content-type"), [expected]);
            assert_eq!(values(&reply.headers, "grpc-status"), ["7"]);
            assert_eq!(values(&reply.headers, "grpc-message"), ["gate_denied"]);
            assert_eq!(values(&reply.headers, "x-help"), ["a"]);
        }
    });
}

#[test]
fn a_configured_grpc_status_is_for_policy_alone() {
    let gate = |status: &str| {
        format!(
            r#"{{"on_deny": {{"status": 403, "grpc_status": 5}},
            "rules": [{{"name": "all"{status}}}]}}"#
        )
    };
    let grpc = || get().header("content-type", "application/grpc");
    refusing_by(&gate(""), |send| {
        assert_eq!(send(grpc()).grpc_status, 5);
    });
    refusing_by(&gate(r#", "status": 503"#), |send| {
        assert_eq!(send(grpc()).grpc_status, 14);
    });
}

#[test]
fn a_denial_with_a_status_of_its_own_keeps_it() {
    let gate = r#"{"on_deny": {"status": 404, "body": {"text": "no"}},
        "rules": [{"name": "all", "status": 503}]}"#;
    refusing_by(gate, |send| {
        let reply = send(get());
        assert_eq!((reply.status, reply.body.as_str()), (503, "no"));
    });
}

#[test]
fn a_head_request_is_answered_like_a_get_request() {
    refusing("{}", |send| {
        let head = get().without(":method").header(":method", "HEAD");
        // The proxy sends no body with it.
        assert_eq!(send(head), send(get()));
    });
}

#[test]
fn what_is_wrong_with_on_deny_is_said_with_its_path() {
    let long = "a".repeat(16_385);
    let many = vec![r#"{"name": "x", "value": "y"}"#; 17].join(",");
    let table = [
        (r#"7"#, "on_deny: invalid type"),
        (r#"null"#, "on_deny: invalid type: null"),
        (
            r#"{"x": 1}"#,
            "unknown field `x`, expected one of `status`, `body`, `headers`, `grpc_status`",
        ),
        (
            r#"{"status": 399}"#,
            "on_deny.status: expected a status from 400 to 599, found 399",
        ),
        (
            r#"{"status": 600}"#,
            "on_deny.status: expected a status from 400 to 599, found 600",
        ),
        (r#"{"status": 403.5}"#, "on_deny.status: "),
        (r#"{"status": -1}"#, "on_deny.status: "),
        (r#"{"status": "403"}"#, "on_deny.status: "),
        (r#"{"status": null}"#, "on_deny.status: invalid type: null"),
        (
            r#"{"status": 403, "status": 404}"#,
            "duplicate field `status`",
        ),
        (
            r#"{"grpc_status": 0}"#,
            "on_deny.grpc_status: expected a gRPC status from 1 to 16, found 0",
        ),
        (
            r#"{"grpc_status": 17}"#,
            "on_deny.grpc_status: expected a gRPC status from 1 to 16, found 17",
        ),
        (
            r#"{"grpc_status": null}"#,
            "on_deny.grpc_status: invalid type: null",
        ),
        (r#"{"body": null}"#, "on_deny.body: "),
        (
            r#"{"body": "no"}"#,
            "on_deny.body: unknown variant `no`, expected `text` or `problem`",
        ),
        (
            r#"{"body": {"html": "no"}}"#,
            "unknown variant `html`, expected `text` or `problem`",
        ),
        (
            r#"{"body": {"text": 7}}"#,
            "on_deny.body.text: invalid type: integer `7`",
        ),
        (r#"{"body": {"text": "a", "problem": {}}}"#, "on_deny.body"),
        (
            r#"{"body": {"problem": {"status": 7}}}"#,
            "unknown field `status`",
        ),
        (
            r#"{"body": {"problem": {"title": null}}}"#,
            "on_deny.body.problem.title: invalid type: null",
        ),
        (
            &format!(r#"{{"body": {{"text": "{long}"}}}}"#),
            "on_deny.body: expected at most 16384 bytes",
        ),
        (
            &format!(r#"{{"body": {{"problem": {{"detail": "{long}"}}}}}}"#),
            "on_deny.body: expected at most 16384 bytes",
        ),
        (r#"{"headers": {}}"#, "on_deny.headers: invalid type"),
        (
            &format!(r#"{{"headers": [{many}]}}"#),
            "on_deny.headers: expected at most 16 headers",
        ),
        (
            r#"{"headers": [{"name": "a b", "value": ""}]}"#,
            "on_deny.headers[0].name: expected a header name (RFC 9110 5.1)",
        ),
        (
            r#"{"headers": [{"name": ":status", "value": "200"}]}"#,
            "on_deny.headers[0].name: expected a header name",
        ),
        (
            r#"{"headers": [{"name": "", "value": ""}]}"#,
            "on_deny.headers[0].name: expected a header name",
        ),
        (
            r#"{"headers": [{"name": "Content-Length", "value": "1"}]}"#,
            "on_deny.headers[0].name: expected a header that the proxy does not set itself",
        ),
        (
            r#"{"headers": [{"name": "a", "value": "b\r\nc: d"}]}"#,
            "on_deny.headers[0].value: expected printable ASCII",
        ),
        (
            r#"{"headers": [{"name": "a", "value": "é"}]}"#,
            "on_deny.headers[0].value: expected printable ASCII",
        ),
        (
            r#"{"headers": [{"name": "a"}]}"#,
            "on_deny.headers[0]: missing field `value`",
        ),
    ];
    each_code(|code| {
        for (on_deny, expected) in &table {
            let document = format!(r#"{{"filters": [{{"gate": {{"on_deny": {on_deny}}}}}]}}"#);
            let said = refusal(code, &document);
            assert!(
                said.contains("filters[0].gate.on_deny"),
                "{on_deny}: {said}"
            );
            assert!(said.contains(expected), "{on_deny}: {said}");
        }
    });
}
