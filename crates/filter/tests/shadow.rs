//! Shadow mode: tells and never does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, values};
use support::{by, chain, reason};

#[test]
fn a_filter_in_shadow_mode_tells_whom_it_would_have_refused() {
    let gate = r#"{"gate": {"mode": "shadow", "rules": [{"name": "all"}]}}"#;
    chain(gate, |proxy| {
        let sent = proxy.send(&RequestParts::get("/x"));
        assert!(support::has_passed(proxy, sent));
        assert_eq!(
            proxy.counter("gate", "all", "gate_denied", "shadow_denied"),
            Some(1)
        );
        assert_eq!(proxy.counter("gate", "all", "gate_denied", "denied"), None);
        for (field, value) in [
            ("decision", "shadow_denied"),
            ("rule", "all"),
            ("reason", "gate_denied"),
            ("user", "nobody"),
        ] {
            let found = proxy.property(sent, &format!("gatepost.gate.{field}"));
            assert_eq!(found.as_deref(), Some(value), "{field}");
        }
        let line = r#"gate: shadow_denied rule=all reason=gate_denied user="nobody" path="/x""#;
        assert!(proxy.log_text().contains(line), "{}", proxy.log_text());
    });
}

#[test]
fn a_rule_in_shadow_mode_lets_the_next_filter_judge() {
    let gate = |name: &str, mode: &str| {
        format!(r#"{{"name": "{name}", "gate": {{"rules": [{{"name": "r", "mode": "{mode}"}}]}}}}"#)
    };
    let both = [gate("first", "shadow"), gate("second", "enforce")].join(",");
    chain(&both, |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        assert_eq!(reason(proxy, sent), "gate_denied");
        assert_eq!(
            proxy.counter("first", "r", "gate_denied", "shadow_denied"),
            Some(1)
        );
        assert_eq!(
            proxy.counter("second", "r", "gate_denied", "denied"),
            Some(1)
        );
    });
}

#[test]
fn shadow_at_either_is_shadow() {
    for (filter, rule, is_refused) in [
        ("enforce", "enforce", true),
        ("enforce", "shadow", false),
        ("shadow", "enforce", false),
        ("shadow", "shadow", false),
    ] {
        let gate = format!(
            r#"{{"gate": {{"mode": "{filter}", "rules": [{{"name": "r", "mode": "{rule}"}}]}}}}"#
        );
        chain(&gate, |proxy| {
            let sent = proxy.send(&RequestParts::get("/"));
            assert_eq!(
                !support::has_passed(proxy, sent),
                is_refused,
                "{filter} {rule}"
            );
        });
    }
}

#[test]
fn a_rule_in_shadow_mode_is_no_shadow_for_the_other_rules() {
    let gate = r#"{"gate": {"rules": [
        {"name": "a", "mode": "shadow", "match": {"paths": [{"prefix": "/a"}]}},
        {"name": "b", "match": {"paths": [{"prefix": "/b"}]}}]}}"#;
    chain(gate, |proxy| {
        proxy.passed(&RequestParts::get("/a"));
        proxy.refused(&RequestParts::get("/b"));
        // What cannot be judged is refused by the filter, which enforces.
        proxy.refused(&RequestParts::get("/a/../b"));
    });
}

#[test]
fn what_would_have_waited_is_undetermined_and_makes_no_call() {
    let ask = r#"{"ask": {"cluster": "service", "at_most": "1s", "mode": "shadow"}}"#;
    let keys =
        r#"{"keys": {"cluster": "service", "every": "9s", "at_most": "1s", "mode": "shadow"}}"#;
    chain(&format!("{ask}, {keys}"), |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        assert!(support::has_passed(proxy, sent));
        assert!(proxy.passes_the_rest(sent));
        assert!(proxy.calls(0).is_empty());
        assert_eq!(
            proxy.counter("ask", "none", "ask_timeout", "shadow_undetermined"),
            Some(1)
        );
        assert_eq!(
            proxy.counter("keys", "none", "keys_timeout", "shadow_undetermined"),
            Some(1)
        );
        let decision = proxy.property(sent, "gatepost.ask.decision");
        assert_eq!(decision.as_deref(), Some("shadow_undetermined"));
    });
}

#[test]
fn shadow_mode_else_behaves_as_for_an_allowed_request() {
    let learn = r#"{"learn": {"from": "x-user", "mode": "shadow"}}"#;
    chain(learn, |proxy| {
        assert_eq!(values(&proxy.passed(&by("alice")), "x-sub"), ["alice"]);
        assert_eq!(values(&proxy.passed(&by("a\nb")), "x-sub"), [""; 0]);
        let told = proxy.counter("learn", "default", "claim_unsendable", "shadow_denied");
        assert_eq!(told, Some(1));
    });
}

#[test]
fn a_chain_of_shadow_filters_never_refuses_for_its_own_reasons() {
    let learn = r#"{"learn": {"from": "x-user", "mode": "shadow"}}"#;
    chain(learn, |proxy| {
        proxy.fail("proxy_get_header_map_pairs", 10);
        proxy.passed(&by("alice"));
        proxy.mend("proxy_get_header_map_pairs");
        proxy.fail("proxy_add_header_map_value", 10);
        proxy.passed(&by("alice"));
        for reason in ["headers_unreadable", "host_error"] {
            assert_eq!(
                proxy.counter("chain", "none", reason, "shadow_denied"),
                Some(1)
            );
        }
    });
}

#[test]
fn what_a_filter_in_shadow_mode_cannot_log_refuses_nobody() {
    let first = r#"{"name": "first", "gate": {"mode": "shadow", "rules": [{"name": "all"}]}}"#;
    chain(&[first, support::GATE].join(","), |proxy| {
        // The second filter needs no headers, the first one's log line would.
        proxy.fail("proxy_get_header_map_pairs", 10);
        let sent = proxy.send(&RequestParts::get("/"));
        assert!(support::has_passed(proxy, sent), "{}", proxy.log_text());
        assert_eq!(
            proxy.counter("first", "all", "gate_denied", "shadow_denied"),
            Some(1)
        );
    });
}
