//! The client's address, by every source of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::RequestParts;
use support::{filter, from, judged, judges};

/// Allows 203.0.113.7 and 2001:db8::7 only, with this `client_address`.
fn document(client_address: &str) -> String {
    format!(
        r#"{{"client_address": {client_address},
            "lists": {{"client": {{"cidrs": ["203.0.113.7", "2001:db8::7"]}}}},
            "rules": [{{"name": "r", "allow": ["client"]}}]}}"#
    )
}

/// Requests with these lines of a header, and what becomes of them.
fn judges_lines(client_address: &str, header: &str, table: &[(&str, &[&str], &str)]) {
    filter(&document(client_address), |proxy| {
        for (peer, lines, expected) in table {
            let request = from(&format!("{peer}:4711")).property("filter_state.true.peer", peer);
            let request = lines
                .iter()
                .fold(request, |request, line| request.header(header, line));
            assert_eq!(judged(proxy, &request), *expected, "{peer} {lines:?}");
        }
    });
}

const UNKNOWN: &str = "503 client_address_unknown_peer";

#[test]
fn an_address_that_the_listener_took_from_a_header_needs_a_statement() {
    const FROM_HEADER: &str = "503 client_address_from_header";
    judges(
        &document(r#"{"from": "connection"}"#),
        &[
            ("203.0.113.7:0", FROM_HEADER),
            ("[2001:db8::7]:0", FROM_HEADER),
            ("203.0.113.8:0", FROM_HEADER),
            ("203.0.113.7:10", "passed"),
        ],
    );
    judges(
        &document(r#"{"from": "connection", "forwarded_address": "trusted_by_listener"}"#),
        &[
            ("203.0.113.7:0", "passed"),
            ("203.0.113.7:4711", "passed"),
            ("203.0.113.8:0", "403 ip_not_allowed"),
        ],
    );
    let by_proxies = r#"{"from": "x_forwarded_for", "peer_appended": false,
        "trusted_proxies": ["10.0.0.1"], "true_peer": "connection"}"#;
    filter(&document(by_proxies), |proxy| {
        let forged = from("10.0.0.1:0").header("x-forwarded-for", "203.0.113.7");
        assert_eq!(judged(proxy, &forged), FROM_HEADER);
        let true_peer = from("10.0.0.1:9").header("x-forwarded-for", "203.0.113.7");
        assert_eq!(judged(proxy, &true_peer), "passed");
    });
}

#[test]
fn the_connection_is_read_in_every_form_that_the_proxy_writes() {
    judges(
        &document(r#"{"from": "connection"}"#),
        &[
            ("203.0.113.7:4711", "passed"),
            ("203.0.113.7", "passed"),
            ("[2001:db8::7]:4711", "passed"),
            ("[2001:DB8:0:0::7]:4711", "passed"),
            ("2001:db8::7", "passed"),
            ("[::ffff:203.0.113.7]:4711", "passed"),
            ("[::ffff:cb00:7107]:4711", "passed"),
            ("[fe80::7%eth0]:4711", UNKNOWN),
            ("203.0.113.8:4711", "403 ip_not_allowed"),
            ("/run/proxy.sock", UNKNOWN),
            ("@abstract", UNKNOWN),
            ("", UNKNOWN),
            ("localhost:80", UNKNOWN),
            ("203.0.113.07:1", UNKNOWN),
            ("203.0.113.7:port", UNKNOWN),
            ("[2001:db8::7:1", UNKNOWN),
        ],
    );
    filter(&document(r#"{"from": "connection"}"#), |proxy| {
        let nothing = from("").without_property("source.address");
        assert_eq!(judged(proxy, &nothing), UNKNOWN);
        let bytes = from("").property("source.address", b"203.0.113.7\xff");
        assert_eq!(judged(proxy, &bytes), UNKNOWN);
        // Headers say nothing here.
        let forged = from("192.0.2.1:1")
            .header("x-forwarded-for", "203.0.113.7")
            .header("forwarded", "for=203.0.113.7")
            .header("x-real-ip", "203.0.113.7");
        assert_eq!(judged(proxy, &forged), "403 ip_not_allowed");
    });
}

#[test]
fn trusted_hops_are_counted_from_the_right_over_all_lines() {
    let hops = |n: u8| {
        format!(r#"{{"from": "x_forwarded_for", "trusted_hops": {n}, "peer_appended": false}}"#)
    };
    judges_lines(
        &hops(1),
        "x-forwarded-for",
        &[
            ("192.0.2.1", &["203.0.113.7, 10.0.0.1"], "passed"),
            ("192.0.2.1", &["203.0.113.7", "10.0.0.1"], "passed"),
            (
                "192.0.2.1",
                &["192.0.2.66", "203.0.113.7 , 10.0.0.1"],
                "passed",
            ),
            (
                "192.0.2.1",
                &["203.0.113.7, 192.0.2.66, 10.0.0.1"],
                "403 ip_not_allowed",
            ),
            ("192.0.2.1", &["[2001:db8::7]:443, 10.0.0.1"], "passed"),
            (
                "192.0.2.1",
                &["unknown, 10.0.0.1"],
                "400 client_address_not_an_address",
            ),
            (
                "192.0.2.1",
                &[",10.0.0.1"],
                "400 client_address_empty_entry",
            ),
            (
                "192.0.2.1",
                &["10.0.0.1"],
                "400 client_address_too_few_entries",
            ),
            ("192.0.2.1", &[], "400 client_address_missing"),
            ("192.0.2.1", &["rubbish, 203.0.113.7, 10.0.0.1"], "passed"),
            (
                "192.0.2.1",
                &["203.0.113.7, rubbish"],
                "400 client_address_not_an_address",
            ),
        ],
    );
    judges_lines(
        &hops(0),
        "x-forwarded-for",
        &[("192.0.2.1", &["1.1.1.1", "203.0.113.7"], "passed")],
    );
}

#[test]
fn a_short_chain_ends_at_the_true_peer_where_that_is_known() {
    judges_lines(
        r#"{"from": "x_forwarded_for", "trusted_hops": 2, "peer_appended": true,
            "true_peer": {"filter_state": "true.peer"}}"#,
        "x-forwarded-for",
        &[
            ("203.0.113.7", &["192.0.2.66, 203.0.113.7"], "passed"),
            ("203.0.113.7", &[], "passed"),
            (
                "192.0.2.1",
                &["203.0.113.7, 192.0.2.1"],
                "403 ip_not_allowed",
            ),
        ],
    );
}

#[test]
fn trusted_proxies_are_walked_from_the_right_when_the_true_peer_is_one() {
    for (appended, tail) in [("true", ", 10.9.9.9"), ("false", "")] {
        let source = format!(
            r#"{{"from": "x_forwarded_for", "trusted_proxies": ["10.0.0.0/8"],
                "peer_appended": {appended}, "true_peer": {{"filter_state": "true.peer"}}}}"#
        );
        let line = |text: &str| format!("{text}{tail}");
        judges_lines(
            &source,
            "x-forwarded-for",
            &[
                ("10.9.9.9", &[&line("203.0.113.7")], "passed"),
                (
                    "10.9.9.9",
                    &[&line("192.0.2.66, 203.0.113.7, 10.1.1.1, 10.2.2.2")],
                    "passed",
                ),
                ("10.9.9.9", &["203.0.113.7", &line("10.1.1.1")], "passed"),
                (
                    "10.9.9.9",
                    &[&line("203.0.113.7, 192.0.2.66")],
                    "403 ip_not_allowed",
                ),
                // Not one of ours: it is the client, whatever it says.
                ("192.0.2.1", &[&line("203.0.113.7")], "403 ip_not_allowed"),
                ("203.0.113.7", &["192.0.2.66"], "passed"),
                (
                    "10.9.9.9",
                    &[&line("203.0.113.7, , 10.1.1.1")],
                    "400 client_address_empty_entry",
                ),
                ("/run/socket", &[&line("203.0.113.7")], UNKNOWN),
            ],
        );
    }
}

