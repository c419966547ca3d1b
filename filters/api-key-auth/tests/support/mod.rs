//! What the tests of the filter share.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

pub(crate) mod feeds;
pub(crate) mod wrong;

use gatepost_api_key_auth::digest::{Algorithm, Hasher};
use gatepost_host::Module;
use gatepost_test_host::{Code, LocalReply, RequestParts, Sent, TestProxy, values};

static MODULE: Module = Module {
    kinds: &[gatepost_api_key_auth::KIND],
};

/// Runs a test on the filter, natively and compiled.
pub(crate) fn each_code(test: impl Fn(&Code)) {
    gatepost_test_host::each_code(&MODULE, "api-key-auth", test);
}

/// Runs a test on a proxy with this document, natively and compiled.
pub(crate) fn filter(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| test(&mut TestProxy::with_document(code, document)));
}

/// A document with one key, `alpha` of the client `a`, and these members.
pub(crate) fn document(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"keys": [{}]{comma} {more}}}"#, entry("a", "alpha", ""))
}

/// A document with these keys and members.
pub(crate) fn with_keys(keys: &[String], more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"keys": [{}]{comma} {more}}}"#, keys.join(","))
}

/// The entry of a key; `more` are members of it.
pub(crate) fn entry(id: &str, key: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"id": "{id}", "digest": "{}"{comma} {more}}}"#,
        sha256(key)
    )
}

pub(crate) fn sha256(key: &str) -> String {
    let digest = Hasher::default().digest(Algorithm::Sha256, key.as_bytes());
    digest.expect("needs no secret").to_string()
}

/// `GET /` with this key where most clients put it.
pub(crate) fn with_key(key: &str) -> RequestParts {
    RequestParts::get("/").header("x-api-key", key)
}

/// What becomes of a request: `passed`, or status and reason.
pub(crate) fn judged(proxy: &mut TestProxy, request: &RequestParts) -> String {
    judged_on(proxy, 0, request)
}

/// The same on a worker.
pub(crate) fn judged_on(proxy: &mut TestProxy, worker: usize, request: &RequestParts) -> String {
    let sent = proxy.send_to(worker, request);
    outcome(proxy, sent)
}

pub(crate) fn outcome(proxy: &TestProxy, sent: Sent) -> String {
    proxy.verdict(sent).to_string()
}

/// The challenge of a refusal; empty when there is none.
pub(crate) fn challenge(reply: &LocalReply) -> String {
    values(&reply.headers, "www-authenticate").join(" | ")
}

/// All values of a header with which a request passed.
pub(crate) fn passed_with(
    proxy: &mut TestProxy,
    request: &RequestParts,
    name: &str,
) -> Vec<String> {
    values(&proxy.passed(request), name)
}
