//! Whatever a stranger writes, in a document or in the compiled form, is read
//! without harm.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gatepost_jose::{
    Discovery, DiscoveryLimits, KeySet, KeySetFormError, KeySetLimits, known_answers,
};
use proptest::prelude::*;
use support::{ed25519, key_set, p256, rsa};

fn keys() -> KeySet {
    let (keys, _) = key_set(&[
        rsa(r#""kid":"r","alg":"PS256","#),
        p256(r#""kid":"p","use":"sig","#),
        ed25519(""),
    ]);
    keys.keys()
        .cloned()
        .chain(known_answers().into_iter().map(|answer| answer.key))
        .collect()
}

#[test]
fn a_form_that_is_cut_or_longer_is_refused() {
    let form = keys().encode();
    for len in 0..form.len() {
        assert!(KeySet::decode(&form[..len]).is_err(), "{len}");
    }
    let longer = [form.as_slice(), &[0]].concat();
    assert_eq!(
        KeySet::decode(&longer).unwrap_err(),
        KeySetFormError::Malformed
    );
    assert_eq!(
        KeySet::decode(b"gatepost jwks 2\n\0\0").unwrap_err(),
        KeySetFormError::Header
    );
    assert_eq!(
        KeySet::decode(b"gatepost jwks 1\n\x01\x04").unwrap_err(),
        KeySetFormError::Malformed
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// A form with some bytes changed is refused, or is the form of a set.
    #[test]
    fn a_form_that_was_changed_is_refused_or_is_one_of_other_keys(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut form = keys().encode();
        for (index, byte) in changes {
            let index = index.index(form.len());
            form[index] = byte;
        }
        if let Ok(keys) = KeySet::decode(&form) {
            let again = KeySet::decode(&keys.encode()).unwrap();
            prop_assert_eq!(again.encode(), keys.encode());
            prop_assert_eq!(again.len(), keys.len());
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_as_a_form(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let with_header = [b"gatepost jwks 1\n", bytes.as_slice()].concat();
        let _ = KeySet::decode(&bytes);
        let _ = KeySet::decode(&with_header);
    }

    #[test]
    fn a_document_that_was_changed_is_read(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..4),
    ) {
        let document = format!(
            r#"{{"issuer":"a","jwks_uri":"https://a/","keys":[{},{},{}]}}"#,
            rsa(r#""kid":"r","#), p256(r#""use":"sig","#), ed25519(r#""key_ops":["verify"],"#)
        );
        let mut document: Vec<char> = document.chars().collect();
        for (index, character) in changes {
            let index = index.index(document.len());
            document[index] = character;
        }
        let document: String = document.into_iter().collect();
        if let Ok((keys, dropped)) =
            KeySet::parse(document.as_bytes(), &KeySetLimits::default())
        {
            prop_assert_eq!(keys.len() + dropped.len(), 3);
        }
        let _ = Discovery::parse(document.as_bytes(), "a", &DiscoveryLimits::default());
    }
}
