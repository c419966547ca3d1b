//! Shadow mode, records, counters, warnings, and what is read of the proxy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_host::LogLevel;
use gatepost_test_host::{RequestParts, TestProxy};
use support::{each_code, filter, from, judged};

/// `/a` and `/b` are for the office.
fn document(more: &str, rule_mode: &str) -> String {
    format!(
        r#"{{{more} "client_address": {{"from": "connection"}},
            "lists": {{"office": {{"cidrs": ["203.0.113.0/24"]}}}},
            "rules": [
                {{"name": "a", "mode": "{rule_mode}", "match": {{"paths": [{{"prefix": "/a"}}]}}, "allow": ["office"]}},
                {{"name": "b", "match": {{"paths": [{{"prefix": "/b"}}]}}, "allow": ["office"]}}]}}"#
    )
}

#[test]
fn a_rule_in_shadow_mode_tells_and_lets_pass() {
    filter(&document("", "shadow"), |proxy| {
        let sent = proxy.send(&RequestParts::get("/a"));
        assert_eq!(
            proxy.counter("ip-allowlist", "a", "ip_not_allowed", "shadow_denied"),
            Some(1)
        );
        for (field, value) in [
            ("decision", "shadow_denied"),
            ("rule", "a"),
            ("reason", "ip_not_allowed"),
            ("client_address", "192.0.2.1"),
        ] {
            let found = proxy.property(sent, &format!("gatepost.ip-allowlist.{field}"));
            assert_eq!(found.as_deref(), Some(value), "{field}");
        }
        assert_eq!(
            judged(proxy, &RequestParts::get("/b")),
            "403 ip_not_allowed"
        );
        assert_eq!(
            judged(proxy, &RequestParts::get("/c")),
            "403 default_denied"
        );
    });
}

#[test]
fn a_filter_in_shadow_mode_never_denies() {
    filter(&document(r#""mode": "shadow","#, "enforce"), |proxy| {
        for (path, address) in [
            ("/a", "192.0.2.1:1"),
            ("/c", "192.0.2.1:1"),
            ("/x/../a", "192.0.2.1:1"),
            ("/a", "/socket"),
        ] {
            let request = RequestParts::get(path).property("source.address", address);
            assert_eq!(judged(proxy, &request), "passed", "{path}");
        }
        for (rule, reason) in [
            ("a", "ip_not_allowed"),
            ("default", "default_denied"),
            ("none", "path_ambiguous"),
            ("a", "client_address_unknown_peer"),
        ] {
            let told = proxy.counter("ip-allowlist", rule, reason, "shadow_denied");
            assert_eq!(told, Some(1), "{reason}");
        }
    });
}

