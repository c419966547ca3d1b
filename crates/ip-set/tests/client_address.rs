//! The choice between sources, and headers of one address.
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use gatepost_ip_set::client_address::{
    ClientAddressError as Error, ClientAddressSource, Hops, Trust, from_single_header,
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

#[test]
fn a_source_reads_its_own_header_and_no_other() {
    // 44, 45
    let single = |name: &str| ClientAddressSource::SingleHeader {
        name: name.into(),
        proxies: set(&["192.0.2.0/24"]),
    };
    let x_forwarded_for = |trust| ClientAddressSource::XForwardedFor {
        trust,
        peer_appended: false,
    };
    for (source, header, needs_peer) in [
        (ClientAddressSource::Connection, None, true),
        (x_forwarded_for(hops(0)), Some("x-forwarded-for"), false),
        (x_forwarded_for(proxies()), Some("x-forwarded-for"), true),
        (
            ClientAddressSource::Forwarded { trust: hops(0) },
            Some("forwarded"),
            false,
        ),
        (
            ClientAddressSource::Forwarded { trust: proxies() },
            Some("forwarded"),
            true,
        ),
        (single("cf-connecting-ip"), Some("cf-connecting-ip"), true),
    ] {
        assert_eq!(source.header(), header);
        assert_eq!(source.needs_peer(), needs_peer);
        let client = source.resolve(lines(&[]), None);
        let error = if needs_peer {
            Error::UnknownPeer
        } else {
            Error::Missing
        };
        assert_eq!(client, Err(error), "{source:?}");
    }
    let peer = Some(ip("::ffff:192.0.2.1"));
    for (source, line, client) in [
        (ClientAddressSource::Connection, "9.9.9.9", PROXY),
        (x_forwarded_for(proxies()), "9.9.9.9", "9.9.9.9"),
        (
            ClientAddressSource::Forwarded { trust: proxies() },
            "for=9.9.9.9",
            "9.9.9.9",
        ),
        (single("x-real-ip"), "9.9.9.9", "9.9.9.9"),
    ] {
        assert_eq!(
            source.resolve(lines(&[line]), peer),
            Ok(ip(client)),
            "{source:?}"
        );
    }
}

#[test]
fn a_single_header_counts_only_from_a_trusted_peer() {
    let trusted = set(&["192.0.2.0/24"]);
    let read = |header: &[&str], peer: Option<&str>| {
        from_single_header(lines(header), peer.map(ip), &trusted)
    };
    assert_eq!(read(&["9.9.9.9"], Some(PROXY)), Ok(ip("9.9.9.9")));
    assert_eq!(
        read(&[" 2001:db8::1\t"], Some(PROXY)),
        Ok(ip("2001:db8::1"))
    );
    assert_eq!(read(&["::ffff:9.9.9.9"], Some(PROXY)), Ok(ip("9.9.9.9")));
    assert_eq!(read(&["9.9.9.9"], Some(STRANGER)), Ok(ip(STRANGER)));
    assert_eq!(read(&["9.9.9.9"], None), Err(Error::UnknownPeer));
    assert_eq!(read(&[], Some(PROXY)), Err(Error::Missing));
    assert_eq!(
        read(&["9.9.9.9", "9.9.9.9"], Some(PROXY)),
        Err(Error::Repeated)
    );
    assert_eq!(read(&["  "], Some(PROXY)), Err(Error::EmptyEntry));
    for line in [
        "9.9.9.9, 8.8.8.8",
        "9.9.9.9:80",
        "[2001:db8::1]",
        "unknown",
        "fe80::1%1",
    ] {
        assert_eq!(
            read(&[line], Some(PROXY)),
            Err(Error::NotAnAddress),
            "{line}"
        );
    }
}

#[test]
fn each_error_has_a_code_of_its_own_and_says_what_is_wrong() {
    let mut codes: Vec<_> = Error::ALL.iter().map(|error| error.code()).collect();
    for error in Error::ALL {
        assert!(
            error
                .code()
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        );
        assert!(error.to_string().contains("expected") || error == Error::UnknownPeer);
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Error::ALL.len());
}
