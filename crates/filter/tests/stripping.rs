//! Credentials that are taken away before a request goes on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, values};
use support::{chain, reason};

const BEARER: &str = r#"{"token": {}}"#;
const KEY: &str = r#"{"token": {"sources": {"headers": [{"name": "x-api-key"}]}}}"#;
const QUERY: &str = r#"{"token": {"sources": {"query": ["t"]}}}"#;
const COOKIE: &str = r#"{"token": {"sources": {"cookies": ["t"]}}}"#;

#[test]
fn only_the_scheme_that_was_asked_for_is_taken() {
    chain(BEARER, |proxy| {
        let request = RequestParts::get("/")
            .header("authorization", "Basic dTpw")
            .header("authorization", "Bearer hush");
        let headers = proxy.passed(&request);
        assert_eq!(values(&headers, "authorization"), ["Basic dTpw"]);
        let request = request.header("authorization", "Digest x");
        let headers = proxy.passed(&request);
        assert_eq!(values(&headers, "authorization"), ["Basic dTpw, Digest x"]);
        let sent = proxy.send(&RequestParts::get("/").header("authorization", "bearer hush"));
        let headers = proxy.request_headers(sent);
        assert_eq!(values(&headers, "authorization"), [""; 0]);
        assert_eq!(values(&headers, "x-token-place"), ["header authorization"]);
        assert_eq!(proxy.header_writes(sent), 2);
    });
}

#[test]
fn every_spelling_of_the_header_is_taken() {
    chain(KEY, |proxy| {
        let request = RequestParts::get("/")
            .header("x-api-key", "hush")
            .header("x_api_key", "hush")
            .header("x-api_key", "")
            .header("x-api-keys", "kept");
        let headers = proxy.passed(&request);
        assert!(!headers.iter().any(|(_, value)| value == b"hush"));
        assert_eq!(values(&headers, "x-api_key"), [""; 0]);
        assert_eq!(values(&headers, "x-api-keys"), ["kept"]);
    });
}

#[test]
fn a_parameter_is_taken_and_the_rest_of_the_path_stays_byte_for_byte() {
    chain(QUERY, |proxy| {
        for (path, expected) in [
            ("/a?t=hush", "/a"),
            ("/a%2f?b=%7e+&%74=hush&c#t", "/a%2f?b=%7e+&c#t"),
            ("/a?t=&t=hush&t", "/a"),
        ] {
            let sent = proxy.send(&RequestParts::get(path));
            assert_eq!(values(&proxy.request_headers(sent), ":path"), [expected]);
            assert_eq!(proxy.header_writes(sent), 2, "{path}");
        }
        let long = format!("/{}?t=hush", "a".repeat(20_000));
        let path = values(&proxy.passed(&RequestParts::get(&long)), ":path");
        assert_eq!(path[0].len(), 20_001);
    });
}

#[test]
fn a_rule_behind_sees_the_path_as_it_reached_the_chain() {
    let gate = r#"{"gate": {"rules": [{"name": "t",
        "match": {"query": [{"name": "t", "present": true}]}}]}}"#;
    chain(&format!("{QUERY}, {gate}"), |proxy| {
        let sent = proxy.send(&RequestParts::get("/?t=hush"));
        assert_eq!(reason(proxy, sent), "gate_denied");
    });
}

#[test]
fn a_cookie_is_taken_and_the_others_stay() {
    chain(COOKIE, |proxy| {
        for (lines, expected) in [
            (&["a=1; t=hush; b=2"][..], &["a=1; b=2"][..]),
            (&["a=1", "t=hush;b=2", "t="], &["a=1; b=2"]),
            (&["t=hush"], &[]),
        ] {
            let request = lines.iter().fold(RequestParts::get("/"), |request, line| {
                request.header("cookie", line)
            });
            let headers = proxy.passed(&request);
            assert_eq!(values(&headers, "cookie"), expected, "{lines:?}");
        }
    });
}

#[test]
fn two_filters_take_each_its_own() {
    let second = r#"{"name": "second", "token": {"sources": {"query": ["u"]}}}"#;
    chain(&format!("{QUERY}, {second}"), |proxy| {
        let headers = proxy.passed(&RequestParts::get("/?u=hush&v=1&t=hush"));
        assert_eq!(values(&headers, ":path"), ["/?v=1"]);
        // What the first one took is no credential to the second.
        let both = QUERY.replace("{\"token\"", "{\"name\": \"first\", \"token\"");
        chain(&format!("{both}, {QUERY}"), |proxy| {
            let sent = proxy.send(&RequestParts::get("/?t=hush"));
            assert_eq!(reason(proxy, sent), "token_missing");
        });
    });
}

#[test]
fn nothing_is_taken_in_shadow_mode() {
    for filter in [BEARER, KEY, QUERY, COOKIE] {
        let shadow = filter.replacen("\"token\": {", "\"token\": {\"mode\": \"shadow\", ", 1);
        chain(&shadow.replace(", }", "}"), |proxy| {
            let request = RequestParts::get("/?t=hush")
                .header("authorization", "Bearer hush")
                .header("x-api-key", "hush")
                .header("x_api_key", "hush")
                .header("cookie", "t=hush");
            let sent = proxy.send(&request);
            let headers = proxy.request_headers(sent);
            let left = headers.iter().filter(|(_, value)| value.ends_with(b"hush"));
            assert_eq!(left.count(), 5);
            // The place is told.
            assert_eq!(proxy.header_writes(sent), 1);
        });
    }
}

