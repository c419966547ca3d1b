//! Good tokens that count no more: they are revoked, or somebody else's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use support::tokens::{claims, eddsa, encoded, good, p256_jwk, signed};
use support::{bearer, document, filter, judged, rule, simple};

#[test]
fn a_revoked_key_has_signed_nothing_that_counts_whether_the_token_names_it_or_not() {
    let revoked = simple(r#""revocation": {"kid": ["k1"]},"#);
    let nameless = signed(1, r#"{"alg":"ES256"}"#, &claims(""));
    filter(&simple(""), |proxy| {
        assert_eq!(judged(proxy, &bearer(&nameless)), "passed");
    });
    filter(&revoked, |proxy| {
        for _ in 0..2 {
            assert_eq!(judged(proxy, &bearer(&nameless)), "401 jwt_revoked");
        }
        // Another key counts as before.
        let other = eddsa("e1", &claims(""));
        assert_eq!(judged(proxy, &bearer(&other)), "passed");
    });
    // The same key by a name that is not revoked.
    let twice = revoked.replacen(
        r#"{"keys": ["#,
        &format!(r#"{{"keys": [{}, "#, p256_jwk(1, "k0")),
        1,
    );
    filter(&twice, |proxy| {
        for _ in 0..2 {
            assert_eq!(judged(proxy, &bearer(&nameless)), "passed");
        }
        assert_eq!(judged(proxy, &bearer(&good(""))), "401 jwt_revoked");
    });
}

#[test]
fn a_revoked_token_is_refused_also_when_it_is_cached() {
    let revoking = |revocation: &str| simple(&format!(r#""revocation": {revocation},"#));
    let token = good(r#""jti": "j1", "sid": "s1", "iat": 1699999000"#);
    for (revocation, expected) in [
        (r#"{"jti": ["j0", "j1"]}"#, "401 jwt_revoked"),
        (r#"{"sub": ["alice"]}"#, "401 jwt_revoked"),
        (r#"{"sid": ["s1"]}"#, "401 jwt_revoked"),
        (r#"{"kid": ["k1"]}"#, "401 jwt_revoked"),
        (
            r#"{"issued_before": "2023-11-14T22:00:00Z"}"#,
            "401 jwt_revoked",
        ),
        (r#"{"issued_before": "2023-11-14T21:00:00Z"}"#, "passed"),
        (
            r#"{"jti": ["j2"], "sub": ["bob"], "sid": ["j1"], "kid": ["alice"]}"#,
            "passed",
        ),
    ] {
        filter(&revoking(revocation), |proxy| {
            for _ in 0..2 {
                assert_eq!(judged(proxy, &bearer(&token)), expected, "{revocation}");
            }
        });
    }
}

#[test]
fn a_token_is_bound_to_the_certificate_of_its_peer() {
    let hex = "ab".repeat(32);
    let bound = format!(r#""cnf": {{"x5t#S256": "{}"}}"#, encoded([0xab; 32]));
    let with = |binding: &str| {
        document(
            &format!(r#""certificate_binding": "{binding}","#),
            &format!(
                r#"{}, "peer_certificate": "validated_by_listener""#,
                rule("")
            ),
        )
    };
    let property = "connection.sha256_peer_certificate_digest";
    for (binding, claims, certificate, expected) in [
        ("required", bound.as_str(), Some(hex.as_str()), "passed"),
        (
            "required",
            &bound,
            Some(&"cd".repeat(32)),
            "401 jwt_not_bound",
        ),
        ("required", &bound, None, "401 jwt_not_bound"),
        ("required", "", Some(&hex), "401 jwt_not_bound"),
        ("if_present", "", None, "passed"),
        ("if_present", &bound, Some(&hex), "passed"),
        ("if_present", &bound, None, "401 jwt_not_bound"),
        (
            "if_present",
            r#""cnf": {"x5t#S256": 7}"#,
            Some(&hex),
            "401 jwt_not_bound",
        ),
    ] {
        filter(&with(binding), |proxy| {
            let mut request = bearer(&good(claims));
            if let Some(certificate) = certificate {
                request = request.property(property, certificate);
            }
            for _ in 0..2 {
                assert_eq!(judged(proxy, &request), expected, "{binding} {claims}");
            }
        });
    }
}

#[test]
fn a_sid_that_is_a_number_is_revoked_by_its_digits() {
    for (sid, expected) in [
        ("4711", "401 jwt_revoked"),
        ("4711.0", "401 jwt_revoked"),
        (r#""4711""#, "401 jwt_revoked"),
        ("47110", "passed"),
        ("true", "passed"),
        ("[4711]", "passed"),
    ] {
        filter(&simple(r#""revocation": {"sid": ["4711"]},"#), |proxy| {
            let token = good(&format!(r#""sid": {sid}"#));
            for _ in 0..2 {
                assert_eq!(judged(proxy, &bearer(&token)), expected, "{sid}");
            }
        });
    }
}

#[test]
fn a_sub_or_jti_that_is_a_number_makes_no_token() {
    filter(&simple(""), |proxy| {
        let numeric = claims("").replace(r#""alice""#, "7");
        let header = r#"{"alg":"ES256","kid":"k1"}"#;
        for token in [signed(1, header, &numeric), good(r#""jti": 7"#)] {
            assert_eq!(judged(proxy, &bearer(&token)), "401 jwt_claim_malformed");
        }
    });
}

#[test]
fn a_token_that_needs_a_proof_of_a_key_is_no_bearer_token() {
    for (cnf, by_default) in [
        (
            r#"{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#,
            "401 jwt_dpop_bound",
        ),
        (r#"{"jkt": null}"#, "401 jwt_dpop_bound"),
        (r#"{"jkt": 7}"#, "401 jwt_dpop_bound"),
        (r#"{"x5t#S256": "a"}"#, "passed"),
        (r#""jkt""#, "passed"),
    ] {
        let token = good(&format!(r#""cnf": {cnf}"#));
        filter(&simple(""), |proxy| {
            for _ in 0..2 {
                assert_eq!(judged(proxy, &bearer(&token)), by_default, "{cnf}");
            }
        });
        filter(&simple(r#""accept_dpop_bound": true,"#), |proxy| {
            for _ in 0..2 {
                assert_eq!(judged(proxy, &bearer(&token)), "passed", "{cnf}");
            }
        });
    }
    filter(&simple(""), |proxy| {
        let reply = proxy.refused(&bearer(&good(r#""cnf": {"jkt": "x"}"#)));
        let challenge = support::challenge(&reply);
        assert!(
            challenge.contains(r#"error="invalid_token""#),
            "{challenge}"
        );
    });
}
