//! What the tests of the filter share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

pub(crate) mod rsa;
pub(crate) mod servers;
pub(crate) mod tokens;
pub(crate) mod wrong;

use std::time::Duration;

use gatepost_host::Module;
use gatepost_test_host::{Code, LocalReply, RequestParts, TestProxy, values};

static MODULE: Module = Module {
    kinds: &[gatepost_jwt_auth::KIND],
};

/// Runs a test on the filter, natively and compiled.
pub(crate) fn each_code(test: impl Fn(&Code)) {
    gatepost_test_host::each_code(&MODULE, "jwt-auth", test);
}

/// Runs a test on a proxy with this document, natively and compiled.
pub(crate) fn filter(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| test(&mut TestProxy::with_document(code, document)));
}

/// `GET /` with this token.
pub(crate) fn bearer(token: &str) -> RequestParts {
    get("/", token)
}

/// `GET path` with this token.
pub(crate) fn get(path: &str, token: &str) -> RequestParts {
    RequestParts::get(path).header("authorization", format!("Bearer {token}"))
}

/// The same request as a CORS preflight.
pub(crate) fn preflight(request: RequestParts) -> RequestParts {
    request
        .without(":method")
        .header(":method", "OPTIONS")
        .header("origin", "https://a.example")
        .header("access-control-request-method", "PUT")
}

/// What becomes of a request: `passed`, or status and reason.
pub(crate) fn judged(proxy: &mut TestProxy, request: &RequestParts) -> String {
    proxy.judge(request).to_string()
}

/// The challenge of an answer; empty if it has none.
pub(crate) fn challenge(reply: &LocalReply) -> String {
    values(&reply.headers, "www-authenticate").join(" | ")
}

/// A provider `main` with more members, and more of the document.
pub(crate) fn document(provider: &str, more: &str) -> String {
    format!(
        r#"{{"providers": {{"main": {{{provider}
            "issuer": "{}", "audiences": ["shop"], "keys": {{"inline": {}}}}}}}, {more}}}"#,
        tokens::ISSUER,
        tokens::key_set()
    )
}

/// A rule for every request that wants a token of `main`; more members of it.
pub(crate) fn rule(more: &str) -> String {
    format!(r#""rules": [{{"name": "all", "require": {{"provider": "main"}} {more}}}]"#)
}

/// A provider with more members, and one rule that wants its tokens.
pub(crate) fn simple(provider: &str) -> String {
    document(provider, &rule(""))
}

/// Gives the proxy a `verify_signature` as Envoy has it, for P-256 and RSA of 2048 bits.
pub(crate) fn host_crypto(proxy: &mut TestProxy) {
    proxy.add_foreign_function("verify_signature", |question| {
        let mut fields: Vec<&[u8]> = Vec::new();
        let mut rest = question;
        while let [_tag, more @ ..] = rest {
            let (mut length, mut shift, mut at) = (0_usize, 0, 0);
            loop {
                let byte = more[at];
                at += 1;
                length |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            fields.push(&more[at..at + length]);
            rest = &more[at + length..];
        }
        let [hash, key, signature, text] = fields[..] else {
            panic!("expected four fields");
        };
        let of_p256 = || hash == b"sha256" && tokens::verify_p256_der(key, signature, text);
        Ok(match rsa::verify(key, hash, signature, text) || of_p256() {
            true => vec![0x08, 0x01],
            false => b"\x12\x10Failed to verify".to_vec(),
        })
    });
}

/// Lets the next fetch of keys come and answers it, until every worker has them;
/// `answered` is how many there were before.
pub(crate) fn serve_keys(proxy: &mut TestProxy, answered: &mut usize, keys: &str) {
    answer_fetch(proxy, answered, keys);
    pass_time(proxy, 4);
}

/// The same, when only the worker that fetched knows of them: it is this one.
pub(crate) fn answer_fetch(proxy: &mut TestProxy, answered: &mut usize, keys: &str) -> usize {
    let fetches = |proxy: &TestProxy| proxy.calls(0).len() + proxy.calls(1).len();
    let mut patience = 100;
    while fetches(proxy) <= *answered {
        pass_time(proxy, 1);
        patience -= 1;
        assert!(patience > 0, "nobody fetches keys");
    }
    *answered = fetches(proxy);
    let newest = |worker: &usize| proxy.calls(*worker).last().map(|call| call.token);
    let worker = [0, 1].into_iter().max_by_key(newest).expect("two workers");
    let call = proxy.calls(worker).pop().expect("a fetch was made");
    proxy.reply(worker, call.token, &[(":status", "200")], keys.as_bytes());
    worker
}

fn pass_time(proxy: &mut TestProxy, ticks: usize) {
    for _ in 0..ticks {
        proxy.advance(Duration::from_millis(100));
        proxy.tick();
    }
}

/// How often the proxy was asked for a foreign function, such as a signature's check.
pub(crate) fn foreign_calls(proxy: &TestProxy) -> u32 {
    let seen = proxy.calls_seen();
    let calls = seen.get("proxy_call_foreign_function");
    calls.copied().unwrap_or(0)
}