#[test]
fn a_passage_is_recorded_by_option() {
    for (more, expected) in [("", None), (r#""record": "always","#, Some("203.0.113.1"))] {
        filter(&document(more, "enforce"), |proxy| {
            let office = RequestParts::get("/a").property("source.address", "203.0.113.1:1");
            let sent = proxy.send(&office);
            let found = proxy.property(sent, "gatepost.ip-allowlist.client_address");
            assert_eq!(found.as_deref(), expected);
            let found = proxy.property(sent, "gatepost.ip-allowlist.decision");
            assert_eq!(found.as_deref(), expected.map(|_| "allowed"));
        });
    }
}

#[test]
fn a_denial_is_one_line_without_the_query() {
    filter(&document("", "enforce"), |proxy| {
        proxy.refused(&RequestParts::get("/a?token=secret"));
        let line = "ip-allowlist: denied rule=a reason=ip_not_allowed \
            client_address=\"192.0.2.1\" path=\"/a\"\n";
        assert!(proxy.log_text().ends_with(line), "{}", proxy.log_text());
    });
}

fn warnings(proxy: &TestProxy) -> usize {
    proxy
        .log()
        .iter()
        .filter(|line| line.level == LogLevel::Warn)
        .count()
}

#[test]
fn in_a_sidecar_the_connection_as_a_source_is_warned_of() {
    each_code(|code| {
        for (node, from, expected) in [
            (Some("sidecar~10.0.0.1~pod.ns~ns.svc"), r#""connection""#, 4),
            (Some("router~10.0.0.1~pod.ns~ns.svc"), r#""connection""#, 0),
            (None, r#""connection""#, 0),
            (
                Some("sidecar~10.0.0.1~pod.ns~ns.svc"),
                r#""x_forwarded_for", "trusted_hops": 0, "peer_appended": false"#,
                0,
            ),
        ] {
            let mut proxy = TestProxy::new(code);
            if let Some(node) = node {
                proxy.set_node_property("xds.node.id", node);
            }
            assert!(proxy.configure(&format!(r#"{{"client_address": {{"from": {from}}}}}"#)));
            // At most once a VM: canary, and two workers.
            assert!(warnings(&proxy) <= expected && (expected == 0) == (warnings(&proxy) == 0));
            assert!(
                expected == 0
                    || proxy
                        .log_text()
                        .contains("any caller in the mesh can forge it")
            );
        }
    });
}

#[test]
fn rules_that_take_others_requests_are_warned_of() {
    each_code(|code| {
        for (rules, expected) in [
            (
                r#"{"name": "a", "allow": "anyone"}, {"name": "b", "allow": "nobody"}"#,
                "rule `a` has no `match`",
            ),
            (
                r#"{"name": "a", "mode": "shadow", "match": {"methods": ["GET"]}, "allow": "anyone"},
                   {"name": "b", "allow": "nobody"}"#,
                "rule `a` is in shadow mode",
            ),
            (
                r#"{"name": "a", "match": {"methods": ["GET"]}, "allow": "anyone"}, {"name": "b", "allow": "nobody"}"#,
                "",
            ),
            (r#"{"name": "a", "mode": "shadow", "allow": "anyone"}"#, ""),
        ] {
            let proxy = TestProxy::with_document(code, &format!(r#"{{"rules": [{rules}]}}"#));
            assert_eq!(warnings(&proxy) == 0, expected.is_empty(), "{rules}");
            assert!(proxy.log_text().contains(expected), "{rules}");
        }
    });
}

#[test]
fn a_node_that_cannot_be_read_is_no_sidecar_and_no_fault() {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.set_node_property("xds.node.id", "sidecar~");
        proxy.fail("proxy_get_property", 10);
        assert!(proxy.configure(r#"{"client_address": {"from": "connection"}}"#));
        assert_eq!(warnings(&proxy), 0);
    });
}

#[test]
fn with_trusted_hops_the_true_peer_is_asked_for_a_short_header_only() {
    let document = r#"{"client_address": {"from": "x_forwarded_for", "trusted_hops": 1,
        "peer_appended": false, "true_peer": "connection"}, "rules": [{"name": "r", "allow": "anyone"}]}"#;
    filter(document, |proxy| {
        for (line, reads) in [("192.0.2.7, 192.0.2.8", 0), ("192.0.2.8", 1), ("a, b", 0)] {
            proxy.forget_calls_seen();
            judged(proxy, &from("10.0.0.1:1").header("x-forwarded-for", line));
            let seen = proxy.calls_seen();
            let read = seen.get("proxy_get_property").copied().unwrap_or(0);
            assert_eq!(read, reads, "{line}");
        }
    });
}

#[test]
fn nothing_is_read_that_the_document_does_not_need() {
    let identities = r#""peer_certificate": "validated_by_listener","#;
    let hops = r#""client_address": {"from": "x_forwarded_for", "trusted_hops": 0, "peer_appended": true},"#;
    let state = r#""client_address": {"from": "forwarded", "trusted_proxies": ["10.0.0.0/8"],
        "true_peer": {"filter_state": "peer"}},"#;
    let connection = r#""client_address": {"from": "connection"},"#;
    let open = r#""rules": [{"name": "r", "allow": "anyone"}]"#;
    let list = r#""lists": {"l": {"cidrs": ["10.0.0.0/8"]}},
        "rules": [{"name": "r", "allow": ["l"], "identities": [{"exact": "spiffe://a"}]}]"#;
    for (document, address, properties, maps) in [
        (open.to_owned(), "10.0.0.1:1", 0, 0),
        (format!("{identities} {open}"), "10.0.0.1:1", 0, 0),
        (format!("{hops} {open}"), "10.0.0.1:1", 0, 1),
        (format!("{state} {open}"), "10.0.0.1:1", 1, 1),
        (format!("{connection} {open}"), "10.0.0.1:1", 1, 0),
        // A denial reads the headers: for its form, and for the log line.
        (
            format!("{connection} {identities} {list}"),
            "10.0.0.1:1",
            2,
            1,
        ),
        // Whose address is wrong, is not asked for an identity.
        (
            format!("{connection} {identities} {list}"),
            "192.0.2.1:1",
            1,
            1,
        ),
    ] {
        filter(&format!("{{{document}}}"), |proxy| {
            proxy.forget_calls_seen();
            judged(proxy, &from(address));
            let seen = proxy.calls_seen();
            let count = |call| seen.get(call).copied().unwrap_or(0);
            let read = (
                count("proxy_get_property"),
                count("proxy_get_header_map_pairs"),
            );
            assert_eq!(read, (properties, maps), "{document}");
        });
    }
}

#[test]
fn headers_that_cannot_be_read_deny_what_needs_them_and_nothing_else() {
    let connection = r#"{"client_address": {"from": "connection"},
        "lists": {"office": {"cidrs": ["203.0.113.0/24"]}},
        "rules": [{"name": "all", "allow": ["office"]}]}"#;
    for (document, inside, outside) in [
        (connection.to_owned(), "passed", "403 ip_not_allowed"),
        (
            document("", "enforce"),
            "503 headers_unreadable",
            "503 headers_unreadable",
        ),
    ] {
        filter(&document, |proxy| {
            for status in (1..=12).chain([255]) {
                proxy.fail("proxy_get_header_map_pairs", status);
                assert_eq!(judged(proxy, &from("203.0.113.1:1")), inside, "{status}");
                assert_eq!(judged(proxy, &from("192.0.2.1:1")), outside, "{status}");
            }
        });
    }
}

#[test]
fn a_property_that_cannot_be_read_denies_what_needs_it() {
    filter(&document("", "enforce"), |proxy| {
        for status in (1..=12).chain([255]) {
            proxy.fail("proxy_get_property", status);
            let office = RequestParts::get("/a").property("source.address", "203.0.113.1:1");
            assert_eq!(judged(proxy, &office), "503 client_address_unknown_peer");
        }
    });
}

#[test]
fn the_compiled_module_has_no_callback_that_it_does_not_need() {
    filter(&document("", "enforce"), |proxy| {
        let sent = proxy.send(&RequestParts::get("/a"));
        proxy.forget_calls_seen();
        proxy.respond(sent, &[(":status", "403")]);
        proxy.tick();
        assert!(
            proxy
                .calls_seen()
                .keys()
                .all(|call| *call == "clock_time_get"),
            "{:?}",
            proxy.calls_seen()
        );
        proxy.end(sent);
    });
}
