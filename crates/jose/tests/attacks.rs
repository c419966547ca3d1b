//! What attackers have tried on others, each class a test: the tokens are forged
//! with everything that is public.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod forge;

use std::time::Duration;

use forge::encode;
use forge::issued::{Issued, key_set, verify_any};
use gatepost_jose::{
    Algorithm, AlgorithmSet, ClaimsError, ClaimsPolicy, JwsError, KeySet, NoCandidate,
    RustVerifier, SignatureError, TokenError, TokenPolicy, VerifyError, VerifySignature,
    hmac_sha256, verify,
};
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};

const CLAIMS: &str = r#"{"sub":"admin","exp":4102444800}"#;

fn signed_with_hmac(header: &str, secret: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(CLAIMS));
    let tag = hmac_sha256(secret, input.as_bytes());
    format!("{input}.{}", encode(tag))
}

fn with_signature(header: &str, signature: &[u8]) -> String {
    format!(
        "{}.{}.{}",
        encode(header),
        encode(CLAIMS),
        encode(signature)
    )
}

/// DER as text (RFC 7468).
fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let body = lines.join("\n");
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

#[test]
fn a_token_without_a_signature_is_refused_whatever_the_keys() {
    let issued = Issued::read();
    for name in ["none", "None", "NONE", "nOnE"] {
        let header = format!(r#"{{"alg":"{name}"}}"#);
        let unsigned = format!("{}.{}.", encode(&header), encode(CLAIMS));
        for token in [unsigned, with_signature(&header, &[0; 32])] {
            for keys in [&issued.public, &issued.secret, &KeySet::default()] {
                assert_eq!(
                    verify_any(token.as_bytes(), keys),
                    Err(JwsError::Token(TokenError::AlgorithmNone))
                );
            }
        }
    }
    for token in &issued.tokens {
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(
            issued.verify(format!("{signed}.").as_bytes()),
            Err(JwsError::Token(TokenError::Unsigned))
        );
    }
}

/// CVE-2016-10555 and its many children: HMAC keyed with what everybody knows.
#[test]
fn a_public_key_is_never_taken_for_a_secret() {
    let issued = Issued::read();
    for (key, jwk) in issued
        .public
        .keys()
        .map(|key| (key, jwk_of(&issued.public_json, key.kid())))
    {
        let pem = pem(key.spki_der());
        let modulus = jwk.get("n").or(jwk.get("x")).unwrap().as_str().unwrap();
        let [jwk_text, set_text] = [jwk, &issued.public_json].map(Value::to_string);
        let secrets: [&[u8]; 11] = [
            key.spki_der(),
            pem.as_bytes(),
            pem.trim_end().as_bytes(),
            &[b" ", pem.as_bytes()].concat(),
            &[b"\n", pem.as_bytes(), b"\n\n"].concat(),
            jwk_text.as_bytes(),
            set_text.as_bytes(),
            modulus.as_bytes(),
            key.kid().unwrap().as_bytes(),
            b"",
            &[0; 64],
        ];
        for secret in secrets {
            for header in [
                format!(r#"{{"alg":"HS256","kid":"{}"}}"#, key.kid().unwrap()),
                r#"{"alg":"HS256"}"#.to_owned(),
            ] {
                let token = signed_with_hmac(&header, secret);
                assert_eq!(
                    verify_any(token.as_bytes(), &issued.public),
                    Err(JwsError::NoKey(NoCandidate::KeyNotForAlgorithm))
                );
            }
        }
    }
}

fn jwk_of<'a>(set: &'a Value, kid: Option<&str>) -> &'a Value {
    let keys = set["keys"].as_array().unwrap();
    keys.iter().find(|key| key["kid"].as_str() == kid).unwrap()
}

#[test]
fn an_empty_or_guessable_secret_opens_nothing() {
    let issued = Issued::read();
    for secret in [&b""[..], b"secret", b"password", b"\0", &[0; 32]] {
        for kid in ["HS256", "HS384", "HS512"] {
            let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
            let token = signed_with_hmac(&header, secret);
            assert_eq!(
                verify_any(token.as_bytes(), &issued.secret),
                Err(JwsError::BadSignature)
            );
        }
    }
    let short = json!({"keys": [{"kty": "oct", "kid": "short", "k": encode("secret")}]});
    let (keys, dropped) = KeySet::parse(
        short.to_string().as_bytes(),
        &gatepost_jose::KeySetLimits::default(),
    )
    .unwrap();
    assert_eq!((keys.len(), dropped.len()), (0, 1));
}

