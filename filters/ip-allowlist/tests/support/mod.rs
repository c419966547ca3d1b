//! What the tests of the filter share.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

pub(crate) mod feeds;
pub(crate) mod wrong;

use gatepost_host::Module;
use gatepost_test_host::{Code, RequestParts, TestProxy};

static MODULE: Module = Module {
    kinds: &[gatepost_ip_allowlist::KIND],
};

/// Runs a test on the filter, natively and compiled.
pub(crate) fn each_code(test: impl Fn(&Code)) {
    gatepost_test_host::each_code(&MODULE, "ip-allowlist", test);
}

/// Runs a test on a proxy with this document, natively and compiled.
pub(crate) fn filter(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| test(&mut TestProxy::with_document(code, document)));
}

/// `GET /` from this connection, as the proxy writes it.
pub(crate) fn from(source_address: &str) -> RequestParts {
    RequestParts::get("/").property("source.address", source_address)
}

/// What becomes of a request: `passed`, or status and reason.
pub(crate) fn judged(proxy: &mut TestProxy, request: &RequestParts) -> String {
    proxy.judge(request).to_string()
}

/// Asserts what becomes of requests from these connections.
pub(crate) fn judges(document: &str, table: &[(&str, &str)]) {
    filter(document, |proxy| {
        for (address, expected) in table {
            assert_eq!(judged(proxy, &from(address)), *expected, "{address}");
        }
    });
}
