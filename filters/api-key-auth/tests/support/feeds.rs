//! What the tests of feeds share.

use std::time::Duration;

use gatepost_test_host::{Call, TestProxy};

use super::{each_code, judged_on, with_key};

/// A document whose keys come by a feed; `feed` are members of that, `more` of the
/// document.
pub(crate) fn document(feed: &str, more: &str) -> String {
    format!(
        r#"{{"feed": {{{feed} "cluster": "keys", "authority": "keys.example", "path": "/keys.json"}}{more}}}"#
    )
}

pub(crate) fn feed(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_cluster("keys");
        assert!(proxy.configure(document), "refused: {}", proxy.log_text());
        test(&mut proxy);
    });
}

/// The fetch that is made next, by whatever worker.
pub(crate) fn next_fetch(proxy: &mut TestProxy) -> (usize, Call) {
    let made = |proxy: &TestProxy| [proxy.calls(0).len(), proxy.calls(1).len()];
    let before = made(proxy);
    for _ in 0..1500 {
        proxy.advance(Duration::from_millis(50));
        proxy.tick();
        let after = made(proxy);
        if after != before {
            let worker = usize::from(after[0] == before[0]);
            let call = proxy.calls(worker).pop().expect("a fetch was made");
            return (worker, call);
        }
    }
    panic!("no fetch in 75 s: {}", proxy.log_text());
}

pub(crate) const OK: &[(&str, &str)] = &[(":status", "200")];

/// Answers a fetch, and lets all workers load what came.
pub(crate) fn answer(
    proxy: &mut TestProxy,
    (worker, call): &(usize, Call),
    headers: &[(&str, &str)],
    body: &str,
) {
    proxy.reply(*worker, call.token, headers, body.as_bytes());
    for _ in 0..8 {
        proxy.advance(Duration::from_millis(20));
        proxy.tick();
    }
    proxy.advance(Duration::from_secs(1));
    proxy.tick();
}

pub(crate) fn loaded(proxy: &mut TestProxy, body: &str) {
    let fetch = next_fetch(proxy);
    answer(proxy, &fetch, OK, body);
}

/// What becomes of a key on every worker, which must agree.
pub(crate) fn on_both(proxy: &mut TestProxy, key: &str) -> String {
    let first = judged_on(proxy, 0, &with_key(key));
    assert_eq!(judged_on(proxy, 1, &with_key(key)), first, "{key}");
    first
}

pub(crate) fn metric(proxy: &TestProxy, name: &str) -> Option<i64> {
    let name = format!("wasm_filter.api-key-auth.component.feed.{name}");
    proxy.metrics().get(&name).copied()
}
