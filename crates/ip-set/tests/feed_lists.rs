//! Lists as bytes, and tables of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::net::IpAddr;
use std::time::Duration;

use gatepost_config::parse_timestamp;
use gatepost_ip_set::feed::{DecodeError, FeedList, FeedParser, FeedTable, IfEmpty, Progress};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn parse(body: &str) -> FeedList {
    let mut parser = FeedParser::new(body.as_bytes().to_vec(), true, IfEmpty::Accept);
    loop {
        match parser.step(1000) {
            Progress::More => {}
            Progress::Done(list) => return list,
            Progress::Failed(error) => panic!("{error}"),
        }
    }
}

fn at(text: &str) -> Duration {
    parse_timestamp(text).unwrap()
}

fn lookup(table: &FeedTable, address: &str) -> Option<u8> {
    table.lookup(address.parse::<IpAddr>().unwrap())
}

const FEED: &str = "10.0.0.0/8\n10.1.2.3/16 expires=2026-02-01T00:00:00Z\n2001:db8::/32\n\
                    10.2.0.0/16 expires=2026-03-01T00:00:00Z\n10.2.0.0/15\n::1\n\
                    2001:db8::1 expires=2026-01-01T00:00:00Z\n";

#[test]
fn a_list_comes_back_from_its_bytes() {
    for body in ["", "10.0.0.0/8\n", "::/0\n", "0.0.0.0/0\n", FEED] {
        let list = parse(body);
        let bytes = list.encode();
        assert_eq!(FeedList::decode(&bytes), Ok(list.clone()), "{body}");
        assert_eq!(bytes.capacity(), bytes.len());
    }
    let list = FeedList::decode(&parse(FEED).encode()).unwrap();
    assert_eq!((list.len(), list.masked()), (7, 1));
}

#[test]
fn bytes_are_as_few_as_stated() {
    let bytes = |body: &str| parse(body).encode().len();
    assert_eq!(bytes(""), 28);
    assert_eq!(bytes("10.0.0.1\n10.0.0.2\n"), 28 + 2 * 5);
    assert_eq!(bytes("::1\n::2\n"), 28 + 2 * 17);
    assert_eq!(
        bytes("10.0.0.1\n::2 expires=2026-03-01T00:00:00Z\n"),
        28 + 5 + 17 + 9
    );
}

#[test]
fn bytes_that_are_cut_or_longer_are_no_list() {
    let bytes = parse(FEED).encode();
    for len in 0..bytes.len() {
        assert!(FeedList::decode(&bytes[..len]).is_err(), "{len}");
    }
    let longer = [&bytes[..], b"\0"].concat();
    assert_eq!(FeedList::decode(&longer), Err(DecodeError::Len));
}

#[test]
fn no_two_different_byte_strings_are_one_list() {
    let list = parse(FEED);
    let bytes = list.encode();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut other = bytes.clone();
            other[place] ^= 1 << bit;
            if let Ok(decoded) = FeedList::decode(&other) {
                assert_ne!(decoded, list, "byte {place} bit {bit}");
                assert_eq!(decoded.encode(), other, "byte {place} bit {bit}");
            }
        }
    }
}

/// A compiled list of IPv4 blocks and expiries, and one of IPv6 blocks.
fn compiled(v4: &[([u8; 4], u8)], expiries: &[(u32, [u8; 5])], v6: &[(u128, u8)]) -> Vec<u8> {
    let mut bytes = b"gp-feed\x01\0\0\0\0".to_vec();
    for len in [v4.len(), expiries.len(), v6.len(), 0] {
        bytes.extend(u32::try_from(len).unwrap().to_be_bytes());
    }
    for (first, prefix_len) in v4 {
        bytes.extend(first);
        bytes.push(*prefix_len);
    }
    for (place, expires) in expiries {
        bytes.extend(place.to_be_bytes());
        bytes.extend(expires);
    }
    for (first, prefix_len) in v6 {
        bytes.extend(first.to_be_bytes());
        bytes.push(*prefix_len);
    }
    bytes
}

#[test]
fn foreign_bytes_are_checked() {
    let (a, b) = (([10, 0, 0, 0], 8), ([10, 0, 0, 0], 9));
    let decode = |bytes: &[u8]| FeedList::decode(bytes).map(|list| list.len());
    assert_eq!(decode(&compiled(&[a, b], &[], &[(1, 128)])), Ok(3));
    for blocks in [
        &[b, a][..],
        &[a, a],
        &[([10, 0, 0, 1], 8)],
        &[([10, 0, 0, 0], 33)],
        &[([10, 0, 0, 0], 255)],
    ] {
        assert_eq!(decode(&compiled(blocks, &[], &[])), Err(DecodeError::Block));
    }
    for block in [
        (1, 127),
        (0, 129),
        (0xffff << 32, 96),
        ((0xffff << 32) | 1, 128),
    ] {
        assert_eq!(
            decode(&compiled(&[], &[], &[block])),
            Err(DecodeError::Block)
        );
    }
    // An IPv6 block around the IPv4-mapped ones is one of IPv6.
    assert_eq!(decode(&compiled(&[], &[], &[(0, 64)])), Ok(1));
    let soon = [0, 0, 0, 0, 1];
    assert_eq!(
        decode(&compiled(&[a, b], &[(0, soon), (1, soon)], &[])),
        Ok(2)
    );
    for expiries in [
        &[(2, soon)][..],
        &[(u32::MAX, soon)],
        &[(1, soon), (0, soon)],
        &[(1, soon), (1, soon)],
        &[(0, [255; 5])],
        // A second after the year 9999.
        &[(0, [0x3a, 0xff, 0xf4, 0x41, 0x80])],
    ] {
        assert_eq!(
            decode(&compiled(&[a, b], expiries, &[])),
            Err(DecodeError::Expiry),
            "{expiries:?}"
        );
    }
    assert_eq!(
        decode(&compiled(&[a], &[(0, [0x3a, 0xff, 0xf4, 0x41, 0x7f])], &[])),
        Ok(1)
    );
}

