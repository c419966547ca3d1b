//! Which tokens are good, and what the others are answered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod support;

use std::time::Duration;

use gatepost_test_host::RequestParts;
use support::tokens::{
    ISSUER, NOW, claims, eddsa, encoded, es256, good, hs256, key_set, p256_jwk, signed,
};
use support::{bearer, challenge, document, filter, judged, rule, simple};

#[test]
fn a_good_token_passes_and_is_taken_away() {
    filter(&simple(""), |proxy| {
        for token in [good(""), eddsa("e1", &claims(""))] {
            let headers = proxy.passed(&bearer(&token).header("accept", "*/*"));
            assert!(headers.iter().all(|(name, _)| name != "authorization"));
            assert!(headers.iter().any(|(name, _)| name == "accept"));
        }
    });
}

#[test]
fn the_token_is_forwarded_by_option() {
    filter(&simple(r#""forward_token": true,"#), |proxy| {
        let headers = proxy.passed(&bearer(&good("")));
        assert!(headers.iter().any(|(name, _)| name == "authorization"));
    });
}

#[test]
fn without_a_token_the_challenge_is_bare() {
    let more = format!(
        r#"{}, "challenge": {{"realm": "shop", "resource_metadata": "https://shop.example/m"}}"#,
        rule("")
    );
    filter(&document("", &more), |proxy| {
        let reply = proxy.refused(&RequestParts::get("/"));
        assert_eq!((reply.status, reply.details.as_str()), (401, "jwt_missing"));
        assert_eq!(
            challenge(&reply),
            r#"Bearer realm="shop", resource_metadata="https://shop.example/m""#
        );
        // Another scheme is no token.
        let basic = RequestParts::get("/").header("authorization", "Basic YTpi");
        assert_eq!(judged(proxy, &basic), "401 jwt_missing");
    });
}

