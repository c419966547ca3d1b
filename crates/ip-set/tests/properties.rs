//! The tables against two oracles, a scan of all CIDRs and a trie.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::net::IpAddr;

use gatepost_ip_set::client_address::forwarded::elements;
use gatepost_ip_set::client_address::{Hops, Trust, from_forwarded, from_x_forwarded_for};
use gatepost_ip_set::{
    AddressLists, Cidr, CidrList, IpSet, parse_address, parse_element, parse_peer,
};
use prefix_trie::PrefixMap;
use proptest::collection::vec;
use proptest::prelude::*;

/// Few different bits, so that blocks nest, touch and repeat, at the ends of
/// the address space too.
fn address() -> impl Strategy<Value = IpAddr> {
    let v4 = prop_oneof![
        (0_u32..64).prop_map(|low| low),
        (0_u32..64).prop_map(|low| u32::MAX ^ low),
        (0_u32..8, 0_u32..8).prop_map(|(high, low)| (high << 29) | low),
        any::<u32>(),
    ];
    let v6 = prop_oneof![
        (0_u128..64).prop_map(|low| low),
        (0_u128..64).prop_map(|low| u128::MAX ^ low),
        (0_u128..8, 0_u128..8).prop_map(|(high, low)| (high << 125) | low),
        (0_u128..64).prop_map(|low| (0xffff << 32) | low),
        any::<u128>(),
    ];
    prop_oneof![
        v4.prop_map(|bits| IpAddr::V4(bits.into())),
        v6.prop_map(|bits| IpAddr::V6(bits.into()))
    ]
}

fn cidr() -> impl Strategy<Value = Cidr> {
    (address(), 0_u8..=128).prop_map(|(address, prefix_len)| {
        Cidr::containing(address, prefix_len)
            .or_else(|| Cidr::containing(address, prefix_len % 33))
            .unwrap_or_else(|| Cidr::from(address))
    })
}

/// Where an error would show: both ends of every block, and their neighbours.
fn edges(cidr: Cidr) -> Vec<IpAddr> {
    match cidr.first_address() {
        IpAddr::V4(first) => {
            let host = u32::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            let (first, last) = (first.to_bits(), first.to_bits() | host);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| IpAddr::V4(bits.into()))
                .to_vec()
        }
        IpAddr::V6(first) => {
            let host = u128::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
            let (first, last) = (first.to_bits(), first.to_bits() | host);
            [first, last, first.wrapping_sub(1), last.wrapping_add(1)]
                .map(|bits| IpAddr::V6(bits.into()))
                .to_vec()
        }
    }
}

fn longest_by_scan(cidrs: &[Cidr], address: IpAddr) -> Option<u8> {
    let holding = cidrs.iter().filter(|cidr| cidr.contains(address));
    holding.map(Cidr::prefix_len).max()
}

struct Tries {
    v4: PrefixMap<(u32, u8), ()>,
    v6: PrefixMap<(u128, u8), ()>,
}

impl Tries {
    fn of(cidrs: &[Cidr]) -> Self {
        let mut tries = Self {
            v4: PrefixMap::new(),
            v6: PrefixMap::new(),
        };
        for cidr in cidrs {
            match cidr.first_address() {
                IpAddr::V4(first) => {
                    tries.v4.insert((first.to_bits(), cidr.prefix_len()), ());
                }
                IpAddr::V6(first) => {
                    tries.v6.insert((first.to_bits(), cidr.prefix_len()), ());
                }
            }
        }
        tries
    }

