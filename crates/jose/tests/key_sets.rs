//! Key sets: what is dropped, what is kept, and which keys a token is tried with.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gatepost_jose::{Algorithm, Jwk, KeyError, KeySet, KeySetError, KeySetLimits, NoCandidate};
use support::{base64url, bytes, ed25519, jwk, key_set, p256, rsa, secret};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn parse(document: &str) -> Result<KeySet, KeySetError> {
    KeySet::parse(document.as_bytes(), &KeySetLimits::default()).map(|(keys, _)| keys)
}

fn kid(kid: &str) -> String {
    format!(r#""kid":"{kid}","#)
}

/// An RSA key of its own.
fn other_rsa(kid: &str, seed: u8) -> String {
    let mut modulus = bytes(support::MODULUS);
    modulus[100] = seed;
    let (n, kid) = (base64url(&modulus), self::kid(kid));
    format!(r#"{{{kid}"kty":"RSA","n":"{n}","e":"AQAB"}}"#)
}

fn kids<'a>(keys: impl IntoIterator<Item = &'a Jwk>) -> Vec<&'a str> {
    keys.into_iter()
        .map(|key| key.kid().unwrap_or("-"))
        .collect()
}

#[test]
fn the_keys_of_rfc_7517_are_read_and_the_one_for_encryption_is_dropped() {
    let (keys, dropped) = key_set(&[
        p256(r#""use":"enc","kid":"1","#),
        rsa(r#""alg":"RS256","kid":"2011-04-29","#),
    ]);
    assert_eq!(kids(keys.keys()), ["2011-04-29"]);
    assert_eq!(dropped.len(), 1);
    assert_eq!(
        dropped[0].to_string(),
        "keys[0] (kid \"1\"): `use`: expected sig or jwt-svid"
    );
}

#[test]
fn a_broken_key_takes_no_other_with_it() {
    let broken = [
        "null",
        "1",
        "[]",
        "{}",
        r#"{"kty":"AKP","kid":"new"}"#,
        r#"{"kty":"RSA","n":"AA","e":"AQAB","kid":1}"#,
        r#"{"kty":"EC","crv":"P-256","x":"","y":""}"#,
    ];
    for broken in broken {
        let (keys, dropped) = key_set(&[rsa(&kid("a")), broken.to_owned(), p256(&kid("b"))]);
        assert_eq!(kids(keys.keys()), ["a", "b"], "{broken}");
        assert_eq!(dropped.len(), 1, "{broken}");
        assert_eq!(dropped[0].index, 1, "{broken}");
    }
}

#[test]
fn what_a_dropped_key_shows_is_escaped_and_cut() {
    let (_, dropped) = key_set(&[
        format!(r#"{{"kid":"\u001b[31m{}"}}"#, "k".repeat(5000)),
        r#"{"kid":7}"#.to_owned(),
    ]);
    let shown = dropped[0].to_string();
    assert!(shown.len() < 200 && !shown.contains('\u{1b}'), "{shown}");
    assert_eq!(dropped[1].to_string(), "keys[1]: `kty` is missing");
}

#[test]
fn a_document_is_a_key_set_or_an_error() {
    for document in [
        "[]",
        "{}",
        r#""keys""#,
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"Keys":[]}"#,
        &rsa(""),
    ] {
        assert_eq!(parse(document).unwrap_err(), KeySetError::NotAKeySet);
    }
    for document in [
        "",
        "<html></html>",
        r#"{"keys":[]"#,
        r#"{"keys":[]} {}"#,
        r#"{"keys":[],}"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[],"\u006beys":[]}"#,
        r#"{"keys":[{"kty":"oct","kty":"RSA"}]}"#,
        "\u{feff}{\"keys\":[]}",
    ] {
        let error = parse(document).unwrap_err();
        assert!(matches!(error, KeySetError::Json(_)), "{document}");
    }
    let deep = format!(r#"{{"keys":[],"x":{}{}}}"#, "[".repeat(99), "]".repeat(99));
    assert!(matches!(parse(&deep).unwrap_err(), KeySetError::Json(_)));
    assert!(parse(r#"{"keys":[]}"#).unwrap().is_empty());
    assert!(parse(r#"{"more":1,"keys":[]}"#).unwrap().is_empty());
}

#[test]
fn a_document_is_as_long_as_its_limits_and_has_as_many_keys() {
    let limits = KeySetLimits {
        max_bytes: 50,
        max_keys: 2,
    };
    let parse = |document: &str| KeySet::parse(document.as_bytes(), &limits);
    let padded = |len: usize| format!("{:1$}", r#"{"keys":[]}"#, len);
    assert!(parse(&padded(50)).is_ok());
    let error = parse(&padded(51)).unwrap_err();
    assert_eq!(error, KeySetError::TooLong { max_bytes: 50 });
    assert_eq!(parse(r#"{"keys":[0,0]}"#).unwrap().1.len(), 2);
    let error = parse(r#"{"keys":[0,0,0]}"#).unwrap_err();
    assert_eq!(error, KeySetError::TooManyKeys { max_keys: 2 });
    // No limit goes beyond what the compiled form holds.
    let limits = KeySetLimits {
        max_bytes: usize::MAX,
        max_keys: usize::MAX,
    };
    let many = format!(r#"{{"keys":[{}0]}}"#, "0,".repeat(KeySet::MAX_KEYS));
    let error = KeySet::parse(many.as_bytes(), &limits).unwrap_err();
    assert_eq!(error, KeySetError::TooManyKeys { max_keys: 1024 });
}

#[test]
fn a_key_alone_is_read_where_it_is_asked_for() {
    let limits = KeySetLimits::default();
    let keys = KeySet::parse_key(rsa(&kid("a")).as_bytes(), &limits).unwrap();
    assert_eq!(kids(keys.keys()), ["a"]);
    let set = format!(r#"{{"keys":[{}]}}"#, rsa(""));
    let error = KeySet::parse_key(set.as_bytes(), &limits).unwrap_err();
    assert_eq!(error, KeySetError::Key(KeyError::Missing { member: "kty" }));
}

#[test]
fn a_secret_stands_among_secrets_only() {
    let (keys, dropped) = key_set(&[secret(&kid("s"), 1, 32), p256(&kid("p"))]);
    assert_eq!(kids(keys.keys()), ["p"]);
    assert_eq!(dropped[0].reason, KeyError::SecretAmongPublicKeys);
    // A key that is of no use is public, too.
    let (keys, dropped) = key_set(&[r#"{"kty":"RSA"}"#.to_owned(), secret("", 1, 32)]);
    assert!(keys.is_empty());
    assert_eq!(dropped.len(), 2);
    let (keys, _) = key_set(&[secret(&kid("a"), 1, 32), secret(&kid("b"), 2, 32)]);
    assert_eq!(kids(keys.keys()), ["a", "b"]);
}

#[test]
fn secrets_of_one_kid_are_all_dropped() {
    let (keys, dropped) = key_set(&[
        secret(&kid("a"), 1, 32),
        secret(&kid("b"), 2, 32),
        secret(&kid("a"), 3, 32),
        secret("", 4, 32),
        secret("", 5, 32),
    ]);
    assert_eq!(kids(keys.keys()), ["-", "-", "b"]);
    let dropped: Vec<_> = dropped.iter().map(|key| (key.index, key.reason)).collect();
    assert_eq!(
        dropped,
        [
            (0, KeyError::SecretSharesKid),
            (2, KeyError::SecretSharesKid)
        ]
    );
    // One that is of no use may be the one that was meant.
    let (keys, dropped) = key_set(&[secret(&kid("a"), 1, 32), secret(&kid("a"), 3, 31)]);
    assert!(keys.is_empty());
    assert_eq!(dropped[0].reason, KeyError::SecretSharesKid);
    assert_eq!(dropped[1].reason, KeyError::SecretTooShort);
}

#[test]
fn a_kid_selects_the_keys_that_have_it() {
    let (keys, _) = key_set(&[
        rsa(&kid("b")),
        p256(&kid("a")),
        other_rsa("b", 1),
        ed25519(""),
        other_rsa("c", 2),
    ]);
    let candidates = |algorithm, kid| {
        keys.candidates(algorithm, Some(kid))
            .map(|found| kids(found.keys))
    };
    assert_eq!(candidates(Algorithm::Rs256, "b"), Ok(vec!["b", "b"]));
    assert_eq!(candidates(Algorithm::Es256, "a"), Ok(vec!["a"]));
    // In document order.
    let found = keys.candidates(Algorithm::Ps512, Some("b")).unwrap();
    assert_eq!(found.keys[0].id(), jwk(&rsa("")).unwrap().id());
    // A key that has the kid is meant, whatever else there is.
    assert_eq!(
        candidates(Algorithm::Es256, "b"),
        Err(NoCandidate::KeyNotForAlgorithm)
    );
    assert_eq!(
        candidates(Algorithm::Ed25519, "a"),
        Err(NoCandidate::KeyNotForAlgorithm)
    );
    for unknown in ["", "A", "a ", "ab", "d", "../a"] {
        assert_eq!(
            candidates(Algorithm::Rs256, unknown),
            Err(NoCandidate::UnknownKid),
            "{unknown}"
        );
    }
}

#[test]
fn a_key_without_a_kid_may_have_signed_any_token() {
    let (keys, _) = key_set(&[p256(""), rsa(&kid("a"))]);
    let candidates = |algorithm, kid| {
        keys.candidates(algorithm, kid)
            .map(|found| kids(found.keys))
    };
    assert_eq!(candidates(Algorithm::Es256, Some("new")), Ok(vec!["-"]));
    assert_eq!(candidates(Algorithm::Es256, None), Ok(vec!["-"]));
    // It is not for this algorithm, so the kid is as unknown as it would be.
    assert_eq!(
        candidates(Algorithm::Rs256, Some("new")),
        Err(NoCandidate::UnknownKid)
    );
    assert_eq!(candidates(Algorithm::Rs256, None), Ok(vec!["a"]));
    assert_eq!(
        candidates(Algorithm::Es384, None),
        Err(NoCandidate::KeyNotForAlgorithm)
    );
    // An empty kid is a kid.
    let (keys, _) = key_set(&[p256(&kid(""))]);
    assert!(keys.candidates(Algorithm::Es256, Some("")).is_ok());
}

#[test]
fn keys_without_a_kid_do_not_hide_that_a_kid_is_unknown() {
    let (keys, _) = key_set(&[p256(""), p256(&kid("a"))]);
    let is_unknown = |kid| {
        let found = keys.candidates(Algorithm::Es256, kid).unwrap();
        (kids(found.keys), found.kid_is_unknown)
    };
    assert_eq!(is_unknown(Some("new")), (vec!["-"], true));
    assert_eq!(is_unknown(Some("a")), (vec!["a"], false));
    assert_eq!(is_unknown(None), (vec!["-", "a"], false));
}

#[test]
fn a_token_is_tried_with_a_few_keys_or_with_none() {
    let set = |kid: &dyn Fn(u8) -> String, count: u8| {
        let keys: Vec<String> = (0..count).map(|n| other_rsa(&kid(n), n)).collect();
        key_set(&keys).0
    };
    let of_their_own = |count| set(&|n| format!("kid {n}"), count);
    let of_one_kid = |count| set(&|_| "kid".to_owned(), count);
    let without_kid = |keys: &KeySet| {
        keys.candidates(Algorithm::Rs256, None)
            .map(|c| c.keys.len())
    };
    let with_kid = |keys: &KeySet, kid| {
        keys.candidates(Algorithm::Rs256, Some(kid))
            .map(|c| c.keys.len())
    };
    assert_eq!(without_kid(&of_their_own(4)), Ok(4));
    assert_eq!(without_kid(&of_their_own(5)), Err(NoCandidate::TooManyKeys));
    assert_eq!(with_kid(&of_their_own(5), "kid 4"), Ok(1));
    assert_eq!(with_kid(&of_one_kid(4), "kid"), Ok(4));
    assert_eq!(
        with_kid(&of_one_kid(5), "kid"),
        Err(NoCandidate::TooManyKeys)
    );
    assert_eq!(
        without_kid(&KeySet::default()),
        Err(NoCandidate::KeyNotForAlgorithm)
    );
    assert_eq!(
        with_kid(&KeySet::default(), "kid"),
        Err(NoCandidate::UnknownKid)
    );
}

#[test]
fn a_key_that_left_the_set_is_missed() {
    let (keys, _) = key_set(&[rsa(&kid("a")), p256(&kid("b"))]);
    let gone = jwk(&rsa("")).unwrap().id();
    assert!(keys.contains(gone));
    let (keys, _) = key_set(&[p256(&kid("a"))]);
    assert!(!keys.contains(gone));
}

#[test]
fn the_compiled_form_has_all_but_secrets() {
    let documents = [
        rsa(r#""kid":"r","alg":"PS256","#),
        other_rsa("", 3),
        p256(r#""use":"sig","#),
        ed25519(r#""kid":"é","use":"jwt-svid","#),
    ];
    let (keys, _) = key_set(&documents);
    let again = KeySet::decode(&keys.encode()).unwrap();
    assert_eq!(again.len(), documents.len());
    for (key, again) in keys.keys().zip(again.keys()) {
        assert_eq!(key.kid(), again.kid());
        assert_eq!(key.key_use(), again.key_use());
        assert_eq!(key.algorithms(), again.algorithms());
        assert_eq!(key.id(), again.id());
        assert_eq!(key.spki_der(), again.spki_der());
    }
    let (secrets, _) = key_set(&[secret(&kid("s"), b'S', 64)]);
    assert_eq!(secrets.len(), 1);
    let form = secrets.encode();
    assert!(!form.windows(3).any(|window| window == b"SSS"));
    assert!(KeySet::decode(&form).unwrap().is_empty());
}
