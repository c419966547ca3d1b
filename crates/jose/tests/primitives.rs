//! External vectors: Wycheproof's signatures of each algorithm, with keys read as
//! JSON Web Keys.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::string_slice
)]

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_jose::{Algorithm, Jwk, KeyError, RustVerifier, VerifySignature};
use serde_json::{Value, json};

/// How many cases there are, so that none gets lost.
const CASES: usize = 3507;

/// What is valid there and not taken here: how often, and why.
const DEVIATIONS: [(&str, usize); 4] = [
    ("a key on secp256k1: no algorithm of ours", 167),
    ("a truncated HMAC tag: JOSE has none (RFC 7518 3.2)", 3 * 32),
    ("an HMAC key shorter than the hash (RFC 7518 3.2)", 3 * 4),
    (
        "acceptable there: a DigestInfo without NULL (RFC 8017 9.2, note 1)",
        5,
    ),
];

#[test]
fn signatures_of_wycheproof_are_judged_as_wycheproof_does() {
    let mut run = Run::default();
    for (file, algorithm) in [
        ("ecdsa_secp256k1_sha256_p1363_test.json", Algorithm::Es256),
        ("ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::Es256),
        ("ecdsa_secp384r1_sha384_p1363_test.json", Algorithm::Es384),
        ("ecdsa_secp521r1_sha512_p1363_test.json", Algorithm::Es512),
        ("ed25519_test.json", Algorithm::Ed25519),
        ("hmac_sha256_test.json", Algorithm::Hs256),
        ("hmac_sha384_test.json", Algorithm::Hs384),
        ("hmac_sha512_test.json", Algorithm::Hs512),
        ("rsa_pss_2048_sha256_mgf1_32_test.json", Algorithm::Ps256),
        ("rsa_pss_2048_sha384_mgf1_48_test.json", Algorithm::Ps384),
        ("rsa_pss_4096_sha512_mgf1_64_test.json", Algorithm::Ps512),
        ("rsa_signature_2048_sha256_test.json", Algorithm::Rs256),
        ("rsa_signature_2048_sha384_test.json", Algorithm::Rs384),
        ("rsa_signature_2048_sha512_test.json", Algorithm::Rs512),
        ("rsa_signature_3072_sha256_test.json", Algorithm::Rs256),
        ("rsa_signature_4096_sha512_test.json", Algorithm::Rs512),
    ] {
        let Some(content) = vectors(file) else {
            return;
        };
        for group in content["testGroups"].as_array().unwrap() {
            run.group(file, group, algorithm);
        }
    }
    assert_eq!(run.cases, CASES);
    assert_eq!(run.deviations, BTreeMap::from(DEVIATIONS));
}

#[derive(Default)]
struct Run {
    cases: usize,
    deviations: BTreeMap<&'static str, usize>,
}

impl Run {
    fn group(&mut self, file: &str, group: &Value, algorithm: Algorithm) {
        let tests = group["tests"].as_array().unwrap();
        if group["type"] == "MacTest" {
            for test in tests {
                let secret = URL_SAFE_NO_PAD.encode(bytes(&test["key"]));
                let key = parse(&json!({"kty": "oct", "k": secret}));
                self.case(file, test, algorithm, &key, "tag");
            }
            return;
        }
        let key = parse(&group_key(group));
        if let Ok(key) = &key {
            assert_eq!(key.spki_der(), bytes(&group["publicKeyDer"]), "{file}");
        }
        for test in tests {
            self.case(file, test, algorithm, &key, "sig");
        }
    }

    fn case(
        &mut self,
        file: &str,
        test: &Value,
        algorithm: Algorithm,
        key: &Result<Jwk, KeyError>,
        signature: &str,
    ) {
        self.cases += 1;
        let (message, signature) = (bytes(&test["msg"]), bytes(&test[signature]));
        let accepted = key.as_ref().is_ok_and(|key| {
            key.allows(algorithm)
                && RustVerifier
                    .verify(key, algorithm, &message, &signature)
                    .unwrap()
        });
        let reason = match (test["result"].as_str().unwrap(), accepted) {
            ("valid", true) | ("invalid", false) => return,
            ("acceptable", false) => DEVIATIONS[3].0,
            ("valid", false) if matches!(key, Err(KeyError::UnknownCurve)) => DEVIATIONS[0].0,
            ("valid", false) if algorithm.is_symmetric() && key.is_err() => DEVIATIONS[2].0,
            ("valid", false) if algorithm.is_symmetric() => DEVIATIONS[1].0,
            _ => panic!("{file} {}: accepted: {accepted}", test["tcId"]),
        };
        *self.deviations.entry(reason).or_default() += 1;
    }
}

/// The key as Wycheproof has it, or as it would be if it had it.
fn group_key(group: &Value) -> Value {
    for member in ["publicKeyJwk", "keyJwk"] {
        if group[member].is_object() {
            return group[member].clone();
        }
    }
    let key = &group["publicKey"];
    let (curve, len) = match key["curve"].as_str().unwrap() {
        "secp256r1" => ("P-256", 32),
        "secp384r1" => ("P-384", 48),
        "secp521r1" => ("P-521", 66),
        other => (other, 32),
    };
    let point = bytes(&key["uncompressed"]);
    json!({
        "kty": "EC",
        "crv": curve,
        "x": URL_SAFE_NO_PAD.encode(&point[1..=len]),
        "y": URL_SAFE_NO_PAD.encode(&point[len + 1..]),
    })
}

fn parse(jwk: &Value) -> Result<Jwk, KeyError> {
    let text = serde_json::to_vec(jwk).unwrap();
    let limits = gatepost_json::Limits::of_bytes(text.len());
    Jwk::parse(&gatepost_json::parse(&text, limits).unwrap())
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn vectors(file: &str) -> Option<Value> {
    let content = gatepost_test_vectors::file("primitives", &format!("wycheproof/{file}"))?;
    Some(serde_json::from_slice(&content).unwrap())
}
