//! What the tests of chains share.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use gatepost_test_host::{Call, Code, RequestParts, Sent, TestProxy, Verdict, each_test_code};

/// Runs a test on a chain of the test filters, natively and compiled.
pub(crate) fn chain(filters: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        for cluster in ["service", "other"] {
            proxy.add_cluster(cluster);
        }
        let document = format!(r#"{{"filters": [{filters}]}}"#);
        assert!(proxy.configure(&document), "refused: {}", proxy.log_text());
        test(&mut proxy);
    });
}

/// Runs a test on the module of the test filters, natively and compiled.
pub(crate) fn each_code(test: impl Fn(&Code)) {
    each_test_code(gatepost_chain_wasm::module(), "chain", test);
}

/// What the log says of a chain that is refused.
pub(crate) fn refusal(code: &Code, document: &str) -> String {
    let mut proxy = TestProxy::new(code);
    assert!(!proxy.configure(document), "taken: {document}");
    proxy.log_text()
}

/// `GET /` from this user, whom `learn` learns.
pub(crate) fn by(user: &str) -> RequestParts {
    RequestParts::get("/").header("x-user", user)
}

/// Sends a request that must be held.
pub(crate) fn held(proxy: &mut TestProxy, request: &RequestParts) -> Sent {
    let sent = proxy.send(request);
    assert_eq!(proxy.verdict(sent), Verdict::Held);
    sent
}

/// The details of the reply to a request that was refused.
pub(crate) fn reason(proxy: &TestProxy, sent: Sent) -> String {
    match proxy.verdict(sent) {
        Verdict::Replied(reply) => reply.details,
        other => panic!("not refused: {other:?}"),
    }
}

/// Whether a request goes to the upstream.
pub(crate) fn has_passed(proxy: &TestProxy, sent: Sent) -> bool {
    matches!(proxy.verdict(sent), Verdict::Passed(_))
}

/// The last call that the first worker made.
pub(crate) fn last_call(proxy: &TestProxy) -> Call {
    proxy.calls(0).pop().expect("a call was made")
}

/// A filter that learns the user from `x-user`.
pub(crate) const LEARN: &str = r#"{"learn": {"from": "x-user"}}"#;
/// A filter that refuses mallory, of whom only `learn` knows.
pub(crate) const GATE: &str = r#"{"gate": {"rules": [{"name": "bad", "user": "mallory"}]}}"#;
/// A filter that asks over HTTP and waits a second at most.
pub(crate) const ASK: &str = r#"{"ask": {"cluster": "service", "at_most": "1s"}}"#;
/// A filter that asks over gRPC.
pub(crate) const ASK_GRPC: &str =
    r#"{"ask": {"cluster": "service", "grpc": true, "at_most": "1s"}}"#;
/// A filter that waits for what its root fetches.
pub(crate) const KEYS: &str =
    r#"{"keys": {"cluster": "service", "every": "10s", "at_most": "1s"}}"#;
