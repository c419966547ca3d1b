//! Servers of keys, as a test drives them.

use std::time::Duration;

use gatepost_test_host::{Call, RequestParts, Sent, TestProxy, values};

use super::tokens::ISSUER;
use super::{each_code, rule};

pub(crate) const OK: &[(&str, &str)] = &[(":status", "200")];

/// A provider with these keys and more members, and one rule that wants its tokens.
pub(crate) fn document(keys: &str, more: &str) -> String {
    format!(
        r#"{{"providers": {{"main": {{"issuer": "{ISSUER}", "audiences": ["shop"], {more}
            "keys": {keys}}}}}, {}}}"#,
        rule("")
    )
}

/// The same with the keys at `/jwks` of a server.
pub(crate) fn remote(more: &str) -> String {
    let keys = r#"{"remote": {"cluster": "keys", "authority": "issuer.example", "path": "/jwks"}}"#;
    document(keys, more)
}

pub(crate) fn proxy(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_cluster("keys");
        assert!(proxy.configure(document), "refused: {}", proxy.log_text());
        test(&mut proxy);
    });
}

/// Lets time pass in which the workers tick.
pub(crate) fn pass(proxy: &mut TestProxy, time: Duration) {
    for _ in 0..8 {
        proxy.advance(time / 8);
        proxy.tick();
    }
}

pub(crate) fn fetches(proxy: &TestProxy) -> usize {
    proxy.calls(0).len() + proxy.calls(1).len()
}

/// The fetch that was made last, by whichever worker.
pub(crate) fn last_fetch(proxy: &TestProxy, before: usize) -> (usize, Call) {
    let of_first = proxy.calls(0).len() > before;
    let worker = usize::from(!of_first);
    (worker, proxy.calls(worker).pop().expect("a fetch was made"))
}

pub(crate) fn answer(proxy: &mut TestProxy, (worker, call): &(usize, Call), body: &str) {
    proxy.reply(*worker, call.token, OK, body.as_bytes());
    pass(proxy, Duration::from_millis(400));
}

pub(crate) fn loaded(proxy: &mut TestProxy, body: &str) {
    pass(proxy, Duration::from_millis(400));
    let fetch = last_fetch(proxy, 0);
    assert_eq!(fetches(proxy), 1, "one worker fetches");
    answer(proxy, &fetch, body);
    // Both workers have it, and the cooldown is over.
    pass(proxy, Duration::from_secs(20));
}

pub(crate) fn outcome(proxy: &TestProxy, sent: Sent) -> String {
    proxy.verdict(sent).to_string()
}

pub(crate) fn sent(proxy: &mut TestProxy, worker: usize, request: &RequestParts) -> String {
    let sent = proxy.send_to(worker, request);
    outcome(proxy, sent)
}

/// The last of so many fetches.
pub(crate) fn last_fetch_of(proxy: &TestProxy, count: usize) -> (usize, Call) {
    assert_eq!(fetches(proxy), count);
    let newest = |worker: &usize| proxy.calls(*worker).last().map(|call| call.token);
    let worker = [0, 1].into_iter().max_by_key(newest).expect("two workers");
    (worker, proxy.calls(worker).pop().expect("a fetch was made"))
}

/// How many fetches have been answered, of each worker.
#[derive(Default)]
pub(crate) struct Answered([usize; 2]);

/// Lets time pass in which servers answer each fetch at once: `answer` is given host
/// and path, and gives status and body; with the status 0 it is silent.
pub(crate) fn serve(
    proxy: &mut TestProxy,
    time: Duration,
    answered: &mut Answered,
    answer: impl Fn(&str, &str) -> (u16, String),
) {
    const STEP: Duration = Duration::from_millis(250);
    for _ in 0..time.as_millis() / STEP.as_millis() {
        proxy.advance(STEP);
        proxy.tick();
        for (worker, answered) in answered.0.iter_mut().enumerate() {
            let calls = proxy.calls(worker).split_off(*answered);
            *answered += calls.len();
            for call in calls {
                let [authority, path] =
                    [":authority", ":path"].map(|name| values(&call.headers, name).join(""));
                let (status, body) = answer(&authority, &path);
                if status == 0 {
                    continue;
                }
                let headers = [(":status", &*status.to_string())];
                proxy.reply(worker, call.token, &headers, body.as_bytes());
            }
        }
    }
}
