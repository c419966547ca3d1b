//! Lists compiled together, and plain sets.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::net::IpAddr;

use gatepost_ip_set::{AddressLists, AddressListsError, Cidr, CidrList, IpSet};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn list(cidrs: &[&str]) -> CidrList {
    cidrs
        .iter()
        .map(|cidr| Cidr::parse(cidr).unwrap())
        .collect()
}

fn set(cidrs: &[&str]) -> IpSet {
    IpSet::from(&list(cidrs))
}

fn compile(lists: &[CidrList]) -> AddressLists {
    let mut builder = AddressLists::builder();
    for list in lists {
        builder.add_list(list).unwrap();
    }
    builder.build().unwrap()
}

/// The places of the lists that hold the address, with their prefix lengths.
fn members(lists: &AddressLists, address: &str) -> Vec<(usize, u8)> {
    let membership = lists.lookup(ip(address));
    membership
        .iter()
        .map(|member| {
            assert_eq!(membership.prefix_len(member.list), Some(member.prefix_len));
            (member.list.index(), member.prefix_len)
        })
        .collect()
}

#[test]
fn an_ipv4_entry_matches_ipv4_and_mapped_addresses_only() {
    let set = set(&["10.0.0.0/8"]);
    for inside in ["10.0.0.1", "::ffff:10.0.0.1", "::ffff:a00:1"] {
        assert!(set.contains(ip(inside)), "{inside}"); // 8
    }
    // 10, 11, 12
    for outside in ["::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "::a00:1"] {
        assert!(!set.contains(ip(outside)), "{outside}");
    }
    let lists = compile(&[list(&["10.0.0.0/8"])]);
    assert_eq!(members(&lists, "::ffff:a00:1"), [(0, 8)]);
    assert_eq!(members(&lists, "::a00:1"), []);
}

#[test]
fn the_whole_of_a_family_is_nothing_of_the_other() {
    // 15
    let (v4, v6) = (set(&["0.0.0.0/0"]), set(&["::/0"]));
    for address in ["0.0.0.0", "255.255.255.255", "::ffff:1.2.3.4"] {
        assert!(
            v4.contains(ip(address)) && !v6.contains(ip(address)),
            "{address}"
        );
    }
    for address in ["::", "::1.2.3.4", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
        assert!(
            v6.contains(ip(address)) && !v4.contains(ip(address)),
            "{address}"
        );
    }
    let lists = compile(&[list(&["0.0.0.0/0"]), list(&["::/0"])]);
    assert_eq!(members(&lists, "1.2.3.4"), [(0, 0)]);
    assert_eq!(members(&lists, "2001:db8::"), [(1, 0)]);
}

#[test]
fn an_empty_list_matches_nothing() {
    // 20: what nothing means is the rule's to say.
    assert!(set(&[]).is_empty());
    assert!(!set(&[]).contains(ip("0.0.0.0")));
    assert!(!set(&[]).contains(ip("::")));
    let lists = compile(&[list(&[])]);
    assert!(lists.lookup(ip("10.0.0.1")).is_empty());
    assert!(compile(&[]).lookup(ip("::1")).is_empty());
    assert_eq!((lists.len(), lists.is_empty()), (1, false));
}

#[test]
fn overlapping_lists_each_tell_their_longest_prefix() {
    // 18, 19: a rule can let a list win by order or by prefix length.
    let lists = compile(&[
        list(&["10.0.0.0/8", "10.1.2.0/24"]),
        list(&["10.1.0.0/16", "10.1.2.3/32"]),
    ]);
    assert_eq!(members(&lists, "10.0.0.1"), [(0, 8)]);
    assert_eq!(members(&lists, "10.1.0.1"), [(0, 8), (1, 16)]);
    assert_eq!(members(&lists, "10.1.2.1"), [(0, 24), (1, 16)]);
    assert_eq!(members(&lists, "10.1.2.3"), [(0, 24), (1, 32)]);
    assert_eq!(members(&lists, "10.1.2.4"), [(0, 24), (1, 16)]);
    assert_eq!(members(&lists, "10.1.3.0"), [(0, 8), (1, 16)]);
    assert_eq!(members(&lists, "10.2.0.0"), [(0, 8)]);
    assert_eq!(members(&lists, "9.255.255.255"), []);
    assert_eq!(members(&lists, "11.0.0.0"), []);
}

#[test]
fn a_hole_in_the_whole_is_one_address_wide() {
    // 24
    let lists = compile(&[list(&["0.0.0.0/0", "::/0"]), list(&["10.0.0.1/32", "::1"])]);
    assert_eq!(members(&lists, "10.0.0.1"), [(0, 0), (1, 32)]);
    assert_eq!(members(&lists, "10.0.0.0"), [(0, 0)]);
    assert_eq!(members(&lists, "10.0.0.2"), [(0, 0)]);
    assert_eq!(members(&lists, "::"), [(0, 0)]);
    assert_eq!(members(&lists, "::1"), [(0, 0), (1, 128)]);
    assert_eq!(members(&lists, "::2"), [(0, 0)]);
}

#[test]
fn duplicates_count_once() {
    // 21
    let once = list(&["10.0.0.0/8"]);
    let twice = list(&["10.0.0.0/8", "10.0.0.0/8", "::ffff:10.0.0.0/104"]);
    assert_eq!(once, twice);
    assert_eq!(set(&["10.0.0.0/8", "10.0.0.0/8"]), set(&["10.0.0.0/8"]));
    let lists = compile(&[once, twice]);
    assert_eq!(members(&lists, "10.0.0.1"), [(0, 8), (1, 8)]);
}