#[test]
fn a_length_that_lies_allocates_nothing() {
    for (place, error) in [
        (8, DecodeError::Entries),
        (12, DecodeError::Entries),
        (16, DecodeError::Len),
        (20, DecodeError::Entries),
        (24, DecodeError::Len),
    ] {
        let mut bytes = parse("").encode();
        bytes[place..place + 4].copy_from_slice(&[255; 4]);
        assert_eq!(FeedList::decode(&bytes), Err(error), "{place}");
    }
    for bytes in [&b""[..], b"gp-feed\x02", b"{}", &[0; 100]] {
        assert_eq!(FeedList::decode(bytes), Err(DecodeError::Layout));
    }
}

#[test]
fn an_empty_list_matches_nothing() {
    for table in [
        FeedTable::default(),
        FeedTable::build(&FeedList::default(), Duration::ZERO),
        FeedTable::build(
            &parse("0.0.0.0/0 expires=1970-01-01T00:00:00Z\n"),
            Duration::ZERO,
        ),
    ] {
        assert!(table.is_empty());
        for address in [
            "0.0.0.0",
            "10.0.0.1",
            "255.255.255.255",
            "::",
            "2001:db8::1",
        ] {
            assert_eq!(lookup(&table, address), None, "{address}");
        }
        assert_eq!(table.next_expiry(), None);
    }
}

#[test]
fn the_longest_prefix_that_counts_wins() {
    let list = parse(FEED);
    let (january, february, march) = (
        at("2026-01-01T00:00:00Z"),
        at("2026-02-01T00:00:00Z"),
        at("2026-03-01T00:00:00Z"),
    );
    let before = january - Duration::from_secs(1);
    for (wall, len, next, nested, beside, single) in [
        (
            Duration::ZERO,
            7,
            Some(january),
            Some(16),
            Some(16),
            Some(128),
        ),
        (before, 7, Some(january), Some(16), Some(16), Some(128)),
        // From the second of its expiry on an entry does not count.
        (january, 6, Some(february), Some(16), Some(16), Some(32)),
        (february, 5, Some(march), Some(8), Some(16), Some(32)),
        (march, 4, None, Some(8), Some(15), Some(32)),
        // The wall clock may go back.
        (before, 7, Some(january), Some(16), Some(16), Some(128)),
    ] {
        let table = FeedTable::build(&list, wall);
        assert_eq!(table.len(), len);
        assert_eq!(table.next_expiry(), next);
        assert_eq!(lookup(&table, "10.1.0.1"), nested);
        assert_eq!(lookup(&table, "::ffff:10.1.0.1"), nested);
        assert_eq!(lookup(&table, "10.2.0.0"), beside);
        assert_eq!(lookup(&table, "10.3.0.0"), Some(15));
        assert_eq!(lookup(&table, "10.4.0.0"), Some(8));
        assert_eq!(lookup(&table, "11.0.0.0"), None);
        assert_eq!(lookup(&table, "2001:db8::1"), single);
        assert_eq!(lookup(&table, "2001:db8::2"), Some(32));
        assert_eq!(lookup(&table, "2001:db9::"), None);
    }
}

#[test]
fn a_fraction_of_a_second_before_its_expiry_an_entry_counts() {
    let list = parse("10.0.0.1 expires=2026-01-01T00:00:00Z\n");
    let expires = at("2026-01-01T00:00:00Z");
    let before = FeedTable::build(&list, expires - Duration::from_nanos(1));
    assert_eq!(lookup(&before, "10.0.0.1"), Some(32));
    let after = FeedTable::build(&list, expires);
    assert_eq!(lookup(&after, "10.0.0.1"), None);
    let never = FeedTable::build(&list, Duration::MAX);
    assert_eq!(lookup(&never, "10.0.0.1"), None);
}

#[test]
fn the_families_do_not_meet() {
    let table = FeedTable::build(&parse("0.0.0.0/0\n"), Duration::ZERO);
    assert_eq!(lookup(&table, "255.255.255.255"), Some(0));
    assert_eq!(lookup(&table, "::ffff:1.2.3.4"), Some(0));
    assert_eq!(lookup(&table, "::1.2.3.4"), None);
    let table = FeedTable::build(&parse("::/0\n"), Duration::ZERO);
    assert_eq!(lookup(&table, "ffff::"), Some(0));
    assert_eq!(lookup(&table, "1.2.3.4"), None);
}

#[test]
fn debug_output_holds_sizes_only() {
    let list = parse("192.0.2.77\n");
    let table = FeedTable::build(&list, Duration::ZERO);
    let parser = FeedParser::new(b"192.0.2.77\n".to_vec(), true, IfEmpty::Fail);
    let shown = format!("{list:?} {table:?} {parser:?}");
    assert!(!shown.contains("77"), "{shown}");
    assert!(shown.contains("len: 1"), "{shown}");
}
