//! Hosts: which authorities match, and of which nothing can be said.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use gatepost_http_match::{Headers, RequestView, Undecided};
use support::{matcher, problems, request};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn check(host: &str, authority: &str) -> Result<bool, Undecided> {
    matcher(&format!(r#"{{"hosts":["{host}"]}}"#)).matches(&request("GET", authority, b"/", &[]))
}

#[test]
fn case_port_and_one_trailing_dot_do_not_count() {
    for authority in [
        "api.example.com",
        "API.Example.COM",
        "api.example.com:8443",
        "api.example.com.",
        "api.example.com.:443",
        "api.example.com:",
    ] {
        assert_eq!(check("api.example.com", authority), Ok(true), "{authority}");
        assert_eq!(check("API.example.com", authority), Ok(true), "{authority}");
    }
    for authority in [
        "example.com",
        "xapi.example.com",
        "api.example.com.evil",
        "api.example.co",
    ] {
        assert_eq!(
            check("api.example.com", authority),
            Ok(false),
            "{authority}"
        );
    }
}

#[test]
fn a_wildcard_stands_for_one_or_more_labels() {
    for authority in ["a.example.com", "a.b.example.com:80", "A.EXAMPLE.com."] {
        assert_eq!(check("*.example.com", authority), Ok(true), "{authority}");
    }
    for authority in ["example.com", "aexample.com", "example.com.a", "[::1]"] {
        assert_eq!(check("*.example.com", authority), Ok(false), "{authority}");
    }
}

#[test]
fn an_ipv6_literal_is_compared_as_an_address() {
    for authority in ["[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "[::0001]:"] {
        assert_eq!(check("[::1]", authority), Ok(true), "{authority}");
    }
    assert_eq!(check("[::1]", "[::2]"), Ok(false));
    assert_eq!(check("[::1]", "localhost"), Ok(false));
    assert_eq!(check("127.0.0.1", "127.0.0.1:80"), Ok(true));
}

#[test]
fn of_a_malformed_authority_nothing_can_be_said() {
    for authority in [
        "",
        ".",
        "example.com..",
        ".example.com",
        "a..example.com",
        "user@example.com",
        "user:password@example.com",
        "example.com:80:80",
        "example.com:http",
        "example.com:65536",
        "example.com:-1",
        "example.com: 80",
        " example.com",
        "example.com ",
        "exa mple.com",
        "example.com/",
        "example.com,evil.example",
        "ex%61mple.com",
        "exämple.com",
        "[::1",
        "[::1]x",
        "[::1]:x",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[127.0.0.1]",
        "::1",
    ] {
        let unsaid = Err(Undecided::UnreadableAuthority);
        assert_eq!(check("example.com", authority), unsaid, "{authority}");
        let not = matcher(r#"{"not":{"hosts":["example.com"]}}"#);
        assert_eq!(
            not.matches(&request("GET", authority, b"/", &[])),
            unsaid,
            "{authority}"
        );
    }
}

#[test]
fn of_a_missing_or_repeated_authority_nothing_can_be_said() {
    let matcher = matcher(r#"{"hosts":["example.com"]}"#);
    let missing = RequestView::new(Headers::new([(":method", "GET"), (":path", "/")]));
    assert_eq!(
        matcher.matches(&missing),
        Err(Undecided::UnreadableAuthority)
    );
    let twice = [
        (":authority", "example.com"),
        (":authority", "evil.example"),
    ];
    let repeated = RequestView::new(Headers::new(twice));
    assert_eq!(
        matcher.matches(&repeated),
        Err(Undecided::UnreadableAuthority)
    );
}

#[test]
fn a_configured_host_has_no_port_and_one_wildcard_in_front() {
    for host in [
        "",
        "*",
        "*.",
        "a.*",
        "*.*.a",
        "*a.example",
        "a.example:80",
        "a.example.",
        "a b",
        "[::1",
        "[::1]:80",
        "https://a.example",
        "ä.example",
    ] {
        let problems = problems(&format!(r#"{{"hosts":["ok.example","{host}"]}}"#));
        assert!(
            problems.starts_with("match.hosts[1]: expected a host without port"),
            "{host}: {problems}"
        );
    }
}
