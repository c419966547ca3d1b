//! Filters one after another: facts, order, what runs and what does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, values};
use support::{GATE, LEARN, by, chain};

#[test]
fn the_second_filter_reads_what_the_first_learned() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        assert_eq!(values(&proxy.passed(&by("alice")), "x-sub"), ["alice"]);
        let reply = proxy.refused(&by("mallory"));
        assert_eq!((reply.status, reply.details.as_str()), (403, "gate_denied"));
    });
}

#[test]
fn a_filter_knows_nothing_of_what_comes_behind_it() {
    chain(&format!("{GATE}, {LEARN}"), |proxy| {
        proxy.passed(&by("mallory"));
        assert_eq!(
            proxy.counter("gate", "bad", "gate_passed", "allowed"),
            Some(1)
        );
    });
}

#[test]
fn facts_of_one_request_are_unknown_to_the_next() {
    chain(&format!("{LEARN}, {GATE}"), |proxy| {
        proxy.refused(&by("mallory"));
        proxy.passed(&RequestParts::get("/"));
    });
}

#[test]
fn behind_a_denial_no_filter_runs() {
    let first = r#"{"name": "first", "gate": {"rules": [{"name": "all"}]}}"#;
    chain(&format!("{first}, {LEARN}, {GATE}"), |proxy| {
        proxy.refused(&by("alice"));
        assert_eq!(
            proxy.counter("first", "all", "gate_denied", "denied"),
            Some(1)
        );
        let others: Vec<_> = proxy
            .metrics()
            .into_keys()
            .filter(|name| !name.contains("first"))
            .collect();
        assert!(others.is_empty(), "{others:?}");
    });
}

#[test]
fn a_filter_in_the_middle_changes_nothing_for_the_others() {
    for middle in ["", r#"{"trace": {}},"#, r#"{"gate": {}, "name": "idle"},"#] {
        chain(&format!("{LEARN}, {middle} {GATE}"), |proxy| {
            assert_eq!(values(&proxy.passed(&by("alice")), "x-sub"), ["alice"]);
            assert_eq!(proxy.refused(&by("mallory")).details, "gate_denied");
            assert_eq!(
                proxy.counter("learn", "default", "learned", "allowed"),
                Some(2)
            );
            assert_eq!(
                proxy.counter("gate", "bad", "gate_passed", "allowed"),
                Some(1)
            );
            assert_eq!(
                proxy.counter("gate", "bad", "gate_denied", "denied"),
                Some(1)
            );
        });
    }
}

#[test]
fn a_filter_may_stand_twice_under_two_names() {
    let twice = r#"
        {"name": "outer", "gate": {"rules": [{"name": "a", "match": {"paths": [{"prefix": "/a"}]}}]}},
        {"name": "inner", "gate": {"rules": [{"name": "b", "match": {"paths": [{"prefix": "/b"}]}}]}}"#;
    chain(twice, |proxy| {
        proxy.passed(&RequestParts::get("/c"));
        proxy.refused(&RequestParts::get("/a"));
        proxy.refused(&RequestParts::get("/b"));
        assert_eq!(
            proxy.counter("outer", "a", "gate_denied", "denied"),
            Some(1)
        );
        assert_eq!(
            proxy.counter("outer", "default", "gate_passed", "allowed"),
            Some(2)
        );
        assert_eq!(
            proxy.counter("inner", "b", "gate_denied", "denied"),
            Some(1)
        );
        assert_eq!(
            proxy.counter("inner", "default", "gate_passed", "allowed"),
            Some(1)
        );
    });
}

#[test]
fn the_header_map_is_read_once_however_long_the_chain_is() {
    chain(
        &format!("{LEARN}, {GATE}, {{\"gate\": {{}}, \"name\": \"more\"}}"),
        |proxy| {
            proxy.forget_calls_seen();
            proxy.passed(&by("alice"));
            let seen = proxy.calls_seen();
            assert_eq!(seen["proxy_get_header_map_pairs"], 1);
            assert_eq!(seen.get("proxy_get_property"), None);
        },
    );
}

#[test]
fn a_filter_that_cannot_read_the_path_denies() {
    let gate = r#"{"gate": {"rules": [{"name": "a", "match": {"paths": [{"prefix": "/a"}]}}]}}"#;
    chain(gate, |proxy| {
        let reply = proxy.refused(&RequestParts::get("/b/../a"));
        assert_eq!(
            (reply.status, reply.details.as_str()),
            (400, "path_ambiguous")
        );
    });
}