#[test]
fn ranges_that_touch_or_nest_become_one() {
    assert_eq!(
        set(&["10.0.0.0/25", "10.0.0.128/25"]),
        set(&["10.0.0.0/24"])
    );
    assert_eq!(
        set(&["10.0.0.0/8", "10.1.0.0/16", "10.255.255.255"]),
        set(&["10.0.0.0/8"])
    );
    assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"]), set(&["0.0.0.0/0"]));
    assert_eq!(set(&["::/1", "8000::/1"]), set(&["::/0"]));
}

#[test]
fn the_highest_address_has_nothing_behind_it() {
    // 23
    let v4 = ["255.255.255.254/32", "255.255.255.255/32", "255.0.0.0/8"];
    let highest_v6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    let v6 = [
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128",
        highest_v6,
        "ff00::/8",
    ];
    for cidrs in [&v4[..], &v4[..2], &v4[1..2], &v6[..], &v6[..2], &v6[1..2]] {
        let last = if cidrs[0].contains(':') {
            highest_v6
        } else {
            "255.255.255.255"
        };
        assert!(set(cidrs).contains(ip(last)), "{cidrs:?}");
        assert!(!set(cidrs).contains(ip("0.0.0.0")) && !set(cidrs).contains(ip("::")));
        let lists = compile(&[list(cidrs), list(&[last])]);
        assert_eq!(lists.lookup(ip(last)).iter().count(), 2, "{cidrs:?}");
        assert!(lists.lookup(ip("0.0.0.0")).is_empty() && lists.lookup(ip("::")).is_empty());
    }
    assert_eq!(set(&v4[..2]), set(&["255.255.255.254/31"]));
}

#[test]
fn the_lowest_address_has_nothing_before_it() {
    let lists = compile(&[list(&["0.0.0.0/32", "::/128"])]);
    assert_eq!(members(&lists, "0.0.0.0"), [(0, 32)]);
    assert_eq!(members(&lists, "0.0.0.1"), []);
    assert_eq!(members(&lists, "::"), [(0, 128)]);
    assert_eq!(members(&lists, "::1"), []);
}

#[test]
fn blocks_that_end_at_one_address_give_it_back_to_the_block_around() {
    let lists = compile(&[
        list(&["10.0.0.0/8"]),
        list(&["10.128.0.0/9"]),
        list(&["10.255.255.255"]),
    ]);
    assert_eq!(members(&lists, "10.255.255.255"), [(0, 8), (1, 9), (2, 32)]);
    assert_eq!(members(&lists, "11.0.0.0"), []);
    let lists = compile(&[
        list(&["10.0.0.0/9"]),
        list(&["10.128.0.0/9"]),
        list(&["10.0.0.0/8"]),
    ]);
    assert_eq!(members(&lists, "10.127.255.255"), [(0, 9), (2, 8)]);
    assert_eq!(members(&lists, "10.128.0.0"), [(1, 9), (2, 8)]);
}

#[test]
fn an_id_is_the_place_of_its_list() {
    let (a, b) = (list(&["10.0.0.0/8"]), list(&["10.0.0.0/8", "::/0"]));
    let mut builder = AddressLists::builder();
    let ids = [builder.add_list(&a).unwrap(), builder.add_list(&b).unwrap()];
    let lists = builder.build().unwrap();
    assert_eq!(ids.map(|id| id.index()), [0, 1]);
    assert!(lists.lookup(ip("10.0.0.1")).contains(ids[0]));
    assert!(!lists.lookup(ip("::1")).contains(ids[0]));
    assert_eq!(lists.lookup(ip("::1")).prefix_len(ids[1]), Some(0));
}

#[test]
fn too_many_lists_are_refused() {
    let list = list(&["10.0.0.0/8"]);
    let mut builder = AddressLists::builder();
    for _ in 0..AddressLists::MAX_LISTS {
        builder.add_list(&list).unwrap();
    }
    assert_eq!(
        builder.add_list(&list),
        Err(AddressListsError::TooManyLists)
    );
    let lists = builder.build().unwrap();
    assert_eq!(
        lists.lookup(ip("10.0.0.1")).iter().count(),
        AddressLists::MAX_LISTS
    );
}

#[test]
fn lists_that_overlap_in_too_many_ways_are_refused() {
    // Each further block inside of all lists copies the membership of all.
    let wide = list(&["0.0.0.0/0"]);
    let narrow: Vec<_> = (0..128_u32)
        .map(|n| CidrList::from_iter([Cidr::from(IpAddr::V4(n.into()))]))
        .collect();
    let mut builder = AddressLists::builder();
    for list in &narrow {
        builder.add_list(list).unwrap();
    }
    while builder.add_list(&wide).is_ok() {}
    assert_eq!(
        builder.build().unwrap_err(),
        AddressListsError::TooManyOverlaps
    );
}

#[test]
fn debug_output_stays_short() {
    let cidrs = list(&["10.0.0.0/8", "::/0"]);
    let lists = compile(std::slice::from_ref(&cidrs));
    for text in [
        format!("{cidrs:?}"),
        format!("{lists:?}"),
        format!("{:?}", IpSet::from(&cidrs)),
    ] {
        assert!(text.len() < 80, "{text}");
    }
}
