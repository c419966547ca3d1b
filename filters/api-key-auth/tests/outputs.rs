//! What the upstream is told of a key, and that nobody else can tell it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, Verdict, values};
use support::{entry, filter, passed_with, with_key, with_keys};

const HEADERS: &str = r#""key_id_header": "x-consumer", "attributes_to_headers": [
    {"attribute": "tier", "header": "x-tier"}, {"attribute": "owner", "header": "x-owner"}],
    "rules": [{"name": "open", "match": {"paths": [{"prefix": "/open"}]}, "require": "none"}]"#;

fn keys() -> Vec<String> {
    vec![
        entry(
            "a.1",
            "alpha",
            r#""attributes": {"tier": "gold", "owner": "Käthe 100%", "unused": "x"}"#,
        ),
        entry("b", "beta", ""),
    ]
}

#[test]
fn the_id_and_the_attributes_of_a_key_become_headers() {
    filter(&with_keys(&keys(), HEADERS), |proxy| {
        let headers = proxy.passed(&with_key("alpha"));
        assert_eq!(values(&headers, "x-consumer"), ["a.1"]);
        assert_eq!(values(&headers, "x-tier"), ["gold"]);
        assert_eq!(values(&headers, "x-owner"), ["K%C3%A4the 100%25"]);
        assert!(!format!("{headers:?}").contains("unused"));
        let headers = proxy.passed(&with_key("beta"));
        assert_eq!(values(&headers, "x-consumer"), ["b"]);
        assert!(values(&headers, "x-tier").is_empty());
    });
}

#[test]
fn the_clients_copies_are_gone_in_every_spelling_on_every_path() {
    let forged = |path: &str| {
        let mut request = RequestParts::get(path);
        for name in ["x-consumer", "x_consumer", "x-tier", "x_tier", "X-Owner"] {
            request = request.header(name, "forged").header(name, "again");
        }
        request
    };
    filter(&with_keys(&keys(), HEADERS), |proxy| {
        for request in [
            forged("/").header("x-api-key", "alpha"),
            forged("/").header("x-api-key", "beta"),
            forged("/open"),
        ] {
            let headers = proxy.passed(&request);
            assert!(
                headers
                    .iter()
                    .all(|(_, value)| *value != b"forged" && *value != b"again"),
                "{headers:?}"
            );
        }
        let sent = proxy.send(&forged("/"));
        assert!(matches!(proxy.verdict(sent), Verdict::Replied(_)));
        let headers = proxy.request_headers(sent);
        assert!(
            !format!("{headers:?}").contains("x-consumer"),
            "{headers:?}"
        );
    });
}

#[test]
fn a_header_is_written_once_and_nothing_without_need() {
    filter(&with_keys(&keys(), HEADERS), |proxy| {
        let sent = proxy.send(&with_key("beta").header("x-consumer", "forged"));
        // The key goes, the id comes in the place of the client's copy.
        assert_eq!(proxy.header_writes(sent), 2);
    });
    filter(&with_keys(&keys(), r#""forward_key": true"#), |proxy| {
        let sent = proxy.send(&with_key("beta"));
        assert_eq!(proxy.header_writes(sent), 0);
        assert_eq!(passed_with(proxy, &with_key("beta"), "x-api-key"), ["beta"]);
    });
}