#[test]
fn a_proxy_that_sends_no_header_is_not_the_client() {
    judges_lines(
        r#"{"from": "x_forwarded_for", "trusted_proxies": ["203.0.113.7"],
            "peer_appended": false, "true_peer": "connection"}"#,
        "x-forwarded-for",
        &[("203.0.113.7", &[], "400 client_address_missing")],
    );
}

#[test]
fn forwarded_is_read_by_rfc_7239() {
    judges_lines(
        r#"{"from": "forwarded", "trusted_proxies": ["10.0.0.0/8"], "true_peer": "connection"}"#,
        "forwarded",
        &[
            ("10.0.0.1", &["for=203.0.113.7"], "passed"),
            (
                "10.0.0.1",
                &["For=\"[2001:db8::7]:443\";proto=https"],
                "passed",
            ),
            (
                "10.0.0.1",
                &[
                    "for=192.0.2.66",
                    "for=203.0.113.7, for=10.1.1.1;by=10.0.0.1",
                ],
                "passed",
            ),
            (
                "10.0.0.1",
                &["for=203.0.113.7, for=192.0.2.66"],
                "403 ip_not_allowed",
            ),
            ("10.0.0.1", &["for=unknown"], "400 client_address_hidden"),
            ("10.0.0.1", &["for=_secret"], "400 client_address_hidden"),
            (
                "10.0.0.1",
                &["proto=https"],
                "400 client_address_no_for_parameter",
            ),
            (
                "10.0.0.1",
                &["for=\"203.0.113.7"],
                "400 client_address_malformed",
            ),
            (
                "10.0.0.1",
                &[&format!("for=203.0.113.7;x={}", "a".repeat(9000))],
                "400 client_address_too_long",
            ),
            ("10.0.0.1", &[], "400 client_address_missing"),
            ("192.0.2.1", &["for=203.0.113.7"], "403 ip_not_allowed"),
        ],
    );
    judges_lines(
        r#"{"from": "forwarded", "trusted_hops": 1}"#,
        "forwarded",
        &[
            ("192.0.2.1", &["for=203.0.113.7, for=10.0.0.1"], "passed"),
            (
                "192.0.2.1",
                &["for=203.0.113.7"],
                "400 client_address_too_few_entries",
            ),
        ],
    );
}

