//! How long the steps of large feeds take. Nothing is proven here; run by hand:
//!
//! ```sh
//! cargo test --release -p gatepost-ip-set --test feed_speed -- --ignored --nocapture
//! ```
//!
//! and as a module runs it, with `--profile wasm --target wasm32-wasip1` and a
//! runner with WASI, such as a few lines of Node.
#![cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods
)]

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use gatepost_ip_set::feed::{
    FeedList, FeedParser, FeedTable, IfEmpty, Progress, SLICE, parse_json,
};

/// Entries in no order and of full length, every third one with an expiry.
fn lines(entries: u32, v6: bool) -> Vec<u8> {
    let mut body = String::new();
    for n in 0..entries {
        let bits = n.wrapping_mul(0x9e37_79b1);
        if v6 {
            let bits = u128::from(bits) * 0x0001_0001_0001_0001_0001;
            write!(body, "{}/128", Ipv6Addr::from(bits | 1 << 125)).unwrap();
        } else {
            write!(body, "{}/32", Ipv4Addr::from(bits)).unwrap();
        }
        let expires = " expires=2026-07-01T08:30:00+02:00";
        body.push_str(if n % 3 == 0 { expires } else { "" });
        body.push('\n');
    }
    body.into_bytes()
}

#[test]
#[ignore = "prints times, proves nothing"]
fn how_long_a_step_takes() {
    for (name, body) in [
        ("100,000 IPv4", lines(100_000, false)),
        ("100,000 IPv6", lines(100_000, true)),
        ("2^20 IPv6", lines(1 << 20, true)),
        (
            "a comment of 8 MB",
            [b"#", &b"-".repeat(8_000_000)[..], b"\n::\n"].concat(),
        ),
        (
            "8 MB of blank lines",
            [&b"\n".repeat(8_000_000)[..], b"::\n"].concat(),
        ),
        (
            "8 MB of long lines",
            format!("{:>510}\n", "::").repeat(16_000).into_bytes(),
        ),
    ] {
        let mut parser = FeedParser::new(body, false, IfEmpty::Fail);
        let (mut worst, mut total, mut steps) = (Duration::ZERO, Duration::ZERO, 0);
        let list = loop {
            let start = Instant::now();
            let progress = parser.step(SLICE);
            let took = start.elapsed();
            (worst, total, steps) = (worst.max(took), total + took, steps + 1);
            match progress {
                Progress::More => {}
                Progress::Done(list) => break list,
                Progress::Failed(error) => panic!("{error}"),
            }
        };
        println!("{name}: {steps} steps of {SLICE} entries, {total:?}, the longest {worst:?}");
        print(&list);
    }
}

#[test]
#[ignore = "prints times, proves nothing"]
fn how_long_json_takes() {
    for v6 in [false, true] {
        let lines = String::from_utf8(lines(100_000, v6)).unwrap();
        let elements: Vec<_> = lines
            .lines()
            .map(|line| match line.split_once(" expires=") {
                None => format!("\"{line}\""),
                Some((cidr, at)) => format!(r#"{{"cidr":"{cidr}","expires":"{at}"}}"#),
            })
            .collect();
        let body = format!("[{}]", elements.join(","));
        let start = Instant::now();
        let list = parse_json(body.as_bytes(), IfEmpty::Fail).unwrap();
        println!("JSON of {} bytes: {:?}", body.len(), start.elapsed());
        print(&list);
    }
}

fn print(list: &FeedList) {
    let start = Instant::now();
    let bytes = list.encode();
    let encode = start.elapsed();
    let start = Instant::now();
    let list = FeedList::decode(&bytes).unwrap();
    let decode = start.elapsed();
    let start = Instant::now();
    let table = FeedTable::build(&list, Duration::ZERO);
    let build = start.elapsed();
    println!(
        "    {} entries: encode {encode:?}, decode {decode:?}, build {build:?}, {} bytes",
        table.len(),
        table.heap_bytes()
    );
}
