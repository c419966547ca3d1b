//! Forwarded (RFC 7239): its syntax, its nodes, its walk.
#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use gatepost_ip_set::client_address::forwarded::{Element, MAX_BYTES, elements};
use gatepost_ip_set::client_address::{
    ClientAddressError as Error, Hops, MAX_WALKED, Trust, from_forwarded,
};
use gatepost_ip_set::{Cidr, CidrList, IpSet};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn proxies() -> Trust {
    let list: CidrList = [Cidr::parse("192.0.2.0/24").unwrap()].into_iter().collect();
    Trust::Proxies(IpSet::from(&list))
}

fn hops(hops: u8) -> Trust {
    Trust::Hops(Hops::new(hops).unwrap())
}

fn resolve(lines: &[&str], trust: &Trust) -> Result<IpAddr, Error> {
    let lines = lines.iter().map(|line| line.as_bytes());
    from_forwarded(lines, Some(ip("192.0.2.1")), trust)
}

/// The client by the last element alone.
fn last(line: &str) -> Result<IpAddr, Error> {
    resolve(&[line], &hops(0))
}

#[test]
fn the_for_parameter_names_the_client() {
    // 48, 49, 50
    for (line, client) in [
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("proto=http;by=203.0.113.43;for=192.0.2.60", "192.0.2.60"),
        (r#"for="[2001:db8:cafe::17]:4711""#, "2001:db8:cafe::17"),
        (r#"for="[2001:db8:cafe::17]""#, "2001:db8:cafe::17"),
        (r#"for="[::ffff:9.9.9.9]""#, "9.9.9.9"),
        ("For=9.9.9.9", "9.9.9.9"),
        ("FOR=9.9.9.9", "9.9.9.9"),
        (r#"for="9.9.9.9""#, "9.9.9.9"),
        (r#"for="9.9.9.9:80""#, "9.9.9.9"),
        (r#"for="9.9.9.9:_port""#, "9.9.9.9"),
        (r#"for="9.9\.9.9""#, "9.9.9.9"),
        (r#"for=9.9.9.9;ext="a,b;for=1.1.1.1""#, "9.9.9.9"),
        ("for=9.9.9.9;;proto=http;", "9.9.9.9"),
    ] {
        assert_eq!(last(line), Ok(ip(client)), "{line}");
    }
}

#[test]
fn a_hidden_node_is_no_address() {
    // 51
    for line in [
        "for=_hidden",
        "for=unknown",
        "for=Unknown",
        r#"for="_gazonk""#,
        r#"for="unknown:80""#,
        r#"for="_a:_b""#,
    ] {
        assert_eq!(last(line), Err(Error::Hidden), "{line}");
        assert_eq!(
            resolve(&[&format!("for=9.9.9.9, {line}")], &proxies()),
            Err(Error::Hidden)
        );
    }
}

#[test]
fn a_node_that_is_none_is_no_address() {
    for value in [
        r#""2001:db8::1""#, // IPv6 stands in brackets
        r#""[2001:db8::1""#,
        r#""[2001:db8::1]x""#,
        r#""[2001:db8::1]:""#,
        r#""[2001:db8::1]:99999""#,
        r#""[9.9.9.9]""#,
        r#""[fe80::1%eth0]""#,
        r#""9.9.9.9:""#,
        r#""9.9.9.9:port""#,
        r#""9.9.9.9:_""#,
        r#"" 9.9.9.9""#,
        r#""""#,
        r#""unknown:x""#,
        r#""_hi den""#,
        "_",
        "9.9.9",
        "010.9.9.9",
        "'9.9.9.9'",
        "example.com",
    ] {
        assert_eq!(
            last(&format!("for={value}")),
            Err(Error::NotAnAddress),
            "{value}"
        );
    }
}

#[test]
fn separators_inside_quotes_are_text() {
    // 52, 53, 54
    for (line, value) in [
        (r#"for="a,b""#, "a,b"),
        (r#"for="x;y""#, "x;y"),
        (r#"for="a\"b\\c""#, r#"a"b\c"#),
        (r#"for="a\,b""#, "a,b"),
        (r#"for="\"""#, "\""),
    ] {
        let read: Vec<Element<'_>> = elements(line.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert_eq!(read.len(), 1, "{line}");
        let parameter = read.first().unwrap().parameter("for").unwrap();
        assert_eq!(&*parameter.value(), value.as_bytes());
        assert_eq!(last(line), Err(Error::NotAnAddress));
    }
}

#[test]
fn what_does_not_follow_the_syntax_makes_the_whole_header_invalid() {
    for line in [
        r#"for="9.9.9.9"#,         // 55
        r#"for="9.9.9.9\"#,        // 55
        r#"for="9.9.9.9\""#,       // 55
        "for=9.9.9.9;for=8.8.8.8", // 56
        "for=9.9.9.9;FOR=9.9.9.9", // 56
        "for=2001:db8::1",         // 57
        "for=[2001:db8::1]",       // 57
        "for=1.2.3.4:80",          // 58
        "",                        // 60
        " ",
        ",",
        ";",
        "for",
        "for=",
        "for =9.9.9.9",
        "for= 9.9.9.9",
        "=9.9.9.9",
        "for=9.9.9.9 ",
        " for=9.9.9.9",
        "for=9.9.9.9,",
        "for=9.9.9.9 proto=http",
        "for=\"9.9.9.9\"x",
        "for=\"9.9.9.9\u{7f}\"",
        "for=\"9.9.9.9\u{e9}\"",
        "for=9.9.9.9\u{0}",
        "for=9.9.9.9\r\n",
    ] {
        assert_eq!(last(line), Err(Error::Malformed), "{line:?}");
        // Also where the client wrote it, left of what is selected.
        for trust in [hops(0), proxies()] {
            let client = resolve(&[line, "for=9.9.9.9"], &trust);
            assert_eq!(client, Err(Error::Malformed), "{line:?}");
        }
    }
}

#[test]
fn an_open_quote_does_not_swallow_the_next_line() {
    let lines = [r#"for="1.1.1.1"#, r#"for=9.9.9.9;x=""#];
    assert_eq!(resolve(&lines, &hops(0)), Err(Error::Malformed));
    assert_eq!(resolve(&lines, &proxies()), Err(Error::Malformed));
}

#[test]
fn an_element_without_for_is_an_error_where_the_walk_comes_by() {
    assert_eq!(last("proto=https"), Err(Error::NoForParameter));
    assert_eq!(last("for=9.9.9.9, proto=https"), Err(Error::NoForParameter));
    assert_eq!(
        resolve(&["proto=https, for=9.9.9.9"], &proxies()),
        Ok(ip("9.9.9.9"))
    );
}

#[test]
fn several_lines_are_one_list() {
    // 59
    let lines = ["for=1.1.1.1, for=2.2.2.2", "for=3.3.3.3"];
    for (n, client) in [(0, "3.3.3.3"), (1, "2.2.2.2"), (2, "1.1.1.1")] {
        assert_eq!(resolve(&lines, &hops(n)), Ok(ip(client)));
    }
    assert_eq!(resolve(&lines, &hops(3)), Ok(ip("192.0.2.1")));
    assert_eq!(
        resolve(&["for=9.9.9.9", "for=192.0.2.7"], &proxies()),
        Ok(ip("9.9.9.9"))
    );
}

#[test]
fn an_absent_header_follows_the_rules_of_the_walk() {
    assert_eq!(resolve(&[], &hops(1)), Ok(ip("192.0.2.1")));
    assert_eq!(resolve(&[], &proxies()), Err(Error::Missing));
    assert_eq!(from_forwarded([], None, &hops(0)), Err(Error::Missing));
}

#[test]
fn an_untrusted_peer_is_the_client_however_bad_its_header_is() {
    let header = [&b"for=\""[..]];
    let stranger = ip("203.0.113.99");
    assert_eq!(
        from_forwarded(header, Some(stranger), &proxies()),
        Ok(stranger)
    );
    assert_eq!(
        from_forwarded(header, None, &proxies()),
        Err(Error::UnknownPeer)
    );
}

#[test]
fn the_walk_and_the_header_are_bounded() {
    let trusted = |n: u8| vec!["for=192.0.2.7"; usize::from(n)].join(",");
    assert_eq!(
        resolve(&[&trusted(MAX_WALKED)], &proxies()),
        Ok(ip("192.0.2.7"))
    );
    for more in [1, 2, 30] {
        let line = trusted(MAX_WALKED.saturating_add(more));
        assert_eq!(resolve(&[&line], &proxies()), Err(Error::TooManyEntries));
    }
    let line = format!("for=8.8.8.8, for=9.9.9.9, {}", trusted(Hops::MAX));
    assert_eq!(resolve(&[&line], &proxies()), Ok(ip("9.9.9.9")));
    assert_eq!(resolve(&[&line], &hops(Hops::MAX)), Ok(ip("9.9.9.9")));

    let fitting = format!("for=9.9.9.9;x={}", "a".repeat(MAX_BYTES.saturating_sub(14)));
    assert_eq!(last(&fitting), Ok(ip("9.9.9.9")));
    assert_eq!(last(&format!("{fitting}a")), Err(Error::TooLong));
    assert_eq!(resolve(&[&fitting, "a"], &hops(0)), Err(Error::TooLong));
}

#[test]
fn the_number_of_parameters_is_bounded() {
    let line = |n: usize| -> String {
        let names: Vec<_> = (0..n).map(|n| format!("p{n}=x")).collect();
        names.join(";")
    };
    let fitting = line(Element::MAX_PARAMETERS);
    assert_eq!(
        elements(fitting.as_bytes())
            .next()
            .unwrap()
            .unwrap()
            .parameters()
            .count(),
        16
    );
    let more = line(Element::MAX_PARAMETERS.saturating_add(1));
    assert_eq!(
        elements(more.as_bytes()).next(),
        Some(Err(Error::Malformed))
    );
}

#[test]
fn reading_ends_behind_the_first_error() {
    let mut read = elements(b"for=a, for=b c, for=d");
    assert!(read.next().unwrap().is_ok());
    assert_eq!(read.next(), Some(Err(Error::Malformed)));
    assert_eq!(read.next(), None);
}