/// CVE-2018-0114: the token brings its own key.
#[test]
fn a_key_that_comes_with_the_token_verifies_nothing() {
    let issued = Issued::read();
    let attacker = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let point = attacker.verifying_key().to_sec1_point(false);
    let [x, y] = [point.x().unwrap(), point.y().unwrap()].map(encode);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "P-256"});
    for header in [
        json!({"alg": "ES256", "kid": "P-256", "jwk": jwk}),
        json!({"alg": "ES256", "jwk": jwk}),
        json!({"alg": "ES256", "kid": "P-256", "jku": "https://attacker.example/jwks"}),
        json!({"alg": "ES256", "kid": "P-256", "x5u": "https://attacker.example/x5u"}),
        json!({"alg": "ES256", "kid": "P-256", "x5c": ["MIIB"], "x5t": "AAAA"}),
    ] {
        let input = format!("{}.{}", encode(header.to_string()), encode(CLAIMS));
        let signature: p256::ecdsa::Signature = attacker.sign(input.as_bytes());
        let token = format!("{input}.{}", encode(signature.to_bytes()));
        // It is a good signature, by the key that it brings.
        assert!(verify_any(token.as_bytes(), &key_set(&json!({"keys": [jwk]}))).is_ok());
        assert_eq!(issued.verify(token.as_bytes()), Err(JwsError::BadSignature));
    }
}

#[test]
fn a_kid_selects_by_its_bytes_and_is_nothing_else() {
    let issued = Issued::read();
    for kid in [
        "",
        "../../dev/null",
        "/dev/null",
        "|sleep 10",
        "x' UNION SELECT '1';--",
        "p-256",
        "P-256 ",
        "P-256\\u0000",
        "*",
    ] {
        let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
        for secret in [&b""[..], b"1"] {
            let token = signed_with_hmac(&header, secret);
            for keys in [&issued.public, &issued.secret] {
                assert_eq!(
                    verify_any(token.as_bytes(), keys),
                    Err(JwsError::NoKey(NoCandidate::UnknownKid)),
                    "{kid}"
                );
            }
        }
    }
}

/// CVE-2022-21449: zero is a signature of everything.
#[test]
fn a_psychic_signature_is_refused() {
    let issued = Issued::read();
    for (alg, kid, len) in [
        ("ES256", "P-256", 32),
        ("ES384", "P-384", 48),
        ("ES512", "P-521", 66),
    ] {
        let header = format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#);
        let mut one = vec![0; len];
        one[len - 1] = 1;
        let zero = vec![0; len];
        for signature in [
            [&zero[..], &zero].concat(),
            [&zero[..], &one].concat(),
            [&one[..], &zero].concat(),
            [&one[..], &one].concat(),
            vec![0xff; 2 * len],
            Vec::from([0; 8]),
        ] {
            let token = with_signature(&header, &signature);
            assert_eq!(issued.verify(token.as_bytes()), Err(JwsError::BadSignature));
        }
    }
}

#[test]
fn an_ecdsa_signature_of_another_length_or_form_is_refused() {
    let issued = Issued::read();
    let token = issued.token(Algorithm::Es256);
    let signature = forge::parse(token).signature().to_vec();
    let (input, _) = token.rsplit_once('.').unwrap();
    let (r, s) = signature.split_at(32);
    let der = gatepost_jose::ecdsa_signature_to_der(&signature, 32).unwrap();
    let padded = |zeros: usize| {
        let zeros = vec![0; zeros];
        [&zeros[..], r, &zeros, s].concat()
    };
    for other in [der, padded(8), padded(268), [&signature[..], &[0]].concat()] {
        let token = format!("{input}.{}", encode(other));
        assert_eq!(issued.verify(token.as_bytes()), Err(JwsError::BadSignature));
    }
}

/// The one change that nobody can see: `(r, n - s)` is as good as `(r, s)`, and
/// JOSE does not say which of them it must be. Nothing may take the text of a
/// token for its name.
#[test]
fn the_other_half_of_an_ecdsa_signature_is_accepted() {
    let issued = Issued::read();
    let token = issued.token(Algorithm::Es256);
    let signature = forge::parse(token).signature().to_vec();
    let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    let (input, _) = token.rsplit_once('.').unwrap();
    let other = format!("{input}.{}", encode(other.to_bytes()));
    assert_ne!(other, token);
    assert!(issued.verify(other.as_bytes()).is_ok());
}

