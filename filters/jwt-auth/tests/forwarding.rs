//! Which tokens reach the upstream, and which an access log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, TestProxy, Verdict, values};
use support::tokens::{NOW, good, p256_jwk, signed};
use support::{bearer, document, filter, get, judged, preflight, rule, simple};

const PLACES: &str = r#""from": {"headers": [{"name": "authorization", "scheme": "Bearer"},
    {"name": "x-token"}], "query": ["access_token"], "cookies": ["session"]},"#;
/// A token that nobody has verified, in every place and spelling.
const FORGED: &str = "forged.by.mallory";

/// A request with forged tokens where no provider finds one.
fn misspelled(request: RequestParts) -> RequestParts {
    request
        .header("x_token", FORGED)
        .header("X_Token", FORGED)
        .header("x-other", "kept")
}

/// A request with forged tokens everywhere.
fn forged(path: &str) -> RequestParts {
    misspelled(get(
        &format!("{path}?a=1&access_token={FORGED}&b=2"),
        FORGED,
    ))
    .header("x-token", FORGED)
    .header("cookie", format!("a=1; session={FORGED}"))
}

fn has(headers: &gatepost_test_host::Headers, text: &str) -> bool {
    let text = text.as_bytes();
    headers
        .iter()
        .any(|(_, value)| value.windows(text.len()).any(|part| part == text))
}

/// How a request passed, whose forged tokens must be gone.
fn passed_clean(proxy: &mut TestProxy, request: &RequestParts) -> gatepost_test_host::Headers {
    let headers = proxy.passed(request);
    assert!(!has(&headers, FORGED), "{headers:?}");
    headers
}

#[test]
fn no_path_on_which_a_request_passes_forwards_a_token_that_was_not_verified() {
    let rules = r#""default": {"action": "allow"}, "rules": [
        {"name": "open", "match": {"paths": [{"prefix": "/open"}]}, "require": "none"},
        {"name": "optional", "match": {"paths": [{"prefix": "/optional"}]},
            "require": {"provider": "main"}, "optional": true},
        {"name": "needed", "match": {"paths": [{"prefix": "/needed"}]}, "require": {"provider": "main"}}]"#;
    for forward in ["", r#""forward_token": true,"#] {
        filter(&document(&format!("{PLACES} {forward}"), rules), |proxy| {
            let token = good("");
            for request in [
                forged("/open"),
                forged("/default"),
                preflight(forged("/needed")),
                misspelled(RequestParts::get("/optional?access_token=&b=2&a=1")),
            ] {
                let headers = passed_clean(proxy, &request);
                assert_eq!(values(&headers, "x-other"), ["kept"]);
            }
            for path in ["/needed", "/optional"] {
                let headers = passed_clean(proxy, &misspelled(get(path, &token)));
                assert_eq!(has(&headers, &token), !forward.is_empty());
            }
            // A good token that no rule asked for was not verified.
            assert!(!has(&proxy.passed(&get("/open", &token)), &token));
        });
    }
}

#[test]
fn of_several_tokens_only_the_verified_one_is_forwarded() {
    let provider = format!(r#"{PLACES} "forward_token": true,"#);
    let more = format!(r#"{}, "several_tokens": "first_valid""#, rule(""));
    filter(&document(&provider, &more), |proxy| {
        let token = good("");
        let request = forged("/").header("authorization", format!("Bearer {token}"));
        let headers = passed_clean(proxy, &request);
        assert_eq!(
            values(&headers, "authorization"),
            [format!("Bearer {token}")]
        );
        assert_eq!(values(&headers, ":path"), ["/?a=1&b=2"]);
        assert_eq!(values(&headers, "cookie"), ["a=1"]);
        // The same token in another place is another credential.
        let path = format!("/?access_token={token}");
        let twice = RequestParts::get(&path).header("cookie", format!("session={token}"));
        let headers = proxy.passed(&twice);
        assert_eq!(values(&headers, ":path"), [path]);
        assert_eq!(values(&headers, "cookie"), [""; 0]);
    });
}

/// `main` with the places of this test, and `other`, whose places overlap with them.
fn overlapping(main: &str, other: &str, more: &str) -> String {
    let other = format!(
        r#""providers": {{"other": {{"issuer": "https://other.example", {other} "keys": {{"inline":
            {{"keys": [{}]}}}}}}, "#,
        p256_jwk(2, "k1")
    );
    let any = r#""rules": [{"name": "any", "require": {"any": [{"provider": "main"}, {"provider": "other"}]}}]"#;
    document(main, &format!("{any} {more}")).replacen(r#""providers": {"#, &other, 1)
}

#[test]
fn a_place_of_two_providers_keeps_the_token_of_the_one_that_forwards_it() {
    let both = r#""from": {"headers": [{"name": "authorization", "scheme": "Bearer"}, {"name": "x-token"}]},"#;
    let claims = format!(
        r#"{{"iss": "https://other.example", "exp": {}}}"#,
        NOW + 600
    );
    let of_other = signed(2, r#"{"alg":"ES256","kid":"k1"}"#, &claims);
    let document = overlapping(both, r#""forward_token": true,"#, "");
    filter(&document, |proxy| {
        let headers = passed_clean(proxy, &misspelled(bearer(&of_other)));
        assert_eq!(
            values(&headers, "authorization"),
            [format!("Bearer {of_other}")]
        );
        let headers = passed_clean(proxy, &misspelled(bearer(&good(""))));
        assert_eq!(values(&headers, "authorization"), [""; 0]);
    });
    let first = overlapping(
        both,
        r#""forward_token": true,"#,
        r#", "several_tokens": "first_valid""#,
    );
    filter(&first, |proxy| {
        let request = bearer(&of_other).header("x-token", FORGED);
        assert!(has(&passed_clean(proxy, &request), &of_other));
    });
}

#[test]
fn two_schemes_of_one_header_are_two_tokens() {
    let dpop = r#""from": {"headers": [{"name": "authorization", "scheme": "DPoP"}]},"#;
    filter(&overlapping("", dpop, ""), |proxy| {
        let two = bearer(&good("")).header("authorization", "DPoP x.y.z");
        assert_eq!(judged(proxy, &two), "400 jwt_several_tokens");
    });
}

#[test]
fn of_a_refused_request_access_logs_see_no_token() {
    filter(&simple(PLACES), |proxy| {
        for request in [
            forged("/"),
            misspelled(RequestParts::get(&format!("/?access_token={FORGED}&a=1"))),
        ] {
            let sent = proxy.send(&request);
            assert!(matches!(proxy.verdict(sent), Verdict::Replied(_)));
            let headers = proxy.request_headers(sent);
            assert!(!has(&headers, FORGED), "{headers:?}");
            assert!(values(&headers, ":path")[0].starts_with("/?a=1"));
        }
    });
}

#[test]
fn in_shadow_mode_every_token_stays() {
    let more = format!(r#"{}, "mode": "shadow""#, rule(""));
    filter(&document(PLACES, &more), |proxy| {
        let headers = proxy.passed(&forged("/"));
        let left = headers.iter().filter(|(_, value)| {
            value
                .windows(FORGED.len())
                .any(|part| part == FORGED.as_bytes())
        });
        assert_eq!(left.count(), 6);
    });
}
