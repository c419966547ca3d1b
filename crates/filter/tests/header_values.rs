//! What we say in headers: texts of claims, names of our own, challenges; and what a
//! preflight is.
#![allow(clippy::unwrap_used)]

use gatepost_config::{FieldPath, Problems, read};
use gatepost_filter::{
    ChallengeConfig, ChallengeError, Challenges, Unsendable, is_cors_preflight, is_scope_token,
    owned_header, sendable,
};
use gatepost_http_match::{Headers, RequestView};

#[test]
fn a_text_becomes_a_value_that_says_nothing_else() {
    for (text, value) in [
        ("alice", "alice"),
        ("Alice B. <a@b.example>", "Alice B. <a@b.example>"),
        ("", ""),
        ("zoë", "zo%C3%AB"),
        ("zo%C3%AB", "zo%25C3%25AB"),
        ("100%", "100%25"),
        (" a  b ", "%20a  b%20"),
        ("  ", "%20%20"),
        ("\u{85}\u{2028}", "%C2%85%E2%80%A8"),
        ("🦀", "%F0%9F%A6%80"),
    ] {
        assert_eq!(sendable(text, 100).unwrap(), value.as_bytes(), "{text:?}");
    }
}

#[test]
fn a_control_character_is_not_sendable() {
    for text in [
        "a\rb",
        "a\nb",
        "a\0b",
        "\tb",
        "a\x1fb",
        "a\x7fb",
        "a\r\nx-admin: 1",
    ] {
        let refused = Err(Unsendable::ControlCharacter);
        assert_eq!(sendable(text, 100), refused, "{text:?}");
    }
}

#[test]
fn a_value_is_no_longer_than_the_document_or_8_kib_allows() {
    assert!(sendable("abc", 3).is_ok());
    assert_eq!(sendable("abcd", 3), Err(Unsendable::TooLong));
    assert_eq!(sendable("é", 5), Err(Unsendable::TooLong));
    assert!(sendable(&"a".repeat(8192), usize::MAX).is_ok());
    assert_eq!(
        sendable(&"a".repeat(8193), usize::MAX),
        Err(Unsendable::TooLong)
    );
    assert_eq!(
        sendable(&"é".repeat(4000), usize::MAX),
        Err(Unsendable::TooLong)
    );
}

#[test]
fn a_header_that_means_something_to_others_is_not_ours() {
    let check = |name: &str| {
        let mut problems = Problems::new();
        let at = FieldPath::ROOT.field("header");
        let owned = owned_header(name.to_owned(), &at, &mut problems);
        (owned, problems.to_string())
    };
    for name in ["x-user", "x-jwt-payload", "sub", "x-1"] {
        assert_eq!(check(name), (Some(name.to_owned()), String::new()));
    }
    for name in [
        "",
        "X-User",
        ":path",
        "x_user",
        "x user",
        "x-é",
        "host",
        "connection",
        "content-length",
        "content-type",
        "transfer-encoding",
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-envoy-original-path",
        "x-forwarded-for",
        "x-request-id",
        "grpc-timeout",
        "accept",
        "if-match",
        "te",
        "sec-fetch-mode",
        "access-control-request-method",
        &"a".repeat(129),
    ] {
        let (owned, problems) = check(name);
        assert_eq!(owned, None, "{name}");
        assert!(
            problems.starts_with("header: expected a header"),
            "{problems}"
        );
    }
}

fn challenges(json: &str) -> Result<Challenges, Problems> {
    let mut problems = Problems::new();
    let config: ChallengeConfig = read(json.as_bytes()).unwrap();
    let challenges = Challenges::new("Bearer", config, &FieldPath::ROOT, &mut problems);
    problems.check(challenges)
}

