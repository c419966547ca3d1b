//! Feeds against a plain scan of their entries, at any time.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

use std::net::IpAddr;
use std::time::Duration;

use gatepost_ip_set::Cidr;
use gatepost_ip_set::feed::{
    FeedError, FeedList, FeedParser, FeedTable, IfEmpty, Progress, parse_json,
};
use proptest::collection::vec;
use proptest::prelude::*;

type Entry = (Cidr, Option<u64>);

/// Few different bits, so that blocks nest, touch and repeat.
fn cidr() -> impl Strategy<Value = Cidr> {
    let v4 = prop_oneof![
        (0_u32..64, 26_u8..=32),
        (0_u32..64, 26_u8..=32).prop_map(|(low, len)| (u32::MAX ^ low, len)),
        (0_u32..8, 0_u8..=4).prop_map(|(high, len)| (high << 29, len)),
        (any::<u32>(), 0_u8..=32),
    ];
    let v6 = prop_oneof![
        (0_u128..64, 122_u8..=128),
        (0_u128..64, 122_u8..=128).prop_map(|(low, len)| (u128::MAX ^ low, len)),
        (0_u128..8, 0_u8..=4).prop_map(|(high, len)| (high << 125, len)),
        (any::<u128>(), 0_u8..=128),
    ];
    prop_oneof![
        v4.prop_map(|(bits, len)| Cidr::containing(IpAddr::V4(bits.into()), len)),
        v6.prop_map(|(bits, len)| Cidr::containing(IpAddr::V6(bits.into()), len)),
    ]
    .prop_filter_map("an IPv4-mapped block", |cidr| cidr)
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    vec((cidr(), prop::option::of(0_u64..12)), 0..40)
}

fn text(entries: &[Entry]) -> String {
    let line = |(cidr, expires): &Entry| match expires {
        None => format!("{cidr}\n"),
        Some(second) => format!("{cidr} expires=1970-01-01T00:00:{second:02}Z\n"),
    };
    entries.iter().map(line).collect()
}

fn json(entries: &[Entry]) -> String {
    let element = |(cidr, expires): &Entry| match expires {
        None => format!("\"{cidr}\""),
        Some(second) => {
            format!(r#"{{"cidr":"{cidr}","expires":"1970-01-01T00:00:{second:02}Z"}}"#)
        }
    };
    let elements: Vec<_> = entries.iter().map(element).collect();
    format!("[{}]", elements.join(","))
}

fn parse(body: &[u8], is_whole: bool, steps: &[usize]) -> Result<FeedList, FeedError> {
    let mut parser = FeedParser::new(body.to_vec(), is_whole, IfEmpty::Accept);
    let mut steps = steps.iter().copied().cycle();
    // Every step gets on, so there is a bound on how many there are.
    for _ in 0..2 * body.len() + 10 {
        match parser.step(steps.next().unwrap_or(1)) {
            Progress::More => {}
            Progress::Done(list) => return Ok(list),
            Progress::Failed(error) => return Err(error),
        }
    }
    panic!("no end of {} bytes", body.len());
}

fn longest_by_scan(entries: &[Entry], wall: Duration, address: IpAddr) -> Option<u8> {
    let counts = |expires: &Option<u64>| expires.is_none_or(|at| wall < Duration::from_secs(at));
    let holding = entries
        .iter()
        .filter(|(cidr, expires)| counts(expires) && cidr.contains(address));
    holding.map(|(cidr, _)| cidr.prefix_len()).max()
}

/// Both ends of a block, and their neighbours.
fn edges(cidr: Cidr) -> [IpAddr; 4] {
    match cidr.first_address() {
        IpAddr::V4(first) => {
            let host = u32::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            let (first, last) = (first.to_bits(), first.to_bits() | host);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| IpAddr::V4(bits.into()))
        }
        IpAddr::V6(first) => {
            let host = u128::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            let (first, last) = (first.to_bits(), first.to_bits() | host);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| IpAddr::V6(bits.into()))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn tables_agree_with_a_scan_at_any_time(
        entries in entries(),
        // Forwards and backwards, in quarters of a second.
        times in vec(0_u64..60, 1..6),
        steps in vec(1_usize..50, 1..4),
    ) {
        let list = parse(text(&entries).as_bytes(), true, &steps).unwrap();
        let list = FeedList::decode(&list.encode()).unwrap();
        for wall in times.iter().map(|quarters| Duration::from_millis(quarters * 250)) {
            let table = FeedTable::build(&list, wall);
            for address in entries.iter().flat_map(|(cidr, _)| edges(*cidr)) {
                let expected = longest_by_scan(&entries, wall, address);
                prop_assert_eq!(table.lookup(address), expected, "{} at {:?}", address, wall);
            }
            // Nothing changes before the next expiry, and something does then.
            let latest = |expires: Option<u64>| expires.unwrap_or(u64::MAX);
            let mut of_blocks = std::collections::BTreeMap::new();
            for (cidr, expires) in &entries {
                let known = of_blocks.entry(*cidr).or_insert(0);
                *known = latest(*expires).max(*known);
            }
            let living = of_blocks.values().filter(|at| wall < Duration::from_secs(**at));
            prop_assert_eq!(table.len(), living.clone().count());
            let next = living.min().filter(|at| **at < u64::MAX);
            prop_assert_eq!(table.next_expiry(), next.copied().map(Duration::from_secs));
        }
    }

    #[test]
    fn lines_and_json_are_one_list(entries in entries(), steps in vec(1_usize..50, 1..4)) {
        let of_text = parse(text(&entries).as_bytes(), true, &steps).unwrap();
        let of_json = parse_json(json(&entries).as_bytes(), IfEmpty::Accept).unwrap();
        prop_assert_eq!(&of_text, &of_json);
        let mut expected: Vec<_> = entries
            .iter()
            .map(|(cidr, expires)| (*cidr, expires.is_none(), expires.map(Duration::from_secs)))
            .collect();
        expected.sort_unstable();
        expected.reverse();
        expected.dedup_by_key(|(cidr, ..)| *cidr);
        expected.reverse();
        let expected: Vec<_> = expected.into_iter().map(|(cidr, _, at)| (cidr, at)).collect();
        prop_assert_eq!(of_text.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn where_steps_end_changes_nothing(body in hostile(), is_whole: bool, steps in vec(1_usize..9, 1..5)) {
        let at_once = parse(&body, is_whole, &[1_000_000]);
        prop_assert_eq!(parse(&body, is_whole, &steps), at_once);
    }

    #[test]
    fn no_bytes_break_a_decoder(bytes in vec(any::<u8>(), 0..80), entries in entries(), place in 0_usize..200, byte: u8) {
        let _ = FeedList::decode(&bytes);
        let mut damaged = parse(text(&entries).as_bytes(), true, &[100]).unwrap().encode();
        if let Some(old) = damaged.get_mut(place) {
            *old = byte;
        }
        if let Ok(list) = FeedList::decode(&damaged) {
            prop_assert_eq!(list.encode(), damaged);
        }
    }
}

/// Pieces of feeds, whole and broken.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"10.0.0.0/8"[..],
        b"10.1.2.3/8",
        b"::1",
        b"1.1.1.1",
        b" expires=1970-01-01T00:00:01Z",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"#",
        b";",
        b" ",
        b"\t",
        b"\xe2\x82\xac",
        b"\xe2",
        b"\0",
        b"\xef\xbb\xbf",
        b"x",
        b"                                                                                ",
        b"# -------------------------------------------------------------------------------",
    ]);
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}
