//! The harness: keys sign what they say, and issuers publish what checks it.

use gatepost_e2e::{Issuer, Result, SigningKey, decoded};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Value, json};

#[test]
fn a_minted_token_has_the_claims_and_the_header_that_were_asked_for() -> Result<()> {
    for algorithm in SigningKey::ALGORITHMS {
        let issuer = issuer(algorithm)?;
        let claims = json!({"iss": "x", "aud": ["a", "b"], "exp": 2.5, "deep": {"a.b": [1]}});
        let token = issuer.key().mint(&claims)?;
        let segments: Vec<&str> = token.split('.').collect();
        assert_eq!(segments.len(), 3, "{algorithm}");
        let of = |segment| serde_json::from_slice::<Value>(&decoded(segment)).expect("is JSON");
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": "one"});
        assert_eq!((of(segments[0]), of(segments[1])), (header, claims));
    }
    Ok(())
}

#[test]
fn both_ways_to_sign_make_signatures_that_the_public_key_checks() -> Result<()> {
    let known: [(&str, &'static dyn VerificationAlgorithm); 3] = [
        ("ES256", &signature::ECDSA_P256_SHA256_FIXED),
        ("ES384", &signature::ECDSA_P384_SHA384_FIXED),
        ("EdDSA", &signature::ED25519),
    ];
    for (algorithm, verification) in known {
        let issuer = issuer(algorithm)?;
        let jwk = issuer.key().jwk();
        let part = |name: &str| decoded(jwk[name].as_str().unwrap_or_default());
        let point = if algorithm == "EdDSA" {
            part("x")
        } else {
            [vec![4], part("x"), part("y")].concat()
        };
        for token in [issuer.token()?, issuer.key().compact("{}", "{}")?] {
            let (input, segment) = token.rsplit_once('.').expect("a token has dots");
            let public = UnparsedPublicKey::new(verification, &point);
            let checked = public.verify(input.as_bytes(), &decoded(segment));
            assert!(checked.is_ok(), "{algorithm}");
        }
    }
    let rsa: [(&str, &signature::RsaParameters); 4] = [
        ("RS256", &signature::RSA_PKCS1_2048_8192_SHA256),
        ("RS512", &signature::RSA_PKCS1_2048_8192_SHA512),
        ("PS256", &signature::RSA_PSS_2048_8192_SHA256),
        ("PS384", &signature::RSA_PSS_2048_8192_SHA384),
    ];
    for (algorithm, parameters) in rsa {
        let issuer = issuer(algorithm)?;
        let jwk = issuer.key().jwk();
        let part = |name: &str| decoded(jwk[name].as_str().unwrap_or_default());
        let public = signature::RsaPublicKeyComponents {
            n: part("n"),
            e: part("e"),
        };
        for token in [issuer.token()?, issuer.key().compact("{}", "{}")?] {
            let (input, segment) = token.rsplit_once('.').expect("a token has dots");
            let checked = public.verify(parameters, input.as_bytes(), &decoded(segment));
            assert!(checked.is_ok(), "{algorithm}");
        }
    }
    Ok(())
}

#[test]
fn a_key_signs_from_its_rotation_on_and_the_old_one_stays_until_it_is_retired() -> Result<()> {
    let mut issuer = issuer("EdDSA")?;
    issuer.rotate(SigningKey::generate("ES256", "two")?);
    assert_eq!(issuer.key().kid(), "two");
    let kids = |issuer: &Issuer| -> Vec<Value> {
        let set: Value = serde_json::from_str(&issuer.jwks()).expect("is JSON");
        let keys = set["keys"].as_array().expect("is a set");
        keys.iter().map(|key| key["kid"].clone()).collect()
    };
    assert_eq!(kids(&issuer), ["one", "two"]);
    issuer.retire();
    assert_eq!(kids(&issuer), ["two"]);
    Ok(())
}

fn issuer(algorithm: &str) -> Result<Issuer> {
    let key = SigningKey::generate(algorithm, "one")?;
    Ok(Issuer::new("https://issuer.example", "shop", key))
}

#[test]
fn no_two_keys_are_the_same() -> Result<()> {
    for algorithm in ["RS256", "PS256", "ES256", "ES512", "EdDSA", "HS256"] {
        let of = |algorithm| SigningKey::generate(algorithm, "one").map(|key| key.jwk());
        assert_ne!(of(algorithm)?, of(algorithm)?, "{algorithm}");
    }
    Ok(())
}
