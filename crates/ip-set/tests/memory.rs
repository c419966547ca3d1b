//! Linear memory, which never shrinks, after lists of 100,000 entries.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::fmt::Write;

use gatepost_ip_set::{AddressLists, CidrList};
use wasm_bindgen_test::wasm_bindgen_test;

const MIB: usize = 1 << 20;

fn linear_memory() -> usize {
    core::arch::wasm32::memory_size(0) * 64 * 1024
}

/// 100,000 blocks apart from each other, which make the largest table. All
/// numbers have their full length, which makes the largest text.
fn document(v6: bool) -> String {
    let bytes = if v6 { 46 } else { 22 } * 100_000 + 2;
    let mut text = String::with_capacity(bytes);
    let mut separator = '[';
    for n in 0..100_000_u32 {
        text.push(separator);
        let (high, low) = (n / 1000 + 1000, n % 1000 + 1000);
        let (a, b) = (n / 500, n % 500 / 2);
        let written = if v6 {
            write!(text, "\"2001:{low}:{high}:1111:1111:1111:1111:1111/128\"")
        } else {
            write!(
                text,
                "\"1{}.{}.{b}.{}/32\"",
                a / 100,
                100 + a % 100,
                128 + n % 2 * 2
            )
        };
        written.unwrap();
        separator = ',';
    }
    text.push(']');
    assert!(text.len() <= bytes);
    text
}

fn load(v6: bool) -> AddressLists {
    let document = document(v6);
    let list: CidrList = gatepost_config::read(document.as_bytes()).unwrap();
    assert_eq!(list.len(), 100_000);
    let mut builder = AddressLists::builder();
    builder.add_list(&list).unwrap();
    let table = builder.build().unwrap();
    // Apart from each other: two pieces an entry.
    assert!(table.heap_bytes() > if v6 { 3_500_000 } else { 1_100_000 });
    table
}

#[wasm_bindgen_test]
fn linear_memory_stays_within_its_bounds_on_first_load_and_on_reloads() {
    for (v6, bound) in [(false, 8 * MIB), (true, 16 * MIB)] {
        let mut current = load(v6);
        let first = linear_memory();
        assert!(first < bound, "v6 {v6}: {first} bytes");
        for _ in 0..10 {
            // The old table serves until the new one is there.
            current = load(v6);
        }
        let reloaded = linear_memory();
        assert!(
            reloaded <= 2 * first,
            "v6 {v6}: {first} bytes, then {reloaded}"
        );
        assert!(!current.is_empty());
        wasm_bindgen_test::console_log!("v6 {v6}: {first} bytes, after ten reloads {reloaded}");
    }
}
