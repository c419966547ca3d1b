//! Rules: which token each requires, and what it must say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::RequestParts;
use support::tokens::{ISSUER, by_other, claims, es256, good, p256_jwk, signed};
use support::{bearer, challenge, document, filter, get, judged, rule};

/// `main`, and `other` with an issuer, a key and a header of its own.
fn two(rules: &str) -> String {
    let other = format!(
        r#""providers": {{"other": {{"issuer": "https://other.example", "keys": {{"inline":
            {{"keys": [{}]}}}}, "from": {{"headers": [{{"name": "x-token"}}]}},
            "claims_to_headers": [{{"claim": "sub", "header": "x-other"}}]}}, "#,
        p256_jwk(2, "k1")
    );
    document(
        r#""claims_to_headers": [{"claim": "sub", "header": "x-sub"}],"#,
        &format!(r#""rules": [{rules}]"#),
    )
    .replacen(r#""providers": {"#, &other, 1)
}

const ANY: &str =
    r#"{"name": "any", "require": {"any": [{"provider": "main"}, {"provider": "other"}]}}"#;
const ALL: &str =
    r#"{"name": "all", "require": {"all": [{"provider": "main"}, {"provider": "other"}]}}"#;

#[test]
fn any_of_two_providers_will_do() {
    filter(&two(ANY), |proxy| {
        assert_eq!(judged(proxy, &bearer(&good(""))), "passed");
        let of_bob = RequestParts::get("/").header("x-token", by_other());
        assert_eq!(judged(proxy, &of_bob), "passed");
        // A token in the place of another provider is none of its.
        assert_eq!(judged(proxy, &bearer(&by_other())), "401 jwt_wrong_issuer");
        assert_eq!(judged(proxy, &RequestParts::get("/")), "401 jwt_missing");
        let both = bearer(&good("")).header("x-token", by_other());
        assert_eq!(judged(proxy, &both), "400 jwt_several_tokens");
    });
}

#[test]
fn the_most_telling_refusal_of_any_is_told() {
    let same_place = two(ANY).replace(r#", "from": {"headers": [{"name": "x-token"}]}"#, "");
    filter(&same_place, |proxy| {
        assert_eq!(judged(proxy, &bearer(&by_other())), "passed");
        let expired = format!(r#"{{"iss": "{ISSUER}", "aud": "shop", "exp": 1}}"#);
        assert_eq!(
            judged(proxy, &bearer(&es256("k1", &expired))),
            "401 jwt_expired"
        );
        let forged = signed(3, r#"{"alg":"ES256","kid":"k1"}"#, &claims(""));
        assert_eq!(judged(proxy, &bearer(&forged)), "401 jwt_bad_signature");
    });
}

#[test]
fn all_of_two_providers_are_wanted() {
    filter(&two(ALL), |proxy| {
        let both = bearer(&good("")).header("x-token", by_other());
        let headers = proxy.passed(&both);
        for (header, value) in [("x-sub", "alice"), ("x-other", "bob")] {
            assert!(headers.contains(&(header.to_owned(), value.as_bytes().to_vec())));
        }
        assert!(
            !headers
                .iter()
                .any(|(name, _)| name == "x-token" || name == "authorization")
        );
        assert_eq!(judged(proxy, &bearer(&good(""))), "401 jwt_missing");
        let forged = bearer(&good("")).header("x-token", good(""));
        assert_eq!(judged(proxy, &forged), "401 jwt_wrong_issuer");
    });
}

#[test]
fn optional_means_no_token_at_all() {
    for document in [
        document("", &rule(r#", "optional": true"#)),
        two(&ANY.replace(r#""require""#, r#""optional": true, "require""#)),
    ] {
        filter(&document, |proxy| {
            assert_eq!(judged(proxy, &RequestParts::get("/")), "passed");
            assert_eq!(judged(proxy, &bearer(&good(""))), "passed");
            assert_eq!(judged(proxy, &bearer("x")), "401 jwt_malformed");
            let forged = signed(3, r#"{"alg":"ES256","kid":"k1"}"#, &claims(""));
            assert_eq!(judged(proxy, &bearer(&forged)), "401 jwt_bad_signature");
            let stranger = claims("").replace(ISSUER, "https://evil.example");
            let stranger = signed(3, r#"{"alg":"ES256","kid":"k1"}"#, &stranger);
            assert_eq!(judged(proxy, &bearer(&stranger)), "401 jwt_wrong_issuer");
            let empty = RequestParts::get("/").header("authorization", "Bearer ");
            assert_eq!(judged(proxy, &empty), "400 jwt_credential_malformed");
        });
    }
}

#[test]
fn the_first_rule_that_matches_decides_and_the_default_is_to_deny() {
    let rules = r#""rules": [
        {"name": "health", "match": {"paths": [{"exact": "/healthz"}]}, "require": "none"},
        {"name": "api", "match": {"paths": [{"prefix": "/api"}]}, "require": {"provider": "main"}}]"#;
    filter(&document("", rules), |proxy| {
        assert_eq!(judged(proxy, &RequestParts::get("/healthz")), "passed");
        assert_eq!(judged(proxy, &get("/healthz", "x")), "passed");
        assert_eq!(
            judged(proxy, &RequestParts::get("/api/x")),
            "401 jwt_missing"
        );
        assert_eq!(
            judged(proxy, &get("/other", &good(""))),
            "403 default_denied"
        );
        assert_eq!(
            judged(proxy, &RequestParts::get("/api/../healthz")),
            "400 path_ambiguous"
        );
    });
    let open = document("", &format!(r#"{rules}, "default": {{"action": "allow"}}"#));
    filter(&open, |proxy| {
        assert_eq!(judged(proxy, &RequestParts::get("/other")), "passed");
    });
}

#[test]
fn scopes_that_are_missing_are_named_in_the_challenge() {
    let document = document("", &rule(r#", "scopes": {"all": ["read", "write"]}"#));
    filter(&document, |proxy| {
        assert_eq!(
            judged(proxy, &bearer(&good(r#""scope": "write read""#))),
            "passed"
        );
        assert_eq!(
            judged(proxy, &bearer(&good(r#""scp": ["read", "write"]"#))),
            "passed"
        );
        let reply = proxy.refused(&bearer(&good(r#""scope": "read""#)));
        assert_eq!(
            (reply.status, reply.details.as_str()),
            (403, "scope_missing")
        );
        let challenge = challenge(&reply);
        assert!(
            challenge.contains(r#"error="insufficient_scope""#)
                && challenge.contains(r#"scope="read write""#),
            "{challenge}"
        );
    });
}

#[test]
fn roles_stand_where_the_rule_says() {
    for (roles, more, expected) in [
        (
            r#"{"any": ["admin"]}"#,
            r#""roles": ["user", "admin"]"#,
            "passed",
        ),
        (r#"{"any": ["admin"]}"#, r#""roles": "admin""#, "passed"),
        (
            r#"{"any": ["admin"]}"#,
            r#""roles": "admin user""#,
            "403 role_missing",
        ),
        (
            r#"{"any": ["admin"], "claim": "realm_access.roles"}"#,
            r#""realm_access": {"roles": ["admin"]}"#,
            "passed",
        ),
        (
            r#"{"any": ["admin"], "claim": ["https://a.b/roles"]}"#,
            r#""https://a.b/roles": ["admin"]"#,
            "passed",
        ),
        (
            r#"{"all": ["a", "b"]}"#,
            r#""roles": ["b"]"#,
            "403 role_missing",
        ),
        (
            r#"{"any": ["admin"]}"#,
            r#""role": "admin""#,
            "403 role_missing",
        ),
    ] {
        let document = document("", &rule(&format!(r#", "roles": {roles}"#)));
        filter(&document, |proxy| {
            assert_eq!(
                judged(proxy, &bearer(&good(more))),
                expected,
                "{roles} {more}"
            );
        });
    }
}

#[test]
fn conditions_on_claims_decide_as_a_match_does() {
    for (allow, more, expected) in [
        (
            r#"{"claims": [{"path": "azp", "equals": "web"}]}"#,
            r#""azp": "web""#,
            "passed",
        ),
        (
            r#"{"claims": [{"path": "azp", "equals": "web"}]}"#,
            r#""azp": "app""#,
            "403 claim_denied",
        ),
        (
            r#"{"claims": [{"path": "azp", "equals": "web"}]}"#,
            "",
            "403 claim_denied",
        ),
        (
            r#"{"claims": [{"path": "level", "at_least": 3}]}"#,
            r#""level": 3"#,
            "passed",
        ),
        (
            r#"{"claims": [{"path": "level", "at_least": 3}]}"#,
            r#""level": "3""#,
            "403 claim_unreadable",
        ),
        (
            r#"{"claims": [{"path": "azp", "prefix": "web", "invert": true}]}"#,
            r#""azp": 7"#,
            "403 claim_unreadable",
        ),
        (
            r#"{"not": {"claims": [{"path": "azp", "contains": "web"}]}}"#,
            r#""azp": {}"#,
            "403 claim_unreadable",
        ),
        (
            r#"{"any": [{"claims": [{"path": "azp", "prefix": "a"}]}, {"methods": ["GET"]}]}"#,
            r#""azp": 7"#,
            "passed",
        ),
        (
            r#"{"not": {"claims": [{"path": "banned", "exists": true}]}}"#,
            r#""banned": 1"#,
            "403 claim_denied",
        ),
        (
            r#"{"any": [{"methods": ["POST"]}, {"claims": [{"path": "sub", "prefix": "al"}]}]}"#,
            "",
            "passed",
        ),
    ] {
        let document = document("", &rule(&format!(r#", "allow": {allow}"#)));
        filter(&document, |proxy| {
            for _ in 0..2 {
                assert_eq!(
                    judged(proxy, &bearer(&good(more))),
                    expected,
                    "{allow} {more}"
                );
            }
        });
    }
}

#[test]
fn a_claim_of_another_type_is_not_enough_and_a_request_that_cannot_be_read_is_malformed() {
    let allow = r#"{"claims": [{"path": "level", "at_least": 3}]}"#;
    filter(
        &document("", &rule(&format!(r#", "allow": {allow}"#))),
        |proxy| {
            let reply = proxy.refused(&bearer(&good(r#""level": "3""#)));
            let challenge = challenge(&reply);
            assert!(
                challenge.contains(
                    r#"error="insufficient_scope", error_description="claim_unreadable""#
                ),
                "{challenge}"
            );
        },
    );
    let allow = r#"{"query": [{"name": "a", "exact": "b"}]}"#;
    filter(
        &document("", &rule(&format!(r#", "allow": {allow}"#))),
        |proxy| {
            let request = get("/?a=%zz", &good(""));
            assert_eq!(judged(proxy, &request), "400 query_unreadable");
        },
    );
}
