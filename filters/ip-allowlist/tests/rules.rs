//! Lists, rules, precedence, default.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::RequestParts;
use support::{filter, judged, judges};

/// A document with these lists and this rule.
fn document(more: &str, lists: &str, rule: &str) -> String {
    format!(
        r#"{{{more} "client_address": {{"from": "connection"}}, "lists": {{{lists}}},
            "rules": [{{"name": "r", {rule}}}]}}"#
    )
}

const OFFICE: &str =
    r#""office": {"cidrs": ["203.0.113.0/24", "2001:db8:1::/48", "198.51.100.7"]}"#;

#[test]
fn an_address_of_an_allowed_list_passes_and_no_other() {
    judges(
        &document("", OFFICE, r#""allow": ["office"]"#),
        &[
            ("203.0.113.0:1", "passed"),
            ("203.0.113.255:1", "passed"),
            ("198.51.100.7:1", "passed"),
            ("[2001:db8:1:ffff::1]:1", "passed"),
            ("203.0.114.0:1", "403 ip_not_allowed"),
            ("203.0.112.255:1", "403 ip_not_allowed"),
            ("198.51.100.6:1", "403 ip_not_allowed"),
            ("[2001:db8:2::]:1", "403 ip_not_allowed"),
            ("[::cb00:7100]:1", "403 ip_not_allowed"),
        ],
    );
}

#[test]
fn several_lists_allow_what_each_allows() {
    let lists = format!(r#"{OFFICE}, "home": {{"cidrs": ["192.0.2.9"]}}"#);
    judges(
        &document("", &lists, r#""allow": ["home", "office"]"#),
        &[
            ("192.0.2.9:1", "passed"),
            ("203.0.113.1:1", "passed"),
            ("192.0.2.8:1", "403 ip_not_allowed"),
        ],
    );
}

#[test]
fn anyone_is_everyone_who_is_not_denied() {
    judges(
        &document("", OFFICE, r#""allow": "anyone", "deny": ["office"]"#),
        &[
            ("203.0.113.1:1", "403 ip_denied"),
            ("192.0.2.1:1", "passed"),
            ("[2001:db8:1::]:1", "403 ip_denied"),
        ],
    );
}

#[test]
fn nobody_is_no_address() {
    judges(
        &document("", OFFICE, r#""allow": "nobody""#),
        &[
            ("203.0.113.1:1", "403 ip_not_allowed"),
            ("192.0.2.1:1", "403 ip_not_allowed"),
        ],
    );
}

#[test]
fn a_denying_list_wins_over_an_allowing_one_however_long_its_prefix() {
    let lists = r#""all": {"cidrs": ["10.0.0.0/8"]}, "one": {"cidrs": ["10.1.2.3"]}"#;
    let allow_one = r#""allow": ["one"], "deny": ["all"]"#;
    judges(
        &document("", lists, allow_one),
        &[("10.1.2.3:1", "403 ip_denied")],
    );
    let deny_one = r#""allow": ["all"], "deny": ["one"]"#;
    judges(
        &document("", lists, deny_one),
        &[("10.1.2.3:1", "403 ip_denied"), ("10.1.2.4:1", "passed")],
    );
}

#[test]
fn by_longest_prefix_the_more_specific_entry_wins() {
    let lists = r#"
        "net": {"cidrs": ["10.0.0.0/8", "2001:db8::/32"]},
        "site": {"cidrs": ["10.1.0.0/16", "10.2.0.0/16", "2001:db8:1::/48"]},
        "same": {"cidrs": ["10.2.0.0/16"]}"#;
    let more = r#""precedence": "longest_prefix","#;
    judges(
        &document(more, lists, r#""allow": ["site"], "deny": ["net"]"#),
        &[
            ("10.1.0.1:1", "passed"),
            ("[2001:db8:1::1]:1", "passed"),
            ("10.3.0.1:1", "403 ip_denied"),
            ("192.0.2.1:1", "403 ip_not_allowed"),
        ],
    );
    judges(
        &document(more, lists, r#""allow": ["net"], "deny": ["site"]"#),
        &[("10.1.0.1:1", "403 ip_denied"), ("10.3.0.1:1", "passed")],
    );
    // Of two entries of one length the denying one wins.
    judges(
        &document(more, lists, r#""allow": ["site"], "deny": ["same"]"#),
        &[("10.2.0.1:1", "403 ip_denied"), ("10.1.0.1:1", "passed")],
    );
    // `anyone` is no entry.
    judges(
        &document(more, lists, r#""allow": "anyone", "deny": ["net"]"#),
        &[("10.1.0.1:1", "403 ip_denied"), ("192.0.2.1:1", "passed")],
    );
}

#[test]
fn the_reason_is_that_of_the_list_that_denies() {
    let lists = r#"
        "bad": {"cidrs": ["10.0.0.0/8"], "reason": "feed_match"},
        "worse": {"cidrs": ["10.1.0.0/16"], "reason": "country_blocked"}"#;
    let document = document("", lists, r#""allow": "anyone", "deny": ["bad", "worse"]"#);
    filter(&document, |proxy| {
        let sent = proxy.send(&support::from("10.1.0.1:1"));
        assert_eq!(
            proxy
                .property(sent, "gatepost.ip-allowlist.list")
                .as_deref(),
            Some("worse")
        );
        let reason = proxy.property(sent, "gatepost.ip-allowlist.reason");
        assert_eq!(reason.as_deref(), Some("country_blocked"));
        assert_eq!(
            judged(proxy, &support::from("10.2.0.1:1")),
            "403 feed_match"
        );
        assert_eq!(
            proxy.counter("ip-allowlist", "r", "country_blocked", "denied"),
            Some(1)
        );
        assert_eq!(
            proxy.counter("ip-allowlist", "r", "feed_match", "denied"),
            Some(1)
        );
    });
}

#[test]
fn the_first_rule_that_matches_decides() {
    let document = r#"{"client_address": {"from": "connection"},
        "lists": {"office": {"cidrs": ["203.0.113.0/24"]}},
        "rules": [
            {"name": "health", "match": {"paths": [{"exact": "/health"}]}, "allow": "anyone"},
            {"name": "closed", "match": {"paths": [{"prefix": "/closed"}]}, "allow": "nobody"},
            {"name": "rest", "allow": ["office"]},
            {"name": "never", "allow": "anyone"}]}"#;
    filter(document, |proxy| {
        let at =
            |path: &str, address: &str| RequestParts::get(path).property("source.address", address);
        assert_eq!(judged(proxy, &at("/health", "192.0.2.1:1")), "passed");
        assert_eq!(
            judged(proxy, &at("/closed", "203.0.113.1:1")),
            "403 ip_not_allowed"
        );
        assert_eq!(judged(proxy, &at("/", "203.0.113.1:1")), "passed");
        assert_eq!(judged(proxy, &at("/", "192.0.2.1:1")), "403 ip_not_allowed");
        assert!(!proxy.metrics().keys().any(|name| name.contains("never")));
    });
}

#[test]
fn without_a_rule_the_default_decides_and_it_denies_when_left_out() {
    for (document, expected) in [
        ("{}", "403 default_denied"),
        (r#"{"default": {}}"#, "403 default_denied"),
        (r#"{"default": {"action": "deny"}}"#, "403 default_denied"),
        (r#"{"default": {"action": "allow"}}"#, "passed"),
        (r#"{"rules": [], "default": {"action": "allow"}}"#, "passed"),
        (
            r#"{"rules": [{"name": "a", "match": {"methods": ["POST"]}, "allow": "anyone"}]}"#,
            "403 default_denied",
        ),
    ] {
        judges(document, &[("192.0.2.1:1", expected)]);
    }
    filter("{}", |proxy| {
        judged(proxy, &support::from("192.0.2.1:1"));
        let told = proxy.counter("ip-allowlist", "default", "default_denied", "denied");
        assert_eq!(told, Some(1));
    });
}

#[test]
fn the_answer_is_as_on_deny_says() {
    let more = r#""on_deny": {"status": 404, "body": {"text": "nothing here"},
        "headers": [{"name": "x-help", "value": "it"}]},"#;
    filter(&document(more, OFFICE, r#""allow": ["office"]"#), |proxy| {
        let reply = proxy.refused(&support::from("192.0.2.1:1"));
        assert_eq!((reply.status, reply.body.as_str()), (404, "nothing here"));
        assert_eq!(reply.details, "ip_not_allowed");
        assert_eq!(gatepost_test_host::values(&reply.headers, "x-help"), ["it"]);
        // What is our fault keeps its own status.
        let reply = proxy.refused(&support::from("/run/socket"));
        assert_eq!((reply.status, reply.body.as_str()), (503, "nothing here"));
    });
}
