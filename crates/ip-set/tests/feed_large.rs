//! Feeds of 100,000 entries: right and small.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

use gatepost_ip_set::Cidr;
use gatepost_ip_set::feed::{FeedList, FeedParser, FeedTable, IfEmpty, Progress, SLICE};
use prefix_trie::PrefixMap;

const ENTRIES: usize = 100_000;
const WALL: Duration = Duration::from_secs(1_000_000);

/// The same numbers on every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn cidr(&mut self, v6: bool) -> Cidr {
        let (high, low) = (u128::from(self.next()), u128::from(self.next()));
        if v6 {
            // Inside of 2000::/3, as the addresses of the internet are.
            let bits = (((high << 64) | low) >> 3) | (1 << 125);
            let prefix_len = u8::try_from(20 + self.next() % 109).unwrap();
            Cidr::containing(IpAddr::V6(bits.into()), prefix_len).unwrap()
        } else {
            let bits = u32::try_from(high & 0xffff_ffff).unwrap();
            let prefix_len = u8::try_from(16 + self.next() % 17).unwrap();
            Cidr::containing(IpAddr::V4(bits.into()), prefix_len).unwrap()
        }
    }
}

/// Entries in no order, every third one with an expiry around [`WALL`].
fn entries(seed: u64, v6: bool) -> Vec<(Cidr, Option<u64>)> {
    let mut numbers = Numbers(seed);
    (0..ENTRIES)
        .map(|_| {
            let expires = numbers.next() % (3 * 86_400);
            let expires = (expires < 86_400).then_some(956_800 + expires);
            (numbers.cidr(v6), expires)
        })
        .collect()
}

fn body(entries: &[(Cidr, Option<u64>)]) -> Vec<u8> {
    let mut body = String::new();
    for (cidr, expires) in entries {
        write!(body, "{cidr}").unwrap();
        if let Some(wall) = expires {
            let (day, time) = (wall / 86_400, wall % 86_400);
            // Days 11 and 12 of 1970.
            write!(
                body,
                " expires=1970-01-{:02}T{:02}:{:02}:{:02}Z",
                day + 1,
                time / 3600,
                time / 60 % 60,
                time % 60
            )
            .unwrap();
        }
        body.push('\n');
    }
    body.into_bytes()
}

fn parse(body: Vec<u8>, slice: usize) -> FeedList {
    let mut parser = FeedParser::new(body, false, IfEmpty::Fail);
    loop {
        match parser.step(slice) {
            Progress::More => {}
            Progress::Done(list) => return list,
            Progress::Failed(error) => panic!("{error}"),
        }
    }
}

fn edges(cidr: Cidr) -> [IpAddr; 2] {
    match cidr.first_address() {
        IpAddr::V4(first) => [0, 1].map(|back| {
            let bits = first.to_bits().wrapping_sub(back);
            IpAddr::V4(bits.into())
        }),
        IpAddr::V6(first) => [0, 1].map(|back| {
            let bits = first.to_bits().wrapping_sub(back);
            IpAddr::V6(bits.into())
        }),
    }
}

#[test]
fn a_feed_of_100_000_agrees_with_a_trie() {
    for v6 in [false, true] {
        let entries = entries(1, v6);
        let list = parse(body(&entries), SLICE);
        let decoded = FeedList::decode(&list.encode()).unwrap();
        assert_eq!(decoded, list);
        let table = FeedTable::build(&decoded, WALL);
        let mut trie = PrefixMap::<(u128, u8), ()>::new();
        let key = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
            IpAddr::V6(address) => address.to_bits(),
        };
        let counts = |expires: &Option<u64>| expires.is_none_or(|at| WALL.as_secs() < at);
        let living = entries.iter().filter(|(_, expires)| counts(expires));
        for (cidr, _) in living.clone() {
            trie.insert((key(cidr.first_address()), cidr.prefix_len()), ());
        }
        assert_eq!(table.len(), trie.iter().count());
        assert!((70_000..99_000).contains(&table.len()), "{}", table.len());
        let next = living.filter_map(|(_, expires)| *expires).min();
        assert_eq!(table.next_expiry(), next.map(Duration::from_secs));
        for (cidr, _) in entries.iter().step_by(7) {
            for address in edges(*cidr) {
                let expected = trie
                    .get_lpm(&(key(address), 128))
                    .map(|(prefix, ())| prefix.1);
                assert_eq!(table.lookup(address), expected, "{address}");
            }
        }
    }
}

#[test]
fn a_feed_of_100_000_stays_within_its_bytes() {
    for (v6, list_bytes, compiled, table_bytes) in [(false, 10, 5, 10), (true, 22, 17, 34)] {
        // Apart from each other, which is the largest case.
        let entries: Vec<_> = (0..100_000_u32)
            .map(|n| {
                let address = if v6 {
                    IpAddr::V6((u128::from(n) << 64).into())
                } else {
                    IpAddr::V4((n * 3).into())
                };
                (Cidr::from(address), None)
            })
            .collect();
        let list = parse(body(&entries), SLICE);
        assert_eq!(list.heap_bytes(), list_bytes * ENTRIES);
        assert_eq!(list.encode().len(), 28 + compiled * ENTRIES);
        let decoded = FeedList::decode(&list.encode()).unwrap();
        assert_eq!(decoded.heap_bytes(), list_bytes * ENTRIES);
        let table = FeedTable::build(&list, WALL);
        let most = table_bytes * ENTRIES + 22;
        assert!(
            (most - 40..=most).contains(&table.heap_bytes()),
            "{most} {}",
            table.heap_bytes()
        );
    }
}
