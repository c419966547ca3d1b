//! The signatures that a host is asked about, and what it is handed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use gatepost_jose::{
    Algorithm, KeySet, RustVerifier, SignatureError, VerifySignature, ecdsa_signature_to_der,
    known_answers,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn every_algorithm_that_a_host_may_check_has_an_answer_that_is_good_and_one_that_is_bad() {
    let answers = known_answers();
    let algorithms: Vec<Algorithm> = answers.iter().map(|answer| answer.algorithm).collect();
    let of_hosts: Vec<Algorithm> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| algorithm.host_hash().is_some())
        .collect();
    assert_eq!(algorithms, of_hosts);
    for answer in &answers {
        let verify = |signature: &[u8]| {
            RustVerifier.verify(&answer.key, answer.algorithm, answer.message, signature)
        };
        assert_eq!(verify(&answer.good), Ok(true), "{}", answer.algorithm);
        assert_eq!(verify(&answer.bad), Ok(false), "{}", answer.algorithm);
        assert_eq!(answer.good.len(), answer.bad.len());
        assert!(!answer.key.spki_der().is_empty());
    }
}

#[test]
fn a_signature_of_another_length_is_bad() {
    for answer in known_answers() {
        let good = &answer.good;
        let shorter = &good[..good.len() - 1];
        let longer = [good.as_slice(), &[0]].concat();
        let led = [&[0], good.as_slice()].concat();
        for signature in [&[][..], shorter, &longer, &led] {
            assert_eq!(
                RustVerifier.verify(&answer.key, answer.algorithm, answer.message, signature),
                Ok(false),
                "{}",
                answer.algorithm
            );
        }
    }
}

#[test]
fn a_key_is_asked_for_its_own_algorithms_only() {
    for answer in known_answers() {
        for algorithm in Algorithm::ALL {
            let verified =
                RustVerifier.verify(&answer.key, algorithm, answer.message, &answer.good);
            if answer.key.allows(algorithm) {
                assert_eq!(verified, Ok(algorithm == answer.algorithm), "{algorithm}");
            } else {
                assert_eq!(verified, Err(SignatureError::KeyNotForAlgorithm));
            }
        }
    }
}

#[test]
fn keys_survive_the_compiled_form() {
    let keys: KeySet = known_answers()
        .into_iter()
        .map(|answer| answer.key)
        .collect();
    let form = keys.encode();
    let again = KeySet::decode(&form).unwrap();
    assert_eq!(again.encode(), form);
    assert_eq!(again.len(), 6);
    for (key, again) in keys.keys().zip(again.keys()) {
        assert_eq!(key.id(), again.id());
        assert_eq!(key.spki_der(), again.spki_der());
        assert_eq!(key.algorithms(), again.algorithms());
    }
}

#[test]
fn an_ecdsa_signature_in_der_has_the_shortest_numbers_that_are_not_negative() {
    for (raw, der) in [
        (&b"\x01\x02"[..], &b"\x30\x06\x02\x01\x01\x02\x01\x02"[..]),
        // A leading zero where there would be a sign.
        (b"\x80\x7f", b"\x30\x07\x02\x02\x00\x80\x02\x01\x7f"),
        // None where there is no need of it.
        (b"\x00\x01\x00\x80", b"\x30\x07\x02\x01\x01\x02\x02\x00\x80"),
        (b"\x00\x00", b"\x30\x06\x02\x01\x00\x02\x01\x00"),
    ] {
        assert_eq!(
            ecdsa_signature_to_der(raw, raw.len() / 2).as_deref(),
            Some(der)
        );
    }
    // A length of two bytes, for P-521.
    let der = ecdsa_signature_to_der(&[0x01; 132], 66).unwrap();
    assert_eq!(der[..5], [0x30, 0x81, 136, 0x02, 66]);
    assert_eq!(der.len(), 3 + 136);
    for (len, coordinate_len) in [(63, 32), (65, 32), (0, 32), (64, 33), (64, 31)] {
        assert_eq!(ecdsa_signature_to_der(&vec![1; len], coordinate_len), None);
    }
}
