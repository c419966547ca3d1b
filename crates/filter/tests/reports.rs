//! What is told of a decision: counters, decision record, log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_host::LogLevel;
use gatepost_test_host::RequestParts;
use support::{GATE, LEARN, by, chain};

const TWO_RULES: &str = r#"{"gate": {"rules": [
    {"name": "a", "match": {"paths": [{"prefix": "/a"}]}},
    {"name": "b", "user": "mallory", "match": {"paths": [{"prefix": "/b"}]}}]}}"#;
const ALL: &str = r#"{"gate": {"rules": [{"name": "all"}]}}"#;

#[test]
fn each_decision_moves_one_counter_of_its_filter_rule_and_reason() {
    chain(&format!("{LEARN}, {TWO_RULES}"), |proxy| {
        proxy.refused(&RequestParts::get("/a"));
        proxy.refused(&RequestParts::get("/a/x"));
        proxy.passed(&RequestParts::get("/b"));
        proxy.refused(&RequestParts::get("/b").header("x-user", "mallory"));
        proxy.passed(&RequestParts::get("/c"));
        proxy.refused(&RequestParts::get("/c/../a"));
        let gate: Vec<(String, i64)> = proxy
            .metrics()
            .into_iter()
            .filter(|(name, _)| name.contains(".gate."))
            .collect();
        let name = |rule: &str, reason: &str, total: &str| {
            format!("wasm_filter.gate.component.{rule}.tag.{reason};.gatepost_{total}_total")
        };
        let mut expected = vec![
            (name("a", "gate_denied", "denied"), 2),
            (name("b", "gate_denied", "denied"), 1),
            (name("b", "gate_passed", "allowed"), 1),
            (name("default", "gate_passed", "allowed"), 1),
            (name("none", "path_ambiguous", "denied"), 1),
        ];
        expected.sort();
        assert_eq!(gate, expected);
    });
}

#[test]
fn a_metric_is_defined_once_a_worker() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        proxy.forget_calls_seen();
        for _ in 0..50 {
            proxy.passed(&by("alice"));
            proxy.refused(&by("mallory"));
        }
        let seen = proxy.calls_seen();
        // learned, gate_passed, gate_denied
        assert_eq!(seen["proxy_define_metric"], 3);
        assert_eq!(seen["proxy_increment_metric"], 200);
    });
}

#[test]
fn a_metric_that_the_proxy_will_not_define_is_asked_for_once() {
    chain(GATE, |proxy| {
        proxy.fail("proxy_define_metric", 10);
        proxy.forget_calls_seen();
        for _ in 0..10 {
            proxy.passed(&RequestParts::get("/"));
        }
        assert_eq!(proxy.calls_seen()["proxy_define_metric"], 1);
    });
}

#[test]
fn the_client_cannot_make_counters() {
    chain(&format!("{LEARN}, {TWO_RULES}"), |proxy| {
        for n in 0..200 {
            let path = format!("/a/{n}?q={n}");
            let user = n.to_string();
            proxy.judge(
                &RequestParts::get(&path)
                    .header("x-user", &user)
                    .header(&user, "1"),
            );
        }
        assert!(proxy.metrics().len() <= 3, "{:?}", proxy.metrics());
    });
}

#[test]
fn a_denial_is_recorded_and_a_passage_only_by_option() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        let denied = proxy.send(&by("mallory"));
        let passed = proxy.send(&by("alice"));
        for (field, value) in [
            ("decision", "denied"),
            ("rule", "bad"),
            ("reason", "gate_denied"),
            ("user", "mallory"),
        ] {
            let path = format!("gatepost.gate.{field}");
            assert_eq!(proxy.property(denied, &path).as_deref(), Some(value));
            assert_eq!(proxy.property(passed, &path), None);
        }
    });
    chain(r#"{"name": "g", "gate": {"record": "always"}}"#, |proxy| {
        let sent = proxy.send(&RequestParts::get("/"));
        for (field, value) in [
            ("decision", "allowed"),
            ("rule", "default"),
            ("reason", "gate_passed"),
        ] {
            let found = proxy.property(sent, &format!("gatepost.g.{field}"));
            assert_eq!(found.as_deref(), Some(value));
        }
        assert!(!proxy.log_text().contains("allowed"));
    });
}

#[test]
fn denials_are_logged_ten_lines_a_second_and_the_rest_is_counted() {
    chain(ALL, |proxy| {
        let lines = |proxy: &gatepost_test_host::TestProxy| {
            proxy
                .log()
                .iter()
                .filter(|line| line.text.contains("gate_denied"))
                .count()
        };
        for _ in 0..1000 {
            proxy.refused(&RequestParts::get("/"));
        }
        assert_eq!(lines(proxy), 10);
        proxy.advance(Duration::from_secs(1));
        proxy.refused(&RequestParts::get("/"));
        assert_eq!(lines(proxy), 11);
        assert!(proxy.log_text().ends_with("(990 more lines suppressed)\n"));
    });
}

#[test]
fn errors_of_the_proxy_are_logged_within_the_same_bound() {
    chain(ALL, |proxy| {
        proxy.fail("proxy_get_header_map_pairs", 10);
        let before = proxy.log().len();
        for _ in 0..1000 {
            proxy.refused(&RequestParts::get("/"));
        }
        assert_eq!(proxy.log().len() - before, 10);
    });
}

#[test]
fn a_level_that_nobody_sees_costs_no_line() {
    chain(ALL, |proxy| {
        proxy.set_log_level(LogLevel::Warn);
        proxy.forget_calls_seen();
        proxy.refused(&RequestParts::get("/"));
        assert_eq!(proxy.calls_seen().get("proxy_log"), None);
    });
}

#[test]
fn what_a_client_sent_cannot_forge_a_line() {
    chain(&format!("{LEARN}, {ALL}"), |proxy| {
        let path = b"/a\n2026 error \"all is well\"\x1b[31m\xff";
        let odd = RequestParts::get("/")
            .without(":path")
            .header(":path", path);
        let before = proxy.log().len();
        proxy.refused(&odd.header("x-user", "\"\u{1b}[0m"));
        let long = format!("/{}", "a".repeat(60_000));
        proxy.refused(&RequestParts::get(&long));
        let lines: Vec<_> = proxy
            .log()
            .into_iter()
            .skip(before)
            .map(|line| line.text)
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].contains(r#"path="/a\n2026 error \"all is well\"\x1b[31m\xff""#),
            "{lines:?}"
        );
        for line in &lines {
            assert!(
                line.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
                "{line}"
            );
            assert!(line.len() < 400, "{}", line.len());
        }
    });
}

#[test]
fn query_and_header_values_are_never_told() {
    chain(ALL, |proxy| {
        let request = RequestParts::get("/p?access_token=hunter2#hunter2")
            .header("authorization", "Bearer hunter2")
            .header("cookie", "session=hunter2")
            .header("x-api-key", "hunter2");
        let sent = proxy.send(&request);
        let told = format!(
            "{} {:?} {:?} {:?}",
            proxy.log_text(),
            proxy.metrics(),
            proxy.verdict(sent),
            proxy.properties(sent)
        );
        assert!(told.contains("gate_denied"));
        assert!(!told.contains("hunter2"), "{told}");
    });
}
