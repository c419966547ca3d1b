//! Discovery documents: where they are, and what is believed of them.
#![allow(clippy::unwrap_used)]

use gatepost_jose::{
    Discovery, DiscoveryError, DiscoveryKind, DiscoveryLimits, JwksUri, UrlError, https_authority,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ISSUER: &str = "https://issuer.example/tenant";

fn parse(document: &str) -> Result<JwksUri, DiscoveryError> {
    Discovery::parse(document.as_bytes(), ISSUER, &DiscoveryLimits::default())
        .map(|discovery| discovery.jwks_uri().clone())
}

fn jwks_uri(uri: &str) -> Result<JwksUri, DiscoveryError> {
    parse(&format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{uri}"}}"#))
}

#[test]
fn the_keys_are_where_jwks_uri_says() {
    for (uri, host, port, authority, path) in [
        (
            "https://keys.example/a?b=c",
            "keys.example",
            443,
            "keys.example",
            "/a?b=c",
        ),
        (
            "https://keys.example",
            "keys.example",
            443,
            "keys.example",
            "/",
        ),
        (
            "https://keys.example?b",
            "keys.example",
            443,
            "keys.example",
            "/?b",
        ),
        (
            "HTTPS://Keys.Example:8443/A",
            "keys.example",
            8443,
            "keys.example:8443",
            "/A",
        ),
        ("https://10.0.0.1:443/", "10.0.0.1", 443, "10.0.0.1", "/"),
        (
            "https://[2001:DB8::1]:1/",
            "[2001:db8::1]",
            1,
            "[2001:db8::1]:1",
            "/",
        ),
        ("https://[::1]", "[::1]", 443, "[::1]", "/"),
        (
            "https://a_b.ns.svc.cluster.local/k",
            "a_b.ns.svc.cluster.local",
            443,
            "a_b.ns.svc.cluster.local",
            "/k",
        ),
    ] {
        let found = jwks_uri(uri).unwrap();
        assert_eq!(found.host(), host, "{uri}");
        assert_eq!(found.port(), port, "{uri}");
        assert_eq!(found.authority(), authority, "{uri}");
        assert_eq!(found.path(), path, "{uri}");
        assert!(found.is_https());
    }
}

#[test]
fn a_server_has_one_name_however_it_is_written() {
    for (written, name) in [
        ("keys.example", Ok("keys.example")),
        ("Keys.EXAMPLE", Ok("keys.example")),
        ("keys.example:443", Ok("keys.example")),
        ("keys.example:0443", Ok("keys.example")),
        ("keys.example:80", Ok("keys.example:80")),
        ("[2001:DB8:0::1]:443", Ok("[2001:db8::1]")),
        ("", Err(UrlError::Host)),
        ("https://keys.example", Err(UrlError::Port)),
        ("keys.example/", Err(UrlError::Host)),
        ("keys.example:x", Err(UrlError::Port)),
        ("user@keys.example", Err(UrlError::UserInfo)),
    ] {
        let found = https_authority(written);
        assert_eq!(found.as_deref(), name.as_deref(), "{written}");
        if let Ok(name) = name {
            let of_uri = jwks_uri(&format!("https://{written}/")).unwrap();
            assert_eq!(of_uri.authority(), name);
        }
    }
}

#[test]
fn a_jwks_uri_that_readers_may_take_for_another_is_refused() {
    for (uri, error) in [
        ("", UrlError::Scheme),
        ("/keys", UrlError::Scheme),
        ("//keys.example/", UrlError::Scheme),
        ("https:keys.example", UrlError::Scheme),
        ("ftp://keys.example/", UrlError::Scheme),
        ("file:///etc/keys", UrlError::Scheme),
        (" https://keys.example/", UrlError::Scheme),
        ("http://keys.example/", UrlError::Scheme),
        ("https://user@keys.example/", UrlError::UserInfo),
        ("https://keys.example:443@evil.example/", UrlError::UserInfo),
        ("https:///keys", UrlError::Host),
        ("https://:443/", UrlError::Host),
        ("https://keys example/", UrlError::Host),
        ("https://keys.example\\\\@evil.example/", UrlError::UserInfo),
        ("https://keys.example\\\\evil.example/", UrlError::Host),
        ("https://keys%2eexample/", UrlError::Host),
        ("https://k\u{e9}ys.example/", UrlError::Host),
        ("https://[::1/", UrlError::Host),
        ("https://[::1]x/", UrlError::Host),
        ("https://[keys]/", UrlError::Host),
        ("https://[fe80::1%25eth0]/", UrlError::Host),
        ("https://keys.example:/", UrlError::Port),
        ("https://keys.example:0/", UrlError::Port),
        ("https://keys.example:65536/", UrlError::Port),
        ("https://keys.example:+443/", UrlError::Port),
        ("https://keys.example:443:443/", UrlError::Port),
        ("https://[::1]:/", UrlError::Port),
        ("https://keys.example/#keys", UrlError::Path),
        ("https://keys.example#", UrlError::Path),
        ("https://keys.example/a b", UrlError::Path),
        ("https://keys.example/\\r\\nx: y", UrlError::Path),
        ("https://keys.example/\u{e9}", UrlError::Path),
        ("https://keys.example/\\\\a", UrlError::Path),
    ] {
        assert_eq!(
            jwks_uri(uri).unwrap_err(),
            DiscoveryError::JwksUri(error),
            "{uri}"
        );
    }
    let long = format!("https://keys.example/{}", "k".repeat(2048));
    assert_eq!(
        jwks_uri(&long).unwrap_err(),
        DiscoveryError::JwksUri(UrlError::TooLong)
    );
}

#[test]
fn plain_http_is_taken_where_it_is_allowed() {
    let limits = DiscoveryLimits {
        allow_http: true,
        ..DiscoveryLimits::default()
    };
    let document = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"http://keys.example/"}}"#);
    let discovery = Discovery::parse(document.as_bytes(), ISSUER, &limits).unwrap();
    assert!(!discovery.jwks_uri().is_https());
    assert_eq!(discovery.jwks_uri().port(), 80);
}

