//! `alg`: none at all, another one than the key's, and public keys taken for secrets.

use gatepost_e2e::{Result, decoded, unsigned, with_signature};
use jwt_simple::prelude::RS256PublicKey;
use ring::hmac;
use serde_json::{Value, json};

use super::{Attack, World, member};

pub(super) fn attacks(world: &World) -> Result<Vec<Attack>> {
    Ok([
        none(world),
        confusion(world),
        unbound(world)?,
        unknown(world)?,
    ]
    .concat())
}

/// CVE-2015-9235 and many after it.
fn none(world: &World) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE"] {
        for kid in [None, Some("rsa")] {
            let mut header = json!({"alg": alg, "typ": "JWT"});
            if let Some(kid) = kid {
                header["kid"] = kid.into();
            }
            let input = unsigned(header.to_string(), world.claims().to_string());
            for (signature, says) in [("", "no signature"), ("AAAA", "a signature")] {
                let name = format!("alg {alg}, kid {kid:?}, {says}");
                attacks.push(Attack::new(
                    name,
                    format!("{input}.{signature}"),
                    "jwt_unsigned",
                ));
            }
        }
    }
    let bare = unsigned(r#"{"alg":"none"}"#, world.claims().to_string());
    attacks.push(Attack::new("alg none, two segments", bare, "jwt_malformed"));
    attacks
}

/// CVE-2016-10555 and its successors: an HMAC keyed with what everybody can read.
fn confusion(world: &World) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for key in [&world.rsa, &world.bare_rsa] {
        let jwk = key.jwk();
        let (n, e) = (decoded(&member(&jwk, "n")), decoded(&member(&jwk, "e")));
        let public = RS256PublicKey::from_components(&n, &e);
        let pem = public
            .as_ref()
            .map_or_else(|_| String::new(), |key| key.to_pem().unwrap_or_default());
        let der = public
            .as_ref()
            .map_or_else(|_| Vec::new(), |key| key.to_der().unwrap_or_default());
        let secrets: [(&str, Vec<u8>); 9] = [
            ("the PEM", pem.clone().into_bytes()),
            ("the PEM, trimmed", pem.trim().into()),
            (
                "the PEM behind white space",
                format!("\n  {pem}").into_bytes(),
            ),
            ("the PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
            ("the DER", der),
            ("the JWK", jwk.to_string().into_bytes()),
            ("the modulus", n),
            ("the exponent", e),
            ("nothing", Vec::new()),
        ];
        for (says, secret) in secrets {
            for (alg, hash) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
                let name = format!("{alg} keyed with {says} of {}", key.kid());
                let token = mac(&json!({"alg": alg, "kid": key.kid()}), world, hash, &secret);
                attacks.push(Attack::new(name, token, "jwt_algorithm_not_allowed"));
            }
        }
    }
    attacks
}

/// A good signature, and a header that says something else: no `alg` in the key
/// means that its type and curve say it.
fn unbound(world: &World) -> Result<Vec<Attack>> {
    let mut attacks = Vec::new();
    let of = |alg: &str, key: &gatepost_e2e::SigningKey| {
        let header = json!({"alg": alg, "typ": "JWT", "kid": key.kid()});
        let name = format!("alg {alg} over a signature of {}", key.kid());
        let token = key.compact(header.to_string(), world.claims().to_string())?;
        Ok::<_, gatepost_e2e::Error>((name, token))
    };
    for (key, algs) in [
        (
            &world.bare_ec,
            &["RS256", "EdDSA", "ES384", "ES512", "PS256"][..],
        ),
        (&world.p384, &["ES256", "RS256"]),
        (&world.rsa, &["PS256", "RS384", "RS512", "ES256"]),
        (&world.ed, &["ES256", "RS256"]),
    ] {
        for alg in algs {
            let (name, token) = of(alg, key)?;
            attacks.push(Attack::new(name, token, "jwt_key_not_for_algorithm"));
        }
    }
    // For any RSA padding and hash, but the signature is of one.
    for alg in ["PS256", "RS384", "RS512"] {
        let (name, token) = of(alg, &world.bare_rsa)?;
        attacks.push(Attack::new(name, token, "jwt_bad_signature"));
    }
    let (name, token) = of("HS256", &world.bare_ec)?;
    attacks.push(Attack::new(name, token, "jwt_algorithm_not_allowed"));
    for key in [&world.for_encryption, &world.to_encrypt] {
        let token = key.mint(&world.claims())?;
        let name = format!("a key {}", key.kid());
        // It is dropped from the set, and what is not there is not known.
        attacks.push(Attack::new(name, token, "jwt_unknown_key"));
    }
    Ok(attacks)
}

fn unknown(world: &World) -> Result<Vec<Attack>> {
    let header = |alg: Value| json!({"alg": alg, "kid": "ec"}).to_string();
    [
        (
            "in lower case",
            header(json!("es256")),
            "jwt_unknown_algorithm",
        ),
        (
            "with a space",
            header(json!("ES256 ")),
            "jwt_unknown_algorithm",
        ),
        (
            "of secp256k1",
            header(json!("ES256K")),
            "jwt_unknown_algorithm",
        ),
        ("of SHA-1", header(json!("RS1")), "jwt_unknown_algorithm"),
        ("of a JWE", header(json!("dir")), "jwt_unknown_algorithm"),
        ("empty", header(json!("")), "jwt_unknown_algorithm"),
        ("a list", header(json!(["ES256"])), "jwt_malformed"),
        ("null", header(Value::Null), "jwt_malformed"),
        ("a number", header(json!(256)), "jwt_malformed"),
        ("missing", json!({"kid": "ec"}).to_string(), "jwt_malformed"),
    ]
    .into_iter()
    .map(|(says, header, reason)| {
        let token = world.ec.compact(header, world.claims().to_string())?;
        Ok(Attack::new(format!("alg {says}"), token, reason))
    })
    .collect()
}

fn mac(header: &Value, world: &World, hash: hmac::Algorithm, secret: &[u8]) -> String {
    with_signature(header.to_string(), world.claims().to_string(), |input| {
        hmac::sign(&hmac::Key::new(hash, secret), input)
            .as_ref()
            .to_vec()
    })
}
