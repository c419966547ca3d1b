//! The JWT-SVID profile, and SPIFFE IDs.
#![allow(clippy::unwrap_used)]

mod forge;

use std::borrow::Cow;
use std::time::Duration;

use forge::{parse, token};
use gatepost_jose::{
    ClaimsError, ClaimsPolicy, Profile, ProfileError, SpiffeId, SpiffeIdError, TokenClaims,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const HEADER: &str = r#"{"alg":"ES256","kid":"one","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"sub":"spiffe://prod.example/cart","aud":"shop","exp":2000}"#;

fn judge(header: &str, payload: &str) -> Result<(), ClaimsError> {
    let policy = ClaimsPolicy {
        profile: Profile::Spiffe {
            trust_domain: "prod.example".to_owned(),
        },
        // The profile asks all the same.
        require_exp: false,
        ..ClaimsPolicy::default()
    };
    let text = token(header, payload);
    let token = parse(&text);
    let claims = TokenClaims::unverified(&token).unwrap();
    policy.check(token.header(), &claims, Duration::from_secs(1000))
}

#[test]
fn a_jwt_svid_is_signed_with_rs_ps_or_es() {
    for alg in [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    ] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        assert_eq!(judge(&header, CLAIMS), Ok(()), "{alg}");
    }
    for alg in ["HS256", "HS384", "HS512", "EdDSA", "Ed25519"] {
        let header = format!(r#"{{"alg":"{alg}"}}"#);
        let error = ClaimsError::Profile(ProfileError::Algorithm);
        assert_eq!(judge(&header, CLAIMS), Err(error), "{alg}");
    }
}

#[test]
fn a_jwt_svid_has_no_other_header_parameter() {
    assert_eq!(judge(HEADER, CLAIMS), Ok(()));
    for member in [
        r#""jku":"x""#,
        r#""x5c":[]"#,
        r#""cty":"x""#,
        r#""ALG":"x""#,
    ] {
        let header = format!(r#"{{"alg":"ES256",{member}}}"#);
        let error = ClaimsError::Profile(ProfileError::HeaderParameter);
        assert_eq!(judge(&header, CLAIMS), Err(error), "{member}");
    }
}

#[test]
fn a_jwt_svid_is_of_type_jwt_or_jose_if_it_says_so() {
    for typ in ["JWT", "JOSE"] {
        let header = format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#);
        assert_eq!(judge(&header, CLAIMS), Ok(()));
    }
    for typ in ["jwt", "at+jwt", "application/jwt", ""] {
        let header = format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#);
        assert_eq!(judge(&header, CLAIMS), Err(ClaimsError::WrongType), "{typ}");
    }
}

#[test]
fn a_jwt_svid_has_a_spiffe_id_an_audience_and_an_end() {
    let missing = |claim| {
        Err(ClaimsError::Missing {
            claim: Cow::Borrowed(claim),
        })
    };
    let subject = |error| Err(ClaimsError::Profile(ProfileError::Subject(error)));
    for (payload, verdict) in [
        (r#"{"aud":"shop","exp":2000}"#, missing("sub")),
        (
            r#"{"sub":"spiffe://prod.example/b","exp":2000}"#,
            missing("aud"),
        ),
        (
            r#"{"sub":"spiffe://prod.example/b","aud":[],"exp":2000}"#,
            missing("aud"),
        ),
        (
            r#"{"sub":"spiffe://prod.example/b","aud":"shop"}"#,
            missing("exp"),
        ),
        (
            r#"{"sub":"alice","aud":"shop","exp":2000}"#,
            subject(SpiffeIdError::Scheme),
        ),
        (
            r#"{"sub":"spiffe://a/../b","aud":"shop","exp":2000}"#,
            subject(SpiffeIdError::Path),
        ),
        (
            r#"{"sub":"spiffe://prod.example/b","aud":"shop","exp":900}"#,
            Err(ClaimsError::Expired),
        ),
    ] {
        assert_eq!(judge(HEADER, payload), verdict, "{payload}");
    }
}

#[test]
fn keys_of_one_trust_domain_speak_of_no_other() {
    for subject in [
        "spiffe://prod.example",
        "spiffe://prod.example/ns/shop/sa/cart",
    ] {
        let claims = format!(r#"{{"sub":"{subject}","aud":"shop","exp":2000}}"#);
        assert_eq!(judge(HEADER, &claims), Ok(()), "{subject}");
    }
    let error = ClaimsError::Profile(ProfileError::TrustDomain);
    assert_eq!(error.code(), "jwt_wrong_trust_domain");
    for subject in [
        "spiffe://other.example/cart",
        "spiffe://example/prod.example",
        "spiffe://prod.example.evil/cart",
        "spiffe://a.prod.example/cart",
        "spiffe://prod.exampl",
    ] {
        let claims = format!(r#"{{"sub":"{subject}","aud":"shop","exp":2000}}"#);
        assert_eq!(judge(HEADER, &claims), Err(error.clone()), "{subject}");
    }
}

#[test]
fn a_spiffe_id_has_a_trust_domain_and_a_path() {
    for (text, trust_domain, path) in [
        (
            "spiffe://prod.example/ns/shop/sa/cart",
            "prod.example",
            "/ns/shop/sa/cart",
        ),
        ("spiffe://cluster.local", "cluster.local", ""),
        ("spiffe://a_b-c.0/A.b_c-9/...", "a_b-c.0", "/A.b_c-9/..."),
    ] {
        let id = SpiffeId::parse(text).unwrap();
        assert_eq!((id.trust_domain(), id.path()), (trust_domain, path));
    }
    for (text, error) in [
        ("", SpiffeIdError::Scheme),
        ("spiffe:/a", SpiffeIdError::Scheme),
        ("SPIFFE://a", SpiffeIdError::Scheme),
        ("https://a", SpiffeIdError::Scheme),
        (" spiffe://a", SpiffeIdError::Scheme),
        ("spiffe://", SpiffeIdError::TrustDomain),
        ("spiffe:///a", SpiffeIdError::TrustDomain),
        ("spiffe://A", SpiffeIdError::TrustDomain),
        ("spiffe://a:80/b", SpiffeIdError::TrustDomain),
        ("spiffe://user@a/b", SpiffeIdError::TrustDomain),
        ("spiffe://a?b", SpiffeIdError::TrustDomain),
        ("spiffe://a%41/b", SpiffeIdError::TrustDomain),
        ("spiffe://ä/b", SpiffeIdError::TrustDomain),
        ("spiffe://a/", SpiffeIdError::Path),
        ("spiffe://a//b", SpiffeIdError::Path),
        ("spiffe://a/b/", SpiffeIdError::Path),
        ("spiffe://a/./b", SpiffeIdError::Path),
        ("spiffe://a/b/..", SpiffeIdError::Path),
        ("spiffe://a/b?c", SpiffeIdError::Path),
        ("spiffe://a/b#c", SpiffeIdError::Path),
        ("spiffe://a/%62", SpiffeIdError::Path),
        ("spiffe://a/b c", SpiffeIdError::Path),
        ("spiffe://a/b\0", SpiffeIdError::Path),
        ("spiffe://a/ж", SpiffeIdError::Path),
    ] {
        assert_eq!(SpiffeId::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn a_spiffe_id_is_as_long_as_everybody_supports() {
    let domain = |bytes: usize| format!("spiffe://{}", "a".repeat(bytes));
    assert!(SpiffeId::parse(&domain(255)).is_ok());
    assert_eq!(
        SpiffeId::parse(&domain(256)),
        Err(SpiffeIdError::TrustDomain)
    );
    let path = |bytes: usize| format!("{:a<bytes$}", "spiffe://a/");
    assert!(SpiffeId::parse(&path(2048)).is_ok());
    assert_eq!(SpiffeId::parse(&path(2049)), Err(SpiffeIdError::TooLong));
}
