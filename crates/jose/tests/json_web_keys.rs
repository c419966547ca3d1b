//! External vectors: Wycheproof's key sets, each with a token that a reader that is
//! strict about keys takes or refuses.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods
)]

mod support;

use gatepost_jose::{Algorithm, KeySet, KeySetLimits, RustVerifier, VerifySignature};
use serde_json::Value;

#[test]
fn key_sets_of_wycheproof_are_judged_as_wycheproof_does() {
    let Some(content) = vectors("json_web_key_test.json") else {
        return;
    };
    let (mut cases, mut valid) = (0, 0);
    for group in content["testGroups"].as_array().unwrap() {
        // Secrets stand in `private` alone.
        let keys = group.get("public").unwrap_or(&group["private"]);
        let keys = serde_json::to_vec(keys).unwrap();
        let (keys, _) = KeySet::parse(&keys, &KeySetLimits::default()).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let expected = test["result"] == "valid";
            let accepted = accepts(&keys, test["jws"].as_str().unwrap());
            assert_eq!(accepted, expected, "{} {}", test["tcId"], test["comment"]);
            cases += 1;
            valid += usize::from(expected);
        }
    }
    assert_eq!((cases, valid), (26, 5));
}

/// Whether a key of the set has signed the token, which is well-formed.
fn accepts(keys: &KeySet, token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&support::bytes(header)).unwrap();
    let algorithm = Algorithm::from_name(header["alg"].as_str().unwrap()).unwrap();
    let candidates = keys.candidates(algorithm, header["kid"].as_str());
    let signature = support::bytes(signature);
    candidates.is_ok_and(|candidates| {
        candidates.keys.iter().any(|key| {
            RustVerifier
                .verify(key, algorithm, signed.as_bytes(), &signature)
                .unwrap()
        })
    })
}

/// The content of a file of the vectors. A checkout of the vectors without this
/// one file says so and fails nobody.
fn vectors(file: &str) -> Option<Value> {
    let path = gatepost_test_vectors::folder()
        .join("wycheproof")
        .join(file);
    match std::fs::read(&path) {
        Ok(content) => Some(serde_json::from_slice(&content).unwrap()),
        Err(error) => {
            eprintln!("NOT RUN: json_web_keys: {}: {error}", path.display());
            None
        }
    }
}