#[test]
fn a_bad_token_is_answered_with_invalid_token() {
    filter(&simple(""), |proxy| {
        let reply = proxy.refused(&bearer("a.b.c"));
        assert_eq!(reply.status, 401);
        let challenge = challenge(&reply);
        assert!(
            challenge.starts_with(r#"Bearer error="invalid_token""#),
            "{challenge}"
        );
    });
}

#[test]
fn each_fault_of_a_token_has_its_reason() {
    let exp = NOW + 600;
    let without = |claim: &str| {
        let all = [
            ("iss", format!(r#""iss": "{ISSUER}""#)),
            ("aud", r#""aud": "shop""#.to_owned()),
            ("exp", format!(r#""exp": {exp}"#)),
        ];
        let kept: Vec<String> = all
            .into_iter()
            .filter(|(name, _)| *name != claim)
            .map(|(_, member)| member)
            .collect();
        es256("k1", &format!("{{{}}}", kept.join(",")))
    };
    let with = |iss: &str, aud: &str, exp: u64| {
        es256(
            "k1",
            &format!(r#"{{"iss": "{iss}", "aud": "{aud}", "exp": {exp}}}"#),
        )
    };
    let header = |header: &str| signed(1, header, &claims(""));
    let good = good("");
    let (input, signature) = good.rsplit_once('.').unwrap();
    // The last character holds two bits of the signature.
    let other_end = if signature.ends_with('A') { "Q" } else { "A" };
    let table = [
        ("no token", "x".to_owned(), "jwt_malformed"),
        ("five segments", "a.b.c.d.e".to_owned(), "jwt_encrypted"),
        ("unsigned", format!("{input}."), "jwt_unsigned"),
        ("padded", format!("{good}="), "jwt_malformed"),
        ("none", header(r#"{"alg":"none"}"#), "jwt_unsigned"),
        ("nOnE", header(r#"{"alg":"nOnE"}"#), "jwt_unsigned"),
        (
            "unknown",
            header(r#"{"alg":"ES257"}"#),
            "jwt_unknown_algorithm",
        ),
        (
            "crit",
            header(r#"{"alg":"ES256","crit":[]}"#),
            "jwt_unsupported_header",
        ),
        (
            "nested",
            header(r#"{"alg":"ES256","cty":"JWT"}"#),
            "jwt_nested",
        ),
        (
            "twice",
            header(r#"{"alg":"ES256","\u0061lg":"ES256"}"#),
            "jwt_malformed",
        ),
        (
            "too long",
            format!("{good}{}", "a".repeat(20_000)),
            "jwt_too_long",
        ),
        ("without iss", without("iss"), "jwt_claim_missing"),
        ("without aud", without("aud"), "jwt_claim_missing"),
        ("without exp", without("exp"), "jwt_claim_missing"),
        (
            "issuer",
            with("https://other.example", "shop", exp),
            "jwt_wrong_issuer",
        ),
        (
            "issuer/",
            with(&format!("{ISSUER}/"), "shop", exp),
            "jwt_wrong_issuer",
        ),
        ("audience", with(ISSUER, "bank", exp), "jwt_wrong_audience"),
        ("expired", with(ISSUER, "shop", NOW - 60), "jwt_expired"),
        (
            "exp is text",
            es256(
                "k1",
                &format!(r#"{{"iss": "{ISSUER}", "aud": "shop", "exp": "9"}}"#),
            ),
            "jwt_claim_malformed",
        ),
        (
            "nbf",
            es256("k1", &claims(&format!(r#""nbf": {}"#, NOW + 120))),
            "jwt_not_yet_valid",
        ),
        (
            "iat",
            es256("k1", &claims(&format!(r#""iat": {}"#, NOW + 120))),
            "jwt_issued_in_future",
        ),
        ("unknown key", es256("k2", &claims("")), "jwt_unknown_key"),
        (
            "other key",
            signed(2, r#"{"alg":"ES256","kid":"k1"}"#, &claims("")),
            "jwt_bad_signature",
        ),
        (
            "psychic",
            format!("{input}.{}", encoded([0; 64])),
            "jwt_bad_signature",
        ),
        (
            "key of another type",
            signed(1, r#"{"alg":"RS256","kid":"k1"}"#, &claims("")),
            "jwt_key_not_for_algorithm",
        ),
        (
            "HMAC with the public key",
            hs256(
                p256_jwk(1, "k1").as_bytes(),
                r#"{"alg":"HS256","kid":"k1"}"#,
                &claims(""),
            ),
            "jwt_algorithm_not_allowed",
        ),
        (
            "other signature",
            format!("{input}.{}{}", &signature[..85], other_end),
            "jwt_bad_signature",
        ),
        (
            "typ",
            header(r#"{"alg":"ES256","typ":"dpop+jwt"}"#),
            "jwt_wrong_type",
        ),
    ];
    filter(&simple(""), |proxy| {
        for (what, token, reason) in &table {
            let said = judged(proxy, &bearer(token));
            assert!(said.starts_with("401 "), "{what}: {said}");
            let reply = proxy.refused(&bearer(token));
            assert!(
                reply.details.starts_with(reason),
                "{what}: {}",
                reply.details
            );
            assert!(challenge(&reply).contains("invalid_token"), "{what}");
            let is_logged = token.len() > 20 && proxy.log_text().contains(token.as_str());
            assert!(!is_logged, "{what} is logged");
        }
    });
}

#[test]
fn a_key_in_the_header_is_never_used_and_no_call_is_made() {
    let jwk = p256_jwk(2, "k2");
    filter(&simple(""), |proxy| {
        for more in [
            format!(r#""jwk":{jwk}"#),
            r#""jku":"https://evil.example/keys""#.to_owned(),
            r#""x5u":"https://evil.example/cert""#.to_owned(),
        ] {
            let header = format!(r#"{{"alg":"ES256","kid":"k2",{more}}}"#);
            let token = signed(2, &header, &claims(""));
            assert_eq!(judged(proxy, &bearer(&token)), "401 jwt_unknown_key");
        }
        assert!(proxy.calls(0).is_empty());
    });
}

#[test]
fn time_counts_with_the_skew_to_the_second() {
    for (skew, second, expected) in [
        ("", 659, "passed"),
        ("", 660, "401 jwt_expired"),
        (r#""clock_skew": "0s","#, 599, "passed"),
        (r#""clock_skew": "0s","#, 600, "401 jwt_expired"),
    ] {
        filter(&simple(skew), |proxy| {
            proxy.set_wall_clock(Duration::from_secs(NOW + second));
            assert_eq!(
                judged(proxy, &bearer(&good(""))),
                expected,
                "{skew} {second}"
            );
        });
    }
}

#[test]
fn a_provider_may_ask_for_more() {
    let aged = |seconds: u64| good(&format!(r#""iat": {}"#, NOW + 600 - seconds));
    let typed = |typ: &str| {
        let header = format!(r#"{{"alg":"ES256","kid":"k1","typ":"{typ}"}}"#);
        signed(1, &header, &claims(""))
    };
    let svid = |trust_domain: &str| {
        let exp = NOW + 600;
        let sub = format!("spiffe://{trust_domain}/ns/shop/sa/cart");
        let claims =
            format!(r#"{{"iss": "{ISSUER}", "aud": "shop", "sub": "{sub}", "exp": {exp}}}"#);
        es256("k1", &claims)
    };
    for (provider, token, expected) in [
        (r#""max_lifetime": "10m","#, aged(600), "passed"),
        (
            r#""max_lifetime": "10m","#,
            aged(601),
            "401 jwt_lifetime_too_long",
        ),
        (r#""require_iat": true,"#, good(""), "401 jwt_claim_missing"),
        (
            r#""required_claims": ["azp"],"#,
            good(""),
            "401 jwt_claim_missing",
        ),
        (
            r#""required_claims": ["azp"],"#,
            good(r#""azp": "x""#),
            "passed",
        ),
        (r#""typ": ["at+jwt"],"#, good(""), "401 jwt_wrong_type"),
        (
            r#""typ": ["at+jwt"],"#,
            typed("application/AT+JWT"),
            "passed",
        ),
        (r#""subject": {"prefix": "al"},"#, good(""), "passed"),
        (
            r#""subject": {"exact": "bob"},"#,
            good(""),
            "401 jwt_wrong_subject",
        ),
        (
            r#""algorithms": ["EdDSA"],"#,
            good(""),
            "401 jwt_algorithm_not_allowed",
        ),
        (
            r#""algorithms": ["Ed25519"],"#,
            eddsa("e1", &claims("")),
            "passed",
        ),
        (
            r#""profile": "spiffe", "trust_domain": "prod.example","#,
            good(""),
            "401 jwt_wrong_profile",
        ),
        (
            r#""profile": "spiffe", "trust_domain": "prod.example","#,
            svid("prod.example"),
            "passed",
        ),
        (
            r#""profile": "spiffe", "trust_domain": "prod.example","#,
            svid("other.example"),
            "401 jwt_wrong_trust_domain",
        ),
    ] {
        filter(&simple(provider), |proxy| {
            assert_eq!(judged(proxy, &bearer(&token)), expected, "{provider}");
        });
    }
}

#[test]
fn audiences_are_any_or_all_and_a_rule_may_have_its_own() {
    let token = |aud: &str| {
        es256(
            "k1",
            &format!(
                r#"{{"iss": "{ISSUER}", "aud": {aud}, "exp": {}}}"#,
                NOW + 600
            ),
        )
    };
    let any = document("", &rule(r#", "audiences": ["bank", "post"]"#));
    let all = simple("").replace(
        r#"["shop"]"#,
        r#"["shop", "bank"], "audience_match": "all""#,
    );
    for (document, aud, expected) in [
        (&any, r#""post""#, "passed"),
        (&any, r#"["x", "bank"]"#, "passed"),
        (&any, r#""shop""#, "401 jwt_wrong_audience"),
        (&all, r#"["bank", "shop"]"#, "passed"),
        (&all, r#""shop""#, "401 jwt_wrong_audience"),
    ] {
        filter(document, |proxy| {
            for _ in 0..2 {
                assert_eq!(judged(proxy, &bearer(&token(aud))), expected, "{aud}");
            }
        });
    }
}

#[test]
fn secrets_check_hmac_and_nothing_else_does() {
    let secret = [0x5a_u8; 32];
    let document = format!(
        r#"{{"providers": {{"main": {{"issuer": "{ISSUER}", "algorithms": ["HS256", "ES256"],
            "keys": {{"secrets": [{{"algorithm": "HS256", "inline": "{}"}}]}}}}}}, {}}}"#,
        encoded(secret),
        rule("")
    );
    filter(&document, |proxy| {
        let token = |secret: &[u8]| hs256(secret, r#"{"alg":"HS256","kid":"any"}"#, &claims(""));
        assert_eq!(judged(proxy, &bearer(&token(&secret))), "passed");
        assert_eq!(
            judged(proxy, &bearer(&token(&[0; 32]))),
            "401 jwt_bad_signature"
        );
        assert_eq!(judged(proxy, &bearer(&token(b""))), "401 jwt_bad_signature");
        assert_eq!(judged(proxy, &bearer(&good(""))), "401 jwt_unknown_key");
    });
}

#[test]
fn a_broken_key_among_good_ones_is_left_out_and_told() {
    let keys = key_set().replacen('[', r#"[{"kty": "EC"}, {"kty": "odd"}, 7, "#, 1);
    let document = simple("").replace(&key_set(), &keys);
    filter(&document, |proxy| {
        assert_eq!(judged(proxy, &bearer(&good(""))), "passed");
        assert!(
            proxy.log_text().contains("a key is left out: keys[0]"),
            "{}",
            proxy.log_text()
        );
    });
}
