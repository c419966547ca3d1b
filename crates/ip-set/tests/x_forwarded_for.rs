//! X-Forwarded-For: which entry is the client.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

use std::net::IpAddr;

use gatepost_ip_set::client_address::{
    ClientAddressError as Error, Hops, MAX_WALKED, Trust, from_x_forwarded_for,
};
use gatepost_ip_set::{Cidr, CidrList, IpSet};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PROXY: &str = "192.0.2.1";
const STRANGER: &str = "203.0.113.99";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn set(cidrs: &[&str]) -> IpSet {
    let list: CidrList = cidrs
        .iter()
        .map(|cidr| Cidr::parse(cidr).unwrap())
        .collect();
    IpSet::from(&list)
}

fn proxies() -> Trust {
    Trust::Proxies(set(&["192.0.2.0/24", "2001:db8:7e57:1::/64"]))
}

fn hops(hops: u8) -> Trust {
    Trust::Hops(Hops::new(hops).unwrap())
}

fn lines<'a>(lines: &'a [&'a str]) -> impl DoubleEndedIterator<Item = &'a [u8]> {
    lines.iter().map(|line| line.as_bytes())
}

/// By proxies, from a trusted peer that was not appended.
fn behind_proxy(header: &[&str]) -> Result<IpAddr, Error> {
    from_x_forwarded_for(lines(header), Some(ip(PROXY)), false, &proxies())
}

/// By hops, without a known peer.
fn by_hops(header: &[&str], n: u8) -> Result<IpAddr, Error> {
    from_x_forwarded_for(lines(header), None, false, &hops(n))
}

#[test]
fn hops_count_entries_from_the_right() {
    // 26, 27
    assert_eq!(by_hops(&["1.1.1.1"], 0), Ok(ip("1.1.1.1")));
    let header = ["1.1.1.1, 2.2.2.2,3.3.3.3"];
    assert_eq!(by_hops(&header, 0), Ok(ip("3.3.3.3")));
    assert_eq!(by_hops(&header, 1), Ok(ip("2.2.2.2")));
    assert_eq!(by_hops(&header, 2), Ok(ip("1.1.1.1")));
}

#[test]
fn with_fewer_entries_than_hops_the_true_peer_is_the_client() {
    // 25, 28
    for header in [&[][..], &["1.1.1.1"], &["1.1.1.1, 2.2.2.2"]] {
        let client = from_x_forwarded_for(lines(header), Some(ip(PROXY)), false, &hops(2));
        assert_eq!(client, Ok(ip(PROXY)), "{header:?}");
    }
    assert_eq!(by_hops(&[], 2), Err(Error::Missing));
    assert_eq!(by_hops(&[], 0), Err(Error::Missing));
    assert_eq!(by_hops(&["1.1.1.1, 2.2.2.2"], 2), Err(Error::TooFewEntries));
}

#[test]
fn several_lines_are_one_list() {
    // 29
    let header = ["1.1.1.1, 2.2.2.2", "3.3.3.3"];
    assert_eq!(by_hops(&header, 0), Ok(ip("3.3.3.3")));
    assert_eq!(by_hops(&header, 1), Ok(ip("2.2.2.2")));
    assert_eq!(by_hops(&header, 2), Ok(ip("1.1.1.1")));
    assert_eq!(
        behind_proxy(&["1.1.1.1", "9.9.9.9", "192.0.2.7"]),
        Ok(ip("9.9.9.9"))
    );
}

#[test]
fn an_empty_entry_in_the_way_is_an_error() {
    // 30, 46
    for header in [
        "",
        " ",
        ",",
        "9.9.9.9,",
        "9.9.9.9, ,192.0.2.7",
        "9.9.9.9,\t",
    ] {
        assert_eq!(
            behind_proxy(&[header]),
            Err(Error::EmptyEntry),
            "{header:?}"
        );
    }
    assert_eq!(behind_proxy(&["9.9.9.9", ""]), Err(Error::EmptyEntry));
    assert_eq!(by_hops(&["9.9.9.9, , 8.8.8.8"], 2), Err(Error::EmptyEntry));
}

#[test]
fn what_stands_left_of_the_client_is_never_read() {
    for left in [",,", "garbage", "unknown", "\u{0}", "192.0.2.1"] {
        let header = format!("{left}, 9.9.9.9, 192.0.2.7");
        assert_eq!(behind_proxy(&[&header]), Ok(ip("9.9.9.9")), "{header:?}");
        assert_eq!(by_hops(&[&header], 1), Ok(ip("9.9.9.9")), "{header:?}");
    }
}

#[test]
fn whitespace_around_an_entry_does_not_matter() {
    // 31
    assert_eq!(
        behind_proxy(&["\t 9.9.9.9 \t,\t192.0.2.7  "]),
        Ok(ip("9.9.9.9"))
    );
}

#[test]
fn what_is_no_address_ends_the_walk_and_is_not_skipped() {
    // 32, 33, 47
    for entry in [
        "unknown",
        "_hidden",
        "garbage",
        "010.0.0.1",
        "1.2.3",
        "fe80::1%eth0",
        "1.2.3.4:99999",
        "1.2.3.4\r\n",
        "1.2.3.4 1.2.3.4",
        "\"1.2.3.4\"",
        "for=1.2.3.4",
    ] {
        let rightmost = format!("9.9.9.9, {entry}");
        assert_eq!(
            behind_proxy(&[&rightmost]),
            Err(Error::NotAnAddress),
            "{entry:?}"
        );
        assert_eq!(
            by_hops(&[&rightmost], 0),
            Err(Error::NotAnAddress),
            "{entry:?}"
        );
        assert_eq!(
            by_hops(&[&rightmost], 1),
            Err(Error::NotAnAddress),
            "{entry:?}"
        );
        let second = format!("9.9.9.9, {entry}, 192.0.2.7");
        assert_eq!(
            behind_proxy(&[&second]),
            Err(Error::NotAnAddress),
            "{entry:?}"
        );
    }
}

#[test]
fn an_entry_may_carry_a_port() {
    assert_eq!(behind_proxy(&["1.2.3.4:5678"]), Ok(ip("1.2.3.4"))); // 34
    assert_eq!(behind_proxy(&["[2001:db8::1]:443"]), Ok(ip("2001:db8::1"))); // 35
    assert_eq!(behind_proxy(&["::1:443"]), Ok(ip("::1:443"))); // 36
    assert_eq!(
        behind_proxy(&["9.9.9.9, 192.0.2.7:1234"]),
        Ok(ip("9.9.9.9"))
    );
}

#[test]
fn the_walk_is_bounded() {
    // 37
    let limit = usize::from(MAX_WALKED);
    let trusted = |n: usize| vec!["192.0.2.7"; n].join(",");
    assert_eq!(behind_proxy(&[&trusted(limit)]), Ok(ip("192.0.2.7")));
    assert_eq!(
        behind_proxy(&[&trusted(limit + 1)]),
        Err(Error::TooManyEntries)
    );
    let hidden = format!("9.9.9.9, {}", trusted(limit));
    assert_eq!(behind_proxy(&[&hidden]), Err(Error::TooManyEntries));
    let reached = format!("8.8.8.8, 9.9.9.9, {}", trusted(limit - 1));
    assert_eq!(behind_proxy(&[&reached]), Ok(ip("9.9.9.9")));
    assert_eq!(by_hops(&[&reached], Hops::MAX), Ok(ip("9.9.9.9")));
    assert_eq!(Hops::new(MAX_WALKED), None);
}

#[test]
fn a_huge_header_is_read_no_further_than_needed() {
    // 38
    for size in [8 * 1024, 60 * 1024] {
        let commas = format!("{}9.9.9.9", ",".repeat(size));
        assert_eq!(behind_proxy(&[&commas]), Ok(ip("9.9.9.9")));
        let digits = "1".repeat(size);
        assert_eq!(behind_proxy(&[&digits]), Err(Error::NotAnAddress));
        let trusted = "192.0.2.7,".repeat(size / 10);
        assert_eq!(
            behind_proxy(&[&format!("{trusted}192.0.2.7")]),
            Err(Error::TooManyEntries)
        );
    }
}

#[test]
fn a_trusted_address_that_the_client_wrote_is_never_reached() {
    // 39
    assert_eq!(
        behind_proxy(&["192.0.2.8, 9.9.9.9, 192.0.2.7"]),
        Ok(ip("9.9.9.9"))
    );
    assert_eq!(
        behind_proxy(&["10.0.0.1, 192.0.2.8, 9.9.9.9"]),
        Ok(ip("9.9.9.9"))
    );
}

#[test]
fn an_untrusted_peer_is_the_client_and_its_header_is_not_read() {
    // 40
    for header in [&[][..], &["1.1.1.1"], &["192.0.2.7"], &["garbage,,"]] {
        for appended in [false, true] {
            let client =
                from_x_forwarded_for(lines(header), Some(ip(STRANGER)), appended, &proxies());
            assert_eq!(client, Ok(ip(STRANGER)), "{header:?}");
        }
    }
}

#[test]
fn an_unknown_peer_is_not_trusted() {
    let client = from_x_forwarded_for(lines(&["9.9.9.9"]), None, false, &proxies());
    assert_eq!(client, Err(Error::UnknownPeer));
}

#[test]
fn when_all_are_trusted_the_leftmost_is_the_client() {
    // 41
    assert_eq!(
        behind_proxy(&["192.0.2.9, 192.0.2.8, 192.0.2.7"]),
        Ok(ip("192.0.2.9"))
    );
}

#[test]
fn a_mapped_proxy_is_the_ipv4_proxy() {
    // 42
    let peer = Some(ip("::ffff:192.0.2.1"));
    let header = ["9.9.9.9, ::ffff:192.0.2.7, ::ffff:c000:208"];
    assert_eq!(
        from_x_forwarded_for(lines(&header), peer, false, &proxies()),
        Ok(ip("9.9.9.9"))
    );
    let stranger = Some(ip("::ffff:203.0.113.99"));
    assert_eq!(
        from_x_forwarded_for(lines(&header), stranger, false, &proxies()),
        Ok(ip(STRANGER))
    );
    let short = from_x_forwarded_for(lines(&[]), stranger, false, &hops(1));
    assert_eq!(short, Ok(ip(STRANGER)));
}

#[test]
fn a_trusted_proxy_that_lost_the_header_is_not_the_client() {
    // 25, 43: `Connection: x-forwarded-for` makes some proxies drop it.
    assert_eq!(behind_proxy(&[]), Err(Error::Missing));
    let appended = from_x_forwarded_for(lines(&[PROXY]), Some(ip(PROXY)), true, &proxies());
    assert_eq!(appended, Err(Error::Missing));
}

#[test]
fn an_appended_peer_counts_as_a_hop_and_is_no_part_of_the_walk() {
    let appended = |header: &[&str], trust: &Trust| {
        from_x_forwarded_for(lines(header), Some(ip(PROXY)), true, trust)
    };
    assert_eq!(appended(&["1.1.1.1, 192.0.2.1"], &hops(0)), Ok(ip(PROXY)));
    assert_eq!(
        appended(&["1.1.1.1, 192.0.2.1"], &hops(1)),
        Ok(ip("1.1.1.1"))
    );
    assert_eq!(
        appended(&["1.1.1.1, 192.0.2.1"], &proxies()),
        Ok(ip("1.1.1.1"))
    );
    // Envoy appends another address for a peer on the loopback.
    assert_eq!(
        appended(&["1.1.1.1, 172.16.0.5"], &proxies()),
        Ok(ip("1.1.1.1"))
    );
}