#[test]
fn a_named_header_is_believed_from_named_peers_only() {
    judges_lines(
        r#"{"from": "header", "header": "CF-Connecting-IP", "trusted_proxies": ["10.0.0.0/8"],
            "true_peer": {"filter_state": "true.peer"}}"#,
        "cf-connecting-ip",
        &[
            ("10.0.0.1", &["203.0.113.7"], "passed"),
            ("10.0.0.1", &[" 2001:db8::7 "], "passed"),
            (
                "10.0.0.1",
                &["203.0.113.7:443"],
                "400 client_address_not_an_address",
            ),
            (
                "10.0.0.1",
                &["203.0.113.7", "203.0.113.7"],
                "400 client_address_repeated",
            ),
            ("10.0.0.1", &[""], "400 client_address_empty_entry"),
            ("10.0.0.1", &[], "400 client_address_missing"),
            ("192.0.2.1", &["203.0.113.7"], "403 ip_not_allowed"),
            ("203.0.113.7", &["192.0.2.66"], "passed"),
        ],
    );
}

#[test]
fn a_client_cannot_stand_in_for_filter_state() {
    let source = r#"{"from": "header", "header": "x-client", "trusted_proxies": ["10.0.0.0/8"],
        "true_peer": {"filter_state": "true.peer"}}"#;
    filter(&document(source), |proxy| {
        let request = RequestParts::get("/")
            .property("source.address", "10.0.0.1:1")
            .header("filter_state", "10.0.0.1")
            .header("true.peer", "10.0.0.1")
            .header("x-client", "203.0.113.7");
        assert_eq!(judged(proxy, &request), UNKNOWN);
    });
}

#[test]
fn an_unknown_address_denies_only_where_a_rule_needs_it() {
    let document = r#"{"client_address": {"from": "connection"},
        "lists": {"bad": {"cidrs": ["192.0.2.66"]}},
        "rules": [
            {"name": "open", "match": {"paths": [{"exact": "/open"}]}, "allow": "anyone"},
            {"name": "closed", "match": {"paths": [{"exact": "/closed"}]}, "allow": "nobody"},
            {"name": "rest", "allow": "anyone", "deny": ["bad"]}]}"#;
    filter(document, |proxy| {
        let at = |path: &str| RequestParts::get(path).property("source.address", "/run/socket");
        assert_eq!(judged(proxy, &at("/open")), "passed");
        assert_eq!(judged(proxy, &at("/closed")), "403 ip_not_allowed");
        assert_eq!(judged(proxy, &at("/")), UNKNOWN);
    });
}
