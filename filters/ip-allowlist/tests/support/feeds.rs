//! What the tests of feeds share.

use std::time::Duration;

use gatepost_test_host::{Call, Sent, TestProxy};

use super::{each_code, from};

/// The list `partners`, which lets in, by a feed; `more` are members of the feed.
pub(crate) fn allowing(more: &str) -> String {
    document("partners", more, r#""allow": ["partners"]"#)
}

/// The list `blocked`, which keeps out, by a feed.
pub(crate) fn denying(more: &str) -> String {
    document("blocked", more, r#""allow": "anyone", "deny": ["blocked"]"#)
}

pub(crate) fn document(list: &str, more: &str, rule: &str) -> String {
    format!(
        r#"{{"client_address": {{"from": "connection"}},
            "lists": {{"{list}": {{"feed": {{{more}
                "cluster": "feeds", "authority": "lists.example", "path": "/list.txt"}}}}}},
            "rules": [{{"name": "all", {rule}}}]}}"#
    )
}

pub(crate) fn feed(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_cluster("feeds");
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
            assert_eq!(
                after.iter().sum::<usize>(),
                before.iter().sum::<usize>().saturating_add(1),
                "one worker fetches"
            );
            return last_fetch_of(proxy, usize::from(after[0] == before[0]));
        }
    }
    panic!("no fetch in 75 s: {}", proxy.log_text());
}

pub(crate) fn last_fetch_of(proxy: &TestProxy, worker: usize) -> (usize, Call) {
    (worker, proxy.calls(worker).pop().expect("a fetch was made"))
}

/// The fetch that is under way.
pub(crate) fn last_fetch(proxy: &TestProxy) -> (usize, Call) {
    // The first worker to tick after the period is the first.
    last_fetch_of(proxy, 0)
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
    for _ in 0..4 {
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

pub(crate) fn on(proxy: &mut TestProxy, worker: usize, address: &str) -> String {
    let sent = proxy.send_to(worker, &from(address));
    outcome(proxy, sent)
}

pub(crate) fn outcome(proxy: &TestProxy, sent: Sent) -> String {
    proxy.verdict(sent).to_string()
}

pub(crate) fn gauge(proxy: &TestProxy, list: &str, metric: &str) -> Option<i64> {
    let name = format!("wasm_filter.ip-allowlist.component.{list}.gatepost_list_{metric}");
    proxy.metrics().get(&name).copied()
}

pub(crate) fn failures(proxy: &TestProxy, list: &str, kind: &str) -> Option<i64> {
    let name = format!(
        "wasm_filter.ip-allowlist.component.{list}.tag.{kind};.gatepost_list_failures_total"
    );
    proxy.metrics().get(&name).copied()
}