#[test]
fn a_signature_by_one_algorithm_is_none_by_another() {
    let issued = Issued::read();
    for token in &issued.tokens {
        let parsed = forge::parse(token);
        let (_, rest) = token.split_once('.').unwrap();
        for algorithm in Algorithm::ALL {
            if algorithm == parsed.algorithm() {
                continue;
            }
            let header = format!(
                r#"{{"alg":"{algorithm}","typ":"JWT","kid":"{}"}}"#,
                parsed.key_id().unwrap()
            );
            let token = format!("{}.{rest}", encode(header));
            let refusal = issued.verify(token.as_bytes()).unwrap_err();
            assert!(
                matches!(
                    refusal,
                    JwsError::BadSignature
                        | JwsError::NoKey(
                            NoCandidate::KeyNotForAlgorithm | NoCandidate::UnknownKid
                        )
                ),
                "{algorithm}: {refusal:?}"
            );
        }
    }
}

#[test]
fn an_algorithm_that_is_not_allowed_is_refused_before_any_key_is_asked() {
    struct Nobody;
    impl VerifySignature for Nobody {
        fn verify(
            &self,
            _: &gatepost_jose::Jwk,
            _: Algorithm,
            _: &[u8],
            _: &[u8],
        ) -> Result<bool, SignatureError> {
            panic!("nobody may ask");
        }
    }
    let issued = Issued::read();
    for token in &issued.tokens {
        let policy = TokenPolicy::default();
        let now = Duration::from_secs(1_700_000_000);
        let verified = verify(token.as_bytes(), &policy, &issued.public, &Nobody, now);
        assert_eq!(
            verified.unwrap_err(),
            VerifyError::Jws(JwsError::AlgorithmNotAllowed)
        );
    }
}

#[test]
fn verify_judges_claims_before_it_asks_for_a_key() {
    let issued = Issued::read();
    let policy = TokenPolicy {
        algorithms: AlgorithmSet::default_asymmetric(),
        claims: ClaimsPolicy {
            issuer: Some("https://issuer.example".to_owned()),
            ..ClaimsPolicy::default()
        },
        ..TokenPolicy::default()
    };
    let now = Duration::from_secs(1_700_000_000);
    let token = issued.token(Algorithm::Ps384).as_bytes();
    let verified = verify(token, &policy, &issued.public, &RustVerifier, now).unwrap();
    assert_eq!(verified.algorithm, Algorithm::Ps384);
    assert_eq!(verified.typ.as_deref(), Some("JWT"));
    assert_eq!(
        verified.claims.member("sub").unwrap().as_str(),
        Some("alice")
    );
    assert!(issued.public.contains(verified.key));
    assert_eq!(format!("{verified:?}"), "Verified { algorithm: Ps384, .. }");
    // Keys that are not there are not missed by a token that is no good.
    let late = Duration::from_secs(5_000_000_000);
    assert_eq!(
        verify(token, &policy, &KeySet::default(), &RustVerifier, late),
        Err(VerifyError::Claims(ClaimsError::Expired))
    );
    let foreign = issued.foreign[3].as_bytes();
    assert_eq!(
        verify(foreign, &policy, &issued.public, &RustVerifier, now),
        Err(VerifyError::Jws(JwsError::BadSignature))
    );
    let symmetric = issued.token(Algorithm::Hs256).as_bytes();
    assert_eq!(
        verify(symmetric, &policy, &issued.secret, &RustVerifier, now),
        Err(VerifyError::Jws(JwsError::AlgorithmNotAllowed))
    );
}

#[test]
fn a_check_that_nobody_could_make_is_no_acceptance() {
    struct Broken;
    impl VerifySignature for Broken {
        fn verify(
            &self,
            _: &gatepost_jose::Jwk,
            _: Algorithm,
            _: &[u8],
            _: &[u8],
        ) -> Result<bool, SignatureError> {
            Err(SignatureError::Unavailable)
        }
    }
    let issued = Issued::read();
    for token in &issued.tokens {
        let token = forge::parse(token);
        let keys = if token.algorithm().is_symmetric() {
            &issued.secret
        } else {
            &issued.public
        };
        let refusal = token.check_signature(keys, &Broken).unwrap_err();
        assert_eq!(refusal, JwsError::Unchecked(SignatureError::Unavailable));
        assert_eq!(refusal.code(), "jwt_signature_unchecked");
    }
}