    fn longest(&self, address: IpAddr) -> Option<u8> {
        match address.to_canonical() {
            IpAddr::V4(address) => self
                .v4
                .get_lpm(&(address.to_bits(), 32))
                .map(|(prefix, ())| prefix.1),
            IpAddr::V6(address) => self
                .v6
                .get_lpm(&(address.to_bits(), 128))
                .map(|(prefix, ())| prefix.1),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn tables_agree_with_a_scan_and_a_trie(
        lists in vec(vec(cidr(), 0..24), 0..6),
        more in vec(address(), 0..32),
    ) {
        let compact: Vec<CidrList> = lists.iter().map(|list| list.iter().copied().collect()).collect();
        let mut builder = AddressLists::builder();
        let ids: Vec<_> = compact.iter().map(|list| builder.add_list(list).unwrap()).collect();
        let table = builder.build().unwrap();
        let sets: Vec<_> = compact.iter().map(IpSet::from).collect();
        let tries: Vec<_> = lists.iter().map(|list| Tries::of(list)).collect();

        let addresses = lists.iter().flatten().flat_map(|cidr| edges(*cidr)).chain(more);
        for address in addresses {
            let membership = table.lookup(address);
            let mut holding = 0;
            for (((list, id), set), trie) in lists.iter().zip(&ids).zip(&sets).zip(&tries) {
                let longest = longest_by_scan(list, address);
                prop_assert_eq!(trie.longest(address), longest, "trie, {}", address);
                prop_assert_eq!(membership.prefix_len(*id), longest, "table, {}", address);
                prop_assert_eq!(set.contains(address), longest.is_some(), "set, {}", address);
                holding += usize::from(longest.is_some());
            }
            prop_assert_eq!(membership.iter().count(), holding);
            prop_assert_eq!(membership.is_empty(), holding == 0);
        }
    }

    #[test]
    fn a_printed_cidr_reads_back(cidr in cidr()) {
        prop_assert_eq!(Cidr::parse(&cidr.to_string()), Ok(cidr));
    }

    #[test]
    fn a_printed_address_reads_back(address in address(), port in any::<u16>()) {
        let canonical = address.to_canonical();
        prop_assert_eq!(parse_address(address.to_string()), Ok(canonical));
        let printed = std::net::SocketAddr::new(address, port).to_string();
        prop_assert_eq!(parse_peer(printed.as_bytes()), Ok(canonical));
        prop_assert_eq!(parse_element(printed.as_bytes()), Ok(canonical));
    }

    #[test]
    fn a_list_keeps_exactly_its_different_cidrs(cidrs in vec(cidr(), 0..64)) {
        let list: CidrList = cidrs.iter().copied().collect();
        let mut expected = cidrs;
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(list.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn no_bytes_break_a_reader(bytes in hostile(), hops in 0_u8..=Hops::MAX, appended in any::<bool>()) {
        let _ = parse_address(&bytes);
        let _ = parse_peer(&bytes);
        let _ = parse_element(&bytes);
        let _ = Cidr::parse_masking(&String::from_utf8_lossy(&bytes));
        let _ = elements(&bytes).count();
        let trusted: CidrList = [Cidr::parse("0.0.0.0/1").unwrap()].into_iter().collect();
        let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'|').collect();
        let peer = Some(IpAddr::from([1, 2, 3, 4]));
        for trust in [Trust::Hops(Hops::new(hops).unwrap()), Trust::Proxies(IpSet::from(&trusted))] {
            let _ = from_x_forwarded_for(lines.iter().copied(), peer, appended, &trust);
            let _ = from_forwarded(lines.iter().copied(), peer, &trust);
        }
    }

    #[test]
    fn what_a_client_writes_on_the_left_does_not_move_the_client(left in hostile()) {
        let trusted: CidrList = [Cidr::parse("192.0.2.0/24").unwrap()].into_iter().collect();
        let header = [&left, &b","[..], b"9.9.9.9, 192.0.2.7"].concat();
        for trust in [Trust::Hops(Hops::new(1).unwrap()), Trust::Proxies(IpSet::from(&trusted))] {
            let client = from_x_forwarded_for(
                std::iter::once(&header[..]), Some(IpAddr::from([192, 0, 2, 1])), false, &trust,
            );
            prop_assert_eq!(client, Ok(IpAddr::from([9, 9, 9, 9])));
        }
    }
}

/// Bytes of the kind that readers look at, and any others.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let telling = prop::sample::select(b"0123456789abf:.,;=\"\\[]% \t|/_for-".to_vec());
    vec(prop_oneof![9 => telling, 1 => any::<u8>()], 0..96)
}