#[test]
fn the_issuer_is_the_one_that_was_asked_byte_by_byte() {
    for issuer in [
        "https://issuer.example/tenant/",
        "https://issuer.example/Tenant",
        "https://ISSUER.example/tenant",
        "https://issuer.example:443/tenant",
        "http://issuer.example/tenant",
        "https://issuer.example/other",
        "https://issuer.example/tenant ",
        "",
    ] {
        let document = format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://keys.example/"}}"#);
        assert_eq!(
            parse(&document).unwrap_err(),
            DiscoveryError::WrongIssuer,
            "{issuer}"
        );
    }
}

#[test]
fn a_document_that_says_less_says_nothing() {
    for (document, error) in [
        ("[]", DiscoveryError::NotAnObject),
        ("{}", DiscoveryError::Member("issuer")),
        (r#"{"issuer":1}"#, DiscoveryError::Member("issuer")),
        (
            r#"{"issuer":"https://issuer.example/tenant"}"#,
            DiscoveryError::Member("jwks_uri"),
        ),
        (
            r#"{"issuer":"https://issuer.example/tenant","jwks_uri":["https://keys.example"]}"#,
            DiscoveryError::Member("jwks_uri"),
        ),
    ] {
        assert_eq!(parse(document).unwrap_err(), error, "{document}");
    }
    for document in [
        "",
        "<html>",
        r#"{"issuer":"a","issuer":"https://issuer.example/tenant"}"#,
    ] {
        assert!(matches!(
            parse(document).unwrap_err(),
            DiscoveryError::Json(_)
        ));
    }
    let limits = DiscoveryLimits {
        max_bytes: 10,
        ..DiscoveryLimits::default()
    };
    assert!(Discovery::parse(b"{}         ", ISSUER, &limits).is_err());
}

#[test]
fn each_standard_has_its_own_place_for_the_document() {
    for (issuer, openid, oauth) in [
        (
            "https://issuer.example",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
        ),
        (
            "https://issuer.example/",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
        ),
        // RFC 8414 3.1.
        (
            "https://issuer.example/issuer1",
            "/issuer1/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/issuer1",
        ),
        (
            "https://issuer.example:8443/a/b/",
            "/a/b/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server/a/b",
        ),
    ] {
        assert_eq!(
            DiscoveryKind::OpenIdConnect.path(issuer).as_deref(),
            Ok(openid)
        );
        assert_eq!(DiscoveryKind::OAuth.path(issuer).as_deref(), Ok(oauth));
    }
    for (issuer, error) in [
        ("issuer.example", UrlError::Scheme),
        ("https://issuer.example/?a", UrlError::Query),
        ("https://issuer.example/#a", UrlError::Path),
        ("https://user@issuer.example/", UrlError::UserInfo),
    ] {
        assert_eq!(DiscoveryKind::OAuth.path(issuer), Err(error), "{issuer}");
    }
}
