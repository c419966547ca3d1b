//! Reading one address: what is an address, what only looks like one.
//!
//! A number in a comment is a case of the project's list of sixty.
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use gatepost_ip_set::{AddressError, parse_address, parse_element, parse_peer};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn only_four_plain_decimal_numbers_are_an_ipv4_address() {
    for text in [
        "0177.0.0.1", // 1
        "127.0.0.01", // 2
        "010.0.0.1",  // 3
        "0x7f.1",     // 4
        "0x7f.0.0.1", // 4
        "2130706433", // 5
        "127.1",      // 6
        "127.0.0.1.", // 7
        "00.0.0.0",
        "256.0.0.1",
        "1.2.3.4.5",
        "1.2.3",
        "1..2.3",
        "-1.2.3.4",
        "+1.2.3.4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.4\0",
        "1.2.3.4\n",
        "1.2.3.4/32",
        "1.2.3.4:80",
        "[1.2.3.4]",
        "١.٢.٣.٤",
        "\u{ff11}.2.3.4",
        "localhost",
    ] {
        assert_eq!(
            parse_address(text),
            Err(AddressError::NotAnAddress),
            "{text:?}"
        );
    }
    assert_eq!(parse_address(""), Err(AddressError::Empty));
    for text in ["0.0.0.0", "127.0.0.1", "255.255.255.255"] {
        assert_eq!(parse_address(text), Ok(ip(text)));
    }
}

#[test]
fn an_ipv4_mapped_address_is_the_ipv4_address() {
    // 8
    for text in [
        "::ffff:10.0.0.1",
        "::ffff:a00:1",
        "0:0:0:0:0:FFFF:0A00:0001",
    ] {
        assert_eq!(parse_address(text), Ok(ip("10.0.0.1")), "{text}");
        assert_eq!(parse_peer(text.as_bytes()), Ok(ip("10.0.0.1")), "{text}");
        assert_eq!(parse_element(text.as_bytes()), Ok(ip("10.0.0.1")), "{text}");
    }
    // 10, 11, 12
    for text in [
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "::ffff:0:10.0.0.1",
    ] {
        assert!(parse_address(text).unwrap().is_ipv6(), "{text}");
    }
}

#[test]
fn a_zone_is_refused() {
    // 13
    for text in [
        "fe80::1%eth0",
        "fe80::1%25eth0",
        "fe80::1%",
        "::1%1",
        "%eth0",
    ] {
        assert_eq!(parse_address(text), Err(AddressError::Zone), "{text}");
        assert_eq!(
            parse_peer(text.as_bytes()),
            Err(AddressError::Zone),
            "{text}"
        );
        assert_eq!(
            parse_element(text.as_bytes()),
            Err(AddressError::Zone),
            "{text}"
        );
    }
    assert_eq!(parse_peer(b"[fe80::1%eth0]:443"), Err(AddressError::Zone));
    let long = format!("fe80::1%{}", "a".repeat(60_000));
    assert_eq!(parse_address(&long), Err(AddressError::Zone));
}

#[test]
fn text_behind_the_longest_address_is_not_cut_off() {
    let longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
    assert!(parse_address(longest).is_ok());
    assert!(parse_address(format!("{longest}0")).is_err());
    assert!(parse_address(format!("{longest} ")).is_err());
    assert!(parse_address("1.2.3.4".repeat(10_000)).is_err());
}

#[test]
fn bytes_that_are_no_text_are_no_address() {
    for bytes in [
        &b"\xff"[..],
        b"1.2.3.4\xff",
        b"\xc0\xae1.2.3",
        b"[::1\xff]:1",
    ] {
        assert_eq!(parse_address(bytes), Err(AddressError::NotAnAddress));
        assert_eq!(parse_element(bytes), Err(AddressError::NotAnAddress));
        assert_eq!(parse_peer(bytes), Err(AddressError::NotAnAddress));
    }
}

#[test]
fn a_peer_is_read_as_a_proxy_prints_it() {
    for (text, address) in [
        ("1.2.3.4:0", "1.2.3.4"),
        ("1.2.3.4:65535", "1.2.3.4"),
        ("1.2.3.4", "1.2.3.4"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[::ffff:1.2.3.4]:443", "1.2.3.4"),
    ] {
        assert_eq!(parse_peer(text.as_bytes()), Ok(ip(address)), "{text}");
    }
    for (text, error) in [
        ("", AddressError::Empty),
        ("/var/run/envoy.sock", AddressError::UnixSocket),
        ("@abstract", AddressError::UnixSocket),
        ("envoy://internal/1", AddressError::InternalListener),
        ("1.2.3.4:", AddressError::Port),
        ("1.2.3.4:65536", AddressError::Port),
        ("1.2.3.4:080000", AddressError::Port),
        ("1.2.3.4:+80", AddressError::Port),
        ("1.2.3.4:80:80", AddressError::Port),
        ("[::1]443", AddressError::Port),
        ("[::1]:", AddressError::Port),
        ("[::1]:x", AddressError::Port),
        ("[::1", AddressError::NotAnAddress),
        ("[]", AddressError::NotAnAddress),
        ("[1.2.3.4]:80", AddressError::NotAnAddress),
        ("[[::1]]:80", AddressError::NotAnAddress),
        ("host:80", AddressError::NotAnAddress),
        (" 1.2.3.4:80", AddressError::NotAnAddress),
    ] {
        assert_eq!(parse_peer(text.as_bytes()), Err(error), "{text}");
    }
}

#[test]
fn an_element_may_carry_a_port() {
    for (text, address) in [
        ("1.2.3.4:5678", "1.2.3.4"),          // 34
        ("[2001:db8::1]:443", "2001:db8::1"), // 35
        (" \t1.2.3.4\t ", "1.2.3.4"),         // 31
        ("::1:443", "::1:443"),               // 36: an address by the book
    ] {
        assert_eq!(parse_element(text.as_bytes()), Ok(ip(address)), "{text}");
    }
    for text in [
        "unknown",
        "_hidden",
        "1.2.3.4 5.6.7.8",
        "1.2.3.4;",
        "\"1.2.3.4\"",
        "1.2.3.4\u{a0}",
    ] {
        assert_eq!(
            parse_element(text.as_bytes()),
            Err(AddressError::NotAnAddress),
            "{text}"
        );
    }
    for text in ["", " ", "\t \t"] {
        assert_eq!(parse_element(text.as_bytes()), Err(AddressError::Empty));
    }
}

#[test]
fn an_error_says_what_was_expected() {
    for error in [
        AddressError::Empty,
        AddressError::NotAnAddress,
        AddressError::Zone,
        AddressError::Port,
        AddressError::UnixSocket,
        AddressError::InternalListener,
    ] {
        assert!(error.to_string().starts_with("expected "), "{error}");
    }
}
