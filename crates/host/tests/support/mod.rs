//! A chain that makes every call of the ABI, and requests through it.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::time::Duration;

use gatepost_test_host::{Code, RequestParts, Sent, TestProxy, Verdict, each_test_code};

/// Runs a test on the module of the test filters, natively and compiled.
pub(crate) fn each_code(test: impl Fn(&Code)) {
    each_test_code(gatepost_chain_wasm::module(), "chain", test);
}

/// Every filter of the module; a request through them makes every call.
pub(crate) const EVERYTHING: &str = r#"{"filters": [
    {"trace": {}},
    {"probe": {"foreign_function": "echo"}},
    {"learn": {"from": "x-user"}},
    {"keys": {"cluster": "service", "every": "1s", "at_most": "5s"}},
    {"ask": {"cluster": "service", "at_most": "5s"}},
    {"name": "ask-grpc", "ask": {"cluster": "service", "grpc": true, "at_most": "5s"}},
    {"gate": {"record": "always", "rules": [{"name": "bad", "user": "mallory"}]}}]}"#;

/// A chain that never waits: what its requests lack is added to them.
pub(crate) const QUICK: &str = r#"{"filters": [{"learn": {"from": "x-user"}}]}"#;

/// A request to which the quick chain adds a header.
pub(crate) fn plain() -> RequestParts {
    RequestParts::get("/").header("x-user", "alice")
}

/// A proxy with the quick chain.
pub(crate) fn quick(code: &Code) -> TestProxy {
    let mut proxy = proxy(code);
    assert!(proxy.configure(QUICK), "refused: {}", proxy.log_text());
    proxy
}

/// A proxy that has what the chain needs, but no plugin yet.
pub(crate) fn proxy(code: &Code) -> TestProxy {
    let mut proxy = TestProxy::new(code);
    proxy.add_cluster("service");
    proxy.add_foreign_function("echo", |argument| Ok(argument.to_vec()));
    proxy
}

/// A proxy with the whole chain.
pub(crate) fn everything(code: &Code) -> TestProxy {
    let mut proxy = proxy(code);
    assert!(proxy.configure(EVERYTHING), "refused: {}", proxy.log_text());
    proxy
}

/// `alice` passes the whole chain, `mallory` is denied by its last filter.
pub(crate) fn by(user: &str) -> RequestParts {
    RequestParts::get("/")
        .header("x-user", user)
        .header("x-sub", "forged")
        .header("x_sub", "forged")
        .header("x-hand-over", "1")
}

/// Sends a request through the whole chain: answers its calls, passes back a
/// response, and tells what became of it.
pub(crate) fn through(proxy: &mut TestProxy, request: &RequestParts) -> (Sent, Verdict) {
    let mut answered = proxy.calls(0).len();
    let sent = proxy.send(request);
    for _ in 0..4 {
        proxy.advance(Duration::from_secs(1));
        proxy.tick();
        let calls = proxy.calls(0);
        for call in &calls[answered.min(calls.len())..] {
            if call.grpc {
                proxy.reply_grpc(0, call.token, Ok(b"yes"));
            } else {
                proxy.reply(0, call.token, &[(":status", "200")], b"keys");
            }
        }
        answered = calls.len();
    }
    let verdict = proxy.verdict(sent);
    proxy.respond(sent, &[(":status", "200"), ("server", "s")]);
    (sent, verdict)
}
