//! Lists of 100,000 networks: time, memory, and that rules share them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::fmt::Write;

use gatepost_test_host::TestProxy;
use support::{each_code, from, judged};

const MIB: usize = 1 << 20;
const ENTRIES: u32 = 100_000;

/// Networks apart from each other: two pieces of the table an entry. `shift`
/// makes another list of the same shape.
fn cidrs(v6: bool, shift: u32) -> String {
    let mut text = String::with_capacity(5 * MIB);
    for n in 0..ENTRIES {
        let n = n * 2 + shift;
        let separator = if n < 2 { "" } else { "," };
        let (high, low) = (n >> 8, n & 255);
        if v6 {
            write!(
                text,
                "{separator}\"2001:db8:{high:x}:{low:x}:1234:5678:9abc:def0/124\""
            )
            .unwrap();
        } else {
            write!(
                text,
                "{separator}\"10.{}.{}.{low}/32\"",
                high >> 8,
                high & 255
            )
            .unwrap();
        }
    }
    text
}

fn document(cidrs: &str, rules: usize) -> String {
    let rules: Vec<String> = (0..rules)
        .map(|n| {
            format!(r#"{{"name": "r{n}", "match": {{"methods": ["M{n}"]}}, "allow": "anyone", "deny": ["feed"]}}"#)
        })
        .collect();
    format!(
        r#"{{"client_address": {{"from": "connection"}}, "lists": {{"feed": {{"cidrs": [{cidrs}]}}}},
            "rules": [{}, {{"name": "rest", "allow": ["feed"]}}]}}"#,
        rules.join(",")
    )
}

#[test]
fn each_of_100_000_networks_is_found_and_nothing_beside_them() {
    let text = document(&cidrs(false, 0), 1);
    each_code(|code| {
        let mut proxy = TestProxy::with_document(code, &text);
        for n in (0..2 * ENTRIES).step_by(997) {
            let address = format!("10.{}.{}.{}:1", n >> 16, (n >> 8) & 255, n & 255);
            let expected = if n % 2 == 0 {
                "passed"
            } else {
                "403 ip_not_allowed"
            };
            assert_eq!(judged(&mut proxy, &from(&address)), expected, "{address}");
        }
        assert_eq!(
            judged(&mut proxy, &from("11.0.0.0:1")),
            "403 ip_not_allowed"
        );
    });
    let text = document(&cidrs(true, 0), 1);
    each_code(|code| {
        let mut proxy = TestProxy::with_document(code, &text);
        assert_eq!(
            judged(&mut proxy, &from("[2001:db8::1234:5678:9abc:deff]:1")),
            "passed"
        );
        assert_eq!(
            judged(&mut proxy, &from("[2001:db8::1234:5678:9abc:dfff]:1")),
            "403 ip_not_allowed"
        );
    });
}

#[test]
fn linear_memory_stays_within_its_bounds_on_first_load_and_on_reloads() {
    for (v6, bound) in [(false, 8 * MIB), (true, 16 * MIB)] {
        let texts = [document(&cidrs(v6, 0), 1), document(&cidrs(v6, 1), 1)];
        each_code(|code| {
            let mut proxy = TestProxy::with_document(code, &texts[0]);
            let Some(first) = proxy.memory_bytes(0) else {
                return;
            };
            assert!(first < bound, "v6 {v6}: {first} bytes");
            for reload in 1..=10 {
                assert!(proxy.reconfigure_in_place(&texts[reload % 2]));
            }
            let last = proxy.memory_bytes(0).unwrap();
            assert!(last <= 2 * first, "v6 {v6}: {first} bytes, then {last}");
            eprintln!("v6 {v6}: {first} bytes, after ten reloads {last}");
        });
    }
}

#[test]
fn ten_rules_that_name_one_list_hold_it_once() {
    let cidrs = cidrs(false, 0);
    let texts = [document(&cidrs, 1), document(&cidrs, 10)];
    each_code(|code| {
        let memory = |text: &str| TestProxy::with_document(code, text).memory_bytes(0);
        let Some(one) = memory(&texts[0]) else { return };
        let ten = memory(&texts[1]).unwrap();
        // A page or two for nine more rules.
        assert!(ten <= one + MIB / 4, "{one} bytes, with ten rules {ten}");
    });
}