#[test]
fn what_was_to_be_taken_of_a_refused_request_is_not_sent_on() {
    chain(BEARER, |proxy| {
        let reply = proxy.refused(
            &RequestParts::get("/")
                .header("authorization", "Bearer one")
                .header("authorization", "Bearer two"),
        );
        assert_eq!(
            (reply.status, reply.details.as_str()),
            (400, "token_malformed")
        );
        assert_eq!(
            values(&reply.headers, "www-authenticate"),
            [r#"Bearer error="invalid_request", error_description="several tokens""#]
        );
        let reply = proxy.refused(&RequestParts::get("/"));
        assert_eq!(values(&reply.headers, "www-authenticate"), ["Bearer"]);
    });
}

#[test]
fn a_preflight_needs_no_credential_and_keeps_no_header_of_ours() {
    chain(BEARER, |proxy| {
        let request = RequestParts::get("/")
            .without(":method")
            .header(":method", "OPTIONS")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "PUT")
            .header("x-token-place", "forged");
        let headers = proxy.passed(&request);
        assert_eq!(values(&headers, "x-token-place"), [""; 0]);
    });
}

#[test]
fn only_the_credential_that_was_verified_goes_on() {
    let all = r#"{"token": {"forward": true, "sources": {"query": ["t"], "cookies": ["t"],
        "headers": [{"name": "x-api-key"}, {"name": "authorization", "scheme": "Bearer"}]}}}"#;
    chain(all, |proxy| {
        let request = RequestParts::get("/?t=&a=1")
            .header("x-api-key", "good")
            .header("x_api_key", "forged")
            .header("x-api_key", "good")
            .header("authorization", "Basic dTpw")
            .header("cookie", "t=; a=1");
        let headers = proxy.passed(&request);
        assert_eq!(values(&headers, "x-api-key"), ["good"]);
        assert_eq!(values(&headers, "x_api_key"), [""; 0]);
        assert_eq!(values(&headers, "x-api_key"), [""; 0]);
        assert_eq!(values(&headers, "authorization"), ["Basic dTpw"]);
        assert_eq!(values(&headers, ":path"), ["/?a=1"]);
        assert_eq!(values(&headers, "cookie"), ["a=1"]);
        for (request, name, expected) in [
            (
                RequestParts::get("/?%74=go%6fd&t=&b"),
                ":path",
                "/?%74=go%6fd&b",
            ),
            (
                RequestParts::get("/").header("cookie", "t=\"good\"; t=; b=2"),
                "cookie",
                "t=\"good\"; b=2",
            ),
            (
                RequestParts::get("/").header("authorization", "bearer  good"),
                "authorization",
                "bearer  good",
            ),
        ] {
            let sent = proxy.send(&request);
            assert_eq!(values(&proxy.request_headers(sent), name), [expected]);
        }
    });
}

#[test]
fn of_a_refused_request_access_logs_see_no_credential() {
    let all = r#"{"token": {"sources": {"query": ["t"], "cookies": ["t"],
        "headers": [{"name": "x-api-key"}, {"name": "authorization", "scheme": "Bearer"}]}}}"#;
    let gate = r#"{"gate": {"rules": [{"name": "t", "match": {"paths": [{"exact": "/gate"}]}}]}}"#;
    // Whoever refuses it, before the token's filter or behind it.
    for filters in [format!("{gate}, {all}"), format!("{all}, {gate}")] {
        chain(&filters, |proxy| {
            for path in ["/?a=1&t=hush", "/gate?a=1&t=hush"] {
                for request in [
                    RequestParts::get(path),
                    RequestParts::get(path)
                        .header("x-api-key", "hush")
                        .header("x_api_key", "hush")
                        .header("authorization", "Bearer hush")
                        .header("authorization", "Basic dTpw")
                        .header("cookie", "a=1; t=hush"),
                ] {
                    let sent = proxy.send(&request);
                    if path.starts_with("/gate") {
                        let said = reason(proxy, sent);
                        // Several tokens are no token, where theirs is asked first.
                        let expected = ["gate_denied", "token_malformed"];
                        assert!(expected.contains(&said.as_str()), "{said}");
                    }
                    let headers = proxy.request_headers(sent);
                    let hush = |value: &[u8]| value.windows(4).any(|part| part == b"hush");
                    assert!(!headers.iter().any(|(_, value)| hush(value)), "{headers:?}");
                    let path = values(&headers, ":path");
                    assert!(path[0].ends_with("?a=1"), "{path:?}");
                }
            }
        });
    }
}

#[test]
fn a_query_of_more_parameters_than_servers_read_is_refused_and_its_work_is_bounded() {
    chain(QUERY, |proxy| {
        let many = |count| format!("/?t=hush{}", "&a;b;c".repeat(count));
        assert!(proxy.passed(&RequestParts::get(&many(1023))).len() > 1);
        let reply = proxy.refused(&RequestParts::get(&many(1024)));
        assert_eq!(reply.details, "token_malformed");
    });
}
