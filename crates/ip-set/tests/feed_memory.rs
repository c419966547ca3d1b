//! Linear memory, which never shrinks, after feeds of 100,000 entries.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::fmt::Write;
use std::time::Duration;

use gatepost_ip_set::feed::{FeedList, FeedParser, FeedTable, IfEmpty, Progress, SLICE};
use wasm_bindgen_test::wasm_bindgen_test;

const MIB: usize = 1 << 20;

fn linear_memory() -> usize {
    core::arch::wasm32::memory_size(0) * 64 * 1024
}

/// 100,000 lines of full length, in no order, apart from each other: the largest
/// body, and the largest table. It has the size that it needs, as a body has
/// that the proxy hands over.
fn body(v6: bool) -> Vec<u8> {
    let bytes = if v6 { 44 } else { 19 } * 100_000;
    let mut body = String::with_capacity(bytes);
    for line in 0..100_000_u32 {
        let n = line * 30_011 % 100_000;
        let (high, low) = (n / 1000 + 1000, n % 1000 + 1000);
        let (a, b) = (n / 500, n % 500 / 2);
        let written = if v6 {
            writeln!(body, "2001:{low}:{high}:1111:1111:1111:1111:1111/128")
        } else {
            writeln!(
                body,
                "1{}.{}.{b}.{}/32",
                a / 100,
                100 + a % 100,
                128 + n % 2 * 2
            )
        };
        written.unwrap();
    }
    assert!(body.len() <= bytes);
    body.into_bytes()
}

/// What the worker that parses holds in the end. The bytes are with the proxy.
fn load(v6: bool) -> (FeedList, FeedTable) {
    let mut parser = FeedParser::new(body(v6), true, IfEmpty::Fail);
    let compiled = loop {
        match parser.step(SLICE) {
            Progress::More => {}
            Progress::Done(list) => break list.encode(),
            Progress::Failed(error) => panic!("{error}"),
        }
    };
    let list = FeedList::decode(&compiled).unwrap();
    let table = FeedTable::build(&list, Duration::ZERO);
    assert_eq!(table.len(), 100_000);
    assert!(table.heap_bytes() > if v6 { 3_300_000 } else { 950_000 });
    (list, table)
}

#[wasm_bindgen_test]
fn linear_memory_of_a_feed_stays_within_its_bounds() {
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
            reloaded < 3 * bound / 2,
            "v6 {v6}: {first} bytes, then {reloaded}"
        );
        assert!(!current.1.is_empty());
        wasm_bindgen_test::console_log!("v6 {v6}: {first} bytes, after ten reloads {reloaded}");
    }
}
