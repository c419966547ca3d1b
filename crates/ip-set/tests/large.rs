//! Lists of 100,000 entries: right, small and quick.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use std::net::IpAddr;

use gatepost_ip_set::{AddressLists, Cidr, CidrList, IpSet};
use prefix_trie::PrefixMap;

const ENTRIES: usize = 100_000;

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

    fn v4(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).unwrap()
    }

    fn v6(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn cidrs(numbers: &mut Numbers, v6: bool) -> Vec<Cidr> {
    (0..ENTRIES)
        .map(|_| {
            if v6 {
                // Inside of 2000::/3, as the addresses of the internet are.
                let bits = (numbers.v6() >> 3) | (1 << 125);
                let prefix_len = u8::try_from(20 + numbers.below(109)).unwrap();
                Cidr::containing(IpAddr::V6(bits.into()), prefix_len).unwrap()
            } else {
                let prefix_len = u8::try_from(16 + numbers.below(17)).unwrap();
                Cidr::containing(IpAddr::V4(numbers.v4().into()), prefix_len).unwrap()
            }
        })
        .collect()
}

fn any_address(numbers: &mut Numbers, v6: bool) -> IpAddr {
    if v6 {
        IpAddr::V6(numbers.v6().into())
    } else {
        IpAddr::V4(numbers.v4().into())
    }
}

fn document(cidrs: &[Cidr]) -> String {
    serde_json::to_string(&cidrs.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
}

fn compile(list: &CidrList) -> AddressLists {
    let mut builder = AddressLists::builder();
    builder.add_list(list).unwrap();
    builder.build().unwrap()
}

#[test]
fn a_list_of_100_000_agrees_with_a_trie() {
    // 22
    let mut numbers = Numbers(1);
    for v6 in [false, true] {
        let cidrs = cidrs(&mut numbers, v6);
        let list: CidrList = gatepost_config::read(document(&cidrs).as_bytes()).unwrap();
        let (table, set) = (compile(&list), IpSet::from(&list));
        let id = table
            .lookup(cidrs[0].first_address())
            .iter()
            .next()
            .unwrap()
            .list;
        let mut v4_trie = PrefixMap::<(u32, u8), ()>::new();
        let mut v6_trie = PrefixMap::<(u128, u8), ()>::new();
        for cidr in &cidrs {
            match cidr.first_address() {
                IpAddr::V4(first) => drop(v4_trie.insert((first.to_bits(), cidr.prefix_len()), ())),
                IpAddr::V6(first) => drop(v6_trie.insert((first.to_bits(), cidr.prefix_len()), ())),
            }
        }
        let mut hits = 0;
        for round in 0..10_000 {
            let address = match round % 3 {
                // The first address of an entry, one near it, any.
                0 => cidrs[round * 7 % ENTRIES].first_address(),
                1 => match cidrs[round * 7 % ENTRIES].first_address() {
                    IpAddr::V4(first) => IpAddr::V4(first.to_bits().wrapping_sub(1).into()),
                    IpAddr::V6(first) => IpAddr::V6(first.to_bits().wrapping_sub(1).into()),
                },
                _ => any_address(&mut numbers, v6),
            };
            let expected = match address {
                IpAddr::V4(address) => v4_trie
                    .get_lpm(&(address.to_bits(), 32))
                    .map(|(prefix, ())| prefix.1),
                IpAddr::V6(address) => v6_trie
                    .get_lpm(&(address.to_bits(), 128))
                    .map(|(prefix, ())| prefix.1),
            };
            assert_eq!(table.lookup(address).prefix_len(id), expected, "{address}");
            assert_eq!(set.contains(address), expected.is_some(), "{address}");
            hits += usize::from(expected.is_some());
        }
        assert!((3000..10_000).contains(&hits), "{hits}");
    }
}

#[test]
fn a_list_of_100_000_stays_within_its_bytes() {
    let mut numbers = Numbers(2);
    for (v6, list_bytes, table_bytes, set_bytes) in [(false, 5, 12, 8), (true, 17, 36, 32)] {
        // Apart from each other, which is the largest case.
        let list: CidrList = (0..ENTRIES)
            .map(|_| Cidr::from(any_address(&mut numbers, v6)))
            .collect();
        assert!(
            list.heap_bytes() <= list_bytes * ENTRIES,
            "{}",
            list.heap_bytes()
        );
        let table = compile(&list).heap_bytes();
        assert!(table <= table_bytes * ENTRIES + 64, "{table}");
        assert!(table > table_bytes * ENTRIES * 9 / 10, "{table}");
        let set = IpSet::from(&list).heap_bytes();
        assert!(set <= set_bytes * ENTRIES, "{set}");
    }
}

#[test]
fn neighbours_with_one_membership_become_one_piece() {
    let list: CidrList = (0..100_000_u32)
        .map(|n| Cidr::from(IpAddr::V4(n.into())))
        .collect();
    assert!(compile(&list).heap_bytes() < 100);
    assert!(IpSet::from(&list).heap_bytes() < 100);
}

/// Run by hand: `cargo test --release -p gatepost-ip-set --test large -- --ignored --nocapture`.
#[test]
#[ignore = "prints times, proves nothing"]
#[allow(clippy::disallowed_methods)]
fn how_long_100_000_entries_take() {
    use std::time::{Duration, Instant};
    let mut numbers = Numbers(3);
    for v6 in [false, true] {
        let document = document(&cidrs(&mut numbers, v6));
        let mut best = [Duration::MAX; 3];
        let mut bytes = 0;
        for _ in 0..20 {
            let start = Instant::now();
            let list: CidrList = gatepost_config::read(document.as_bytes()).unwrap();
            best[0] = best[0].min(start.elapsed());
            let start = Instant::now();
            let table = compile(&list);
            best[1] = best[1].min(start.elapsed());
            let addresses: Vec<_> = (0..100_000)
                .map(|_| any_address(&mut numbers, v6))
                .collect();
            let start = Instant::now();
            let hits = addresses
                .iter()
                .filter(|address| !table.lookup(**address).is_empty());
            assert!(hits.count() > 0);
            best[2] = best[2].min(start.elapsed() / 100_000);
            bytes = table.heap_bytes();
        }
        println!(
            "v6 {v6}: {} bytes of text, {bytes} bytes, [read, build, lookup] {best:?}",
            document.len()
        );
    }
}
