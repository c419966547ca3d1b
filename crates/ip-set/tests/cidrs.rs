//! Reading one CIDR, and lists of them from a document.
#![allow(clippy::unwrap_used)]

use gatepost_config::read;
use gatepost_ip_set::{AddressError, Cidr, CidrError, CidrList};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn printed(text: &str) -> String {
    Cidr::parse(text).unwrap().to_string()
}

#[test]
fn an_address_alone_is_the_block_of_itself() {
    // 16
    assert_eq!(printed("10.0.0.1"), "10.0.0.1/32");
    assert_eq!(printed("2001:db8::1"), "2001:db8::1/128");
    assert_eq!(printed("10.0.0.1/32"), "10.0.0.1/32");
    assert_eq!(printed("2001:db8::1/128"), "2001:db8::1/128");
    assert_eq!(printed("::ffff:10.0.0.1"), "10.0.0.1/32");
}

#[test]
fn a_prefix_length_is_a_plain_number() {
    // 17
    for (text, longest) in [
        ("10.0.0.0/33", 32),
        ("10.0.0.0/-1", 32),
        ("10.0.0.0/ab", 32),
        ("10.0.0.0/", 32),
        ("10.0.0.0/08", 32),
        ("10.0.0.0/00", 32),
        ("10.0.0.0/+8", 32),
        ("10.0.0.0/ 8", 32),
        ("10.0.0.0/8 ", 32),
        ("10.0.0.0/8/8", 32),
        ("10.0.0.0//8", 32),
        ("10.0.0.0/0x8", 32),
        ("10.0.0.0/264", 32),
        ("10.0.0.0/255.0.0.0", 32),
        ("10.0.0.0/٨", 32),
        ("::/129", 128),
        ("::/256", 128),
        ("::/384", 128),
        ("::/0001", 128),
        ("::ffff:10.0.0.0/129", 128),
    ] {
        assert_eq!(
            Cidr::parse(text),
            Err(CidrError::PrefixLen { longest }),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_address_is_no_cidr() {
    for text in [
        "10.0.0/8",
        "010.0.0.0/8",
        "10.0.0.0:80/8",
        "[::]/0",
        "/8",
        "fe80::%1/64",
        "",
        "*",
    ] {
        assert!(
            matches!(Cidr::parse(text), Err(CidrError::Address(_))),
            "{text}"
        );
    }
    assert_eq!(
        Cidr::parse(""),
        Err(CidrError::Address(AddressError::Empty))
    );
}

#[test]
fn host_bits_are_refused_with_the_block_that_was_meant() {
    // 14
    for (text, block) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("255.255.255.255/0", "0.0.0.0/0"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::1/0", "::/0"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
    ] {
        let error = Cidr::parse(text).unwrap_err();
        assert_eq!(
            error,
            CidrError::HostBits {
                block: Cidr::parse(block).unwrap()
            }
        );
        assert_eq!(
            error.to_string(),
            format!("expected no host bits behind the prefix: {block}")
        );
        let masked = Cidr::parse_masking(text).unwrap();
        assert!(masked.had_host_bits);
        assert_eq!(masked.cidr.to_string(), block);
    }
    assert!(!Cidr::parse_masking("10.0.0.0/8").unwrap().had_host_bits);
    assert!(!Cidr::parse_masking("10.0.0.1").unwrap().had_host_bits);
}

#[test]
fn a_block_of_mapped_addresses_is_the_ipv4_block() {
    // 9
    assert_eq!(
        Cidr::parse("::ffff:10.0.0.0/104"),
        Cidr::parse("10.0.0.0/8")
    );
    assert_eq!(printed("::ffff:0:0/96"), "0.0.0.0/0");
    assert_eq!(printed("::ffff:1.2.3.4/128"), "1.2.3.4/32");
}

#[test]
fn a_mapped_address_needs_a_prefix_that_reaches_the_ipv4_address() {
    // Masked, it would silently become an IPv6 block that no client is in.
    for text in [
        "::ffff:10.0.0.0/95",
        "::ffff:0:0/80",
        "::ffff:10.0.0.0/8",
        "::ffff:0:0/0",
    ] {
        assert_eq!(Cidr::parse(text), Err(CidrError::MappedPrefixLen), "{text}");
        assert_eq!(
            Cidr::parse_masking(text),
            Err(CidrError::MappedPrefixLen),
            "{text}"
        );
    }
}

#[test]
fn an_ipv6_block_around_the_mapped_addresses_holds_no_ipv4_address() {
    for text in ["::/0", "::/64", "::/80", "::fffe:0:0/95"] {
        let cidr = Cidr::parse(text).unwrap();
        for address in ["10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0"] {
            assert!(!cidr.contains(address.parse().unwrap()), "{text} {address}");
        }
    }
}

#[test]
fn a_block_holds_its_first_and_last_address_and_no_neighbour() {
    for (block, inside, outside) in [
        (
            "10.0.0.0/8",
            ["10.0.0.0", "10.255.255.255"],
            ["9.255.255.255", "11.0.0.0"],
        ),
        (
            "255.255.255.255/32",
            ["255.255.255.255"; 2],
            ["255.255.255.254", "::"],
        ),
        ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "::1"]),
        (
            "2001:db8::/33",
            ["2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"],
            ["2001:db8:8000::", "2001:db7:ffff::"],
        ),
    ] {
        let block = Cidr::parse(block).unwrap();
        assert!(
            inside
                .iter()
                .all(|address| block.contains(address.parse().unwrap())),
            "{block}"
        );
        assert!(
            !outside
                .iter()
                .any(|address| block.contains(address.parse().unwrap())),
            "{block}"
        );
    }
}

#[test]
fn a_block_can_be_made_of_an_address_and_a_prefix_length() {
    let address = "10.1.2.3".parse().unwrap();
    assert_eq!(
        Cidr::containing(address, 8).unwrap().to_string(),
        "10.0.0.0/8"
    );
    assert_eq!(Cidr::containing(address, 33), None);
    assert_eq!(
        "10.0.0.0/8".parse(),
        Ok(Cidr::containing(address, 8).unwrap())
    );
}

#[test]
fn a_list_is_read_from_an_array_of_strings() {
    let list: CidrList =
        read(br#"["2001:db8::/32", "10.0.0.0/8", "::ffff:10.0.0.0/104", "1.2.3.4"]"#).unwrap();
    let cidrs: Vec<_> = list.iter().map(|cidr| cidr.to_string()).collect();
    assert_eq!(cidrs, ["1.2.3.4/32", "10.0.0.0/8", "2001:db8::/32"]);
    assert_eq!((list.len(), list.is_empty()), (3, false));
    assert_eq!(list, list.iter().collect());
}

#[test]
fn escapes_in_a_document_are_read() {
    let list: CidrList = read(br#"["10.0.0.0\/8", "\u0031.2.3.4"]"#).unwrap();
    assert_eq!(list.len(), 2);
}

#[test]
fn an_empty_array_is_an_empty_list() {
    let list: CidrList = read(b"[]").unwrap();
    assert!(list.is_empty());
    assert_eq!(list, CidrList::default());
    assert_eq!(list.heap_bytes(), 0);
}

#[test]
fn a_bad_entry_is_named_by_its_place_its_text_and_what_was_expected() {
    for (document, report) in [
        (
            r#"["10.0.0.0/8","10.1.2.3/8"]"#,
            r#"[1]: expected no host bits behind the prefix: 10.0.0.0/8, found "10.1.2.3/8""#,
        ),
        (
            r#"["::/129"]"#,
            r#"[0]: expected a prefix length from 0 to 128, without sign or leading zero, found "::/129""#,
        ),
        (r#"["a\nb"]"#, r#"found "a\nb""#),
        (
            r"[1]",
            "[0]: invalid type: integer `1`, expected a CIDR such as",
        ),
        (
            r"[null]",
            "[0]: invalid type: null, expected a CIDR such as",
        ),
        (
            r#""10.0.0.0/8""#,
            "expected an array of CIDRs and IP addresses",
        ),
        (r#"{"a":1}"#, "expected an array of CIDRs and IP addresses"),
    ] {
        let error = read::<CidrList>(document.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(report), "{error}");
    }
}

#[test]
fn an_error_shows_no_more_than_the_start_of_a_long_entry() {
    let document = format!("[\"{}\"]", "é".repeat(5000));
    let error = read::<CidrList>(document.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("\" and more"), "{error}");
    assert!(error.len() < 400, "{error}");
}