#[test]
fn a_request_without_a_credential_is_told_no_error() {
    assert_eq!(challenges("{}").unwrap().bare(), "Bearer");
    let told = challenges(r#"{"realm":"shop"}"#).unwrap();
    assert_eq!(told.bare(), r#"Bearer realm="shop""#);
}

#[test]
fn a_challenge_says_what_was_wrong_and_what_would_do() {
    let challenges = challenges(
        r#"{"realm":"a \"b\" \\c","resource_metadata":"https://api.example/.well-known/x?y=1"}"#,
    )
    .unwrap();
    assert_eq!(
        challenges.error(
            ChallengeError::InsufficientScope,
            "more",
            &["read", "write"]
        ),
        "Bearer realm=\"a \\\"b\\\" \\\\c\", error=\"insufficient_scope\", \
         error_description=\"more\", scope=\"read write\", \
         resource_metadata=\"https://api.example/.well-known/x?y=1\""
    );
    assert_eq!(
        challenges.error(ChallengeError::InvalidToken, "it\r\nex\u{e9}pired", &[]),
        "Bearer realm=\"a \\\"b\\\" \\\\c\", error=\"invalid_token\", \
         error_description=\"itexpired\", \
         resource_metadata=\"https://api.example/.well-known/x?y=1\""
    );
}

#[test]
fn more_scopes_than_a_header_should_hold_are_not_told_in_part() {
    let challenges = challenges("{}").unwrap();
    let words = |count: usize| vec!["1234567"; count];
    let told = |count| challenges.error(ChallengeError::InsufficientScope, "more", &words(count));
    assert!(told(256).contains(&format!("scope=\"{}\"", words(256).join(" "))));
    assert_eq!(
        told(257),
        "Bearer error=\"insufficient_scope\", error_description=\"more\""
    );
}

#[test]
fn an_error_has_its_code_and_status() {
    let told = [
        ChallengeError::InvalidRequest,
        ChallengeError::InvalidToken,
        ChallengeError::InsufficientScope,
    ]
    .map(|error| (error.code(), error.status()));
    let expected = [
        ("invalid_request", 400),
        ("invalid_token", 401),
        ("insufficient_scope", 403),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_realm_and_metadata_that_cannot_be_told_are_refused() {
    for json in [r#"{"realm":""}"#, r#"{"realm":"a\nb"}"#, r#"{"realm":"é"}"#] {
        let problems = challenges(json).unwrap_err().to_string();
        assert!(problems.starts_with("realm: expected"), "{problems}");
    }
    for url in [
        "",
        "http://a.example/",
        "https://",
        "https:///path",
        "https://a b/",
        "https://user@a.example/",
        "https://a.example/#f",
        "https://a.example/\\\"",
        "/path",
        "HTTPS://a.example/é",
    ] {
        let json = format!(r#"{{"resource_metadata":"{url}"}}"#);
        let problems = challenges(&json).unwrap_err().to_string();
        assert!(problems.starts_with("resource_metadata: expected"), "{url}");
    }
    for url in [
        "https://a.example",
        "https://[::1]:8443/x?y",
        "https://a.example?b",
    ] {
        let json = format!(r#"{{"resource_metadata":"{url}"}}"#);
        assert!(challenges(&json).is_ok(), "{url}");
    }
}

#[test]
fn a_scope_is_one_word() {
    assert!(is_scope_token("orders:read") && is_scope_token("https://a/b!#"));
    for text in ["", "a b", "a\"", "a\\", "é", "a\n"] {
        assert!(!is_scope_token(text), "{text:?}");
    }
}

#[test]
fn a_preflight_is_options_with_both_headers_once() {
    let origin = ("origin", "https://a.example");
    let method = ("access-control-request-method", "PUT");
    let is_one = |verb: &str, headers: &[(&str, &str)]| {
        let all = [(":method", verb), (":path", "/")];
        let all = all.iter().chain(headers).copied();
        is_cors_preflight(&RequestView::new(Headers::new(all)))
    };
    assert!(is_one("OPTIONS", &[origin, method]));
    for (verb, headers) in [
        ("GET", &[origin, method][..]),
        ("options", &[origin, method]),
        ("OPTIONS", &[origin]),
        ("OPTIONS", &[method]),
        ("OPTIONS", &[origin, method, method]),
        ("OPTIONS", &[origin, origin, method]),
        ("OPTIONS", &[("origin", ""), method]),
        ("OPTIONS", &[origin, ("access-control-request-method", " ")]),
        ("OPTIONS", &[origin, method, (":method", "GET")]),
    ] {
        assert!(!is_one(verb, headers), "{verb} {headers:?}");
    }
}
