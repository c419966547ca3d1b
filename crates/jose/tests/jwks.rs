//! Reading one key: what is refused, and what it is bound to.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gatepost_jose::{Algorithm, Jwk, KeyError, KeyUse, RustVerifier, VerifySignature};
use support::{ED25519_X, MODULUS, P256_X, P256_Y, base64url, bytes, ed25519, jwk, p256, rsa};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn refused(text: &str) -> KeyError {
    jwk(text).unwrap_err()
}

fn rsa_of(modulus: &[u8], exponent: &[u8]) -> Result<Jwk, KeyError> {
    let (n, e) = (base64url(modulus), base64url(exponent));
    jwk(&format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#))
}

fn ec_of(curve: &str, x: &[u8], y: &[u8]) -> Result<Jwk, KeyError> {
    let (x, y) = (base64url(x), base64url(y));
    jwk(&format!(
        r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#
    ))
}

fn ed25519_of(x: &[u8]) -> Result<Jwk, KeyError> {
    let x = base64url(x);
    jwk(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#))
}

fn malformed(member: &'static str, expected: &'static str) -> KeyError {
    KeyError::Malformed { member, expected }
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    for (key, thumbprint) in [
        // RFC 7638 3.1.
        (rsa(""), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        // RFC 8037 A.3.
        (ed25519(""), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ] {
        let id = jwk(&key).unwrap().id();
        assert_eq!(id.to_base64url(), thumbprint);
        assert_eq!(base64url(id.as_bytes()), thumbprint);
    }
    // Whatever else the documents say.
    let one = jwk(&p256(r#""kid":"one","alg":"ES256","use":"sig","#)).unwrap();
    let other = jwk(&p256(r#""kid":"other","x5t":"AA","#)).unwrap();
    assert_eq!(one.id(), other.id());
    assert_ne!(one.id(), jwk(&rsa("")).unwrap().id());
}

#[test]
fn a_key_has_every_member_of_its_type_and_each_in_base64url() {
    for (key, error) in [
        ("[]", KeyError::NotAnObject),
        ("\"key\"", KeyError::NotAnObject),
        ("{}", KeyError::Missing { member: "kty" }),
        (r#"{"kty":1}"#, malformed("kty", "a string")),
        (r#"{"kty":"rsa"}"#, KeyError::UnknownKeyType),
        (r#"{"kty":"AKP"}"#, KeyError::UnknownKeyType),
        (r#"{"kty":"RSA"}"#, KeyError::Missing { member: "n" }),
        (r#"{"kty":"EC"}"#, KeyError::Missing { member: "crv" }),
        (r#"{"kty":"OKP"}"#, KeyError::Missing { member: "crv" }),
        (r#"{"kty":"oct"}"#, KeyError::Missing { member: "k" }),
        (
            r#"{"kty":"EC","crv":"P-256"}"#,
            KeyError::Missing { member: "x" },
        ),
        (r#"{"kty":"EC","crv":"secp256k1"}"#, KeyError::UnknownCurve),
        (r#"{"kty":"EC","crv":"Ed25519"}"#, KeyError::UnknownCurve),
        (r#"{"kty":"OKP","crv":"P-256"}"#, KeyError::UnknownCurve),
        (r#"{"kty":"OKP","crv":"X25519"}"#, KeyError::UnknownCurve),
        (r#"{"kty":"OKP","crv":"Ed448"}"#, KeyError::UnknownCurve),
        (r#"{"kty":"oct","k":1}"#, malformed("k", "a string")),
        (r#"{"kty":"oct","k":""}"#, KeyError::SecretTooShort),
        (
            r#"{"kty":"oct","k":"AA=="}"#,
            malformed("k", "base64url without padding"),
        ),
        (
            r#"{"kty":"oct","k":"+/+/"}"#,
            malformed("k", "base64url without padding"),
        ),
    ] {
        assert_eq!(refused(key), error, "{key}");
    }
    // A key of another type behind the wrong name.
    let key = p256("").replace(r#""EC""#, r#""RSA""#);
    assert_eq!(refused(&key), KeyError::Missing { member: "n" });
}

#[test]
fn what_is_not_known_of_a_key_is_ignored() {
    let more = r#""x5u":"https://evil.example/","x5c":["AA"],"iat":1,"nested":{"kty":"oct"},"#;
    for key in [rsa(more), p256(more), ed25519(more)] {
        assert!(jwk(&key).is_ok());
    }
}

#[test]
fn a_published_private_key_is_nobodys() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        let key = rsa(&format!(r#""{member}":"AQ","#));
        assert_eq!(refused(&key), KeyError::PrivateKey, "{member}");
    }
    // Whatever stands in it.
    for value in [r#""AQ""#, "null", "[]"] {
        let private = format!(r#""d":{value},"#);
        assert_eq!(refused(&p256(&private)), KeyError::PrivateKey);
        assert_eq!(refused(&ed25519(&private)), KeyError::PrivateKey);
    }
}

#[test]
fn an_rsa_modulus_has_2048_to_8192_bits() {
    let modulus = bytes(MODULUS);
    let smaller = |bits: u32| {
        let mut modulus = modulus.clone();
        modulus[0] = (modulus[0] | 0x80) >> (2048 - bits);
        rsa_of(&modulus, &[1, 0, 1])
    };
    assert!(smaller(2048).is_ok());
    assert_eq!(smaller(2047).unwrap_err(), KeyError::ModulusSize);
    let n = rsa_of(&modulus[128..], &[1, 0, 1]);
    assert_eq!(n.unwrap_err(), KeyError::ModulusSize);
    assert!(rsa_of(&[0xff; 1024], &[3]).is_ok());
    let mut larger = [0xff; 1025];
    larger[0] = 1;
    assert_eq!(rsa_of(&larger, &[3]).unwrap_err(), KeyError::ModulusSize);
}

#[test]
fn an_rsa_modulus_is_odd_and_written_as_short_as_it_is() {
    let mut modulus = bytes(MODULUS);
    let led = [&[0], modulus.as_slice()].concat();
    let expected = "a positive number without leading zero bytes";
    assert_eq!(rsa_of(&led, &[3]).unwrap_err(), malformed("n", expected));
    assert_eq!(rsa_of(&[], &[3]).unwrap_err(), malformed("n", expected));
    *modulus.last_mut().unwrap() ^= 1;
    assert_eq!(rsa_of(&modulus, &[3]).unwrap_err(), KeyError::ModulusEven);
}

#[test]
fn an_rsa_exponent_is_odd_from_3_to_33_bits() {
    let modulus = bytes(MODULUS);
    for exponent in [&[3][..], &[17], &[1, 0, 1], &[1, 0xff, 0xff, 0xff, 0xff]] {
        assert!(rsa_of(&modulus, exponent).is_ok(), "{exponent:?}");
    }
    for exponent in [
        &[1][..],
        &[2],
        &[4],
        &[1, 0, 0],
        &[2, 0, 0, 0, 1],
        &[0xff; 8],
        &[0xff; 300],
    ] {
        let error = rsa_of(&modulus, exponent).unwrap_err();
        assert_eq!(error, KeyError::Exponent, "{exponent:?}");
    }
    let expected = "a positive number without leading zero bytes";
    for exponent in [&[][..], &[0], &[0, 1, 0, 1]] {
        let error = rsa_of(&modulus, exponent).unwrap_err();
        assert_eq!(error, malformed("e", expected), "{exponent:?}");
    }
}

#[test]
fn an_rsa_key_with_the_fingerprint_of_roca_is_refused() {
    // A power of 65537 is one modulo every prime. 65537^128 has 2049 bits.
    let mut modulus = [0_u32; 130];
    modulus[0] = 1;
    for _ in 0..128 {
        // In digits of 16 bits, the least significant first: times 65536, and once.
        let shifted: Vec<u32> = std::iter::once(0).chain(modulus).collect();
        let mut carry = 0;
        for (digit, shifted) in modulus.iter_mut().zip(shifted) {
            let sum = *digit + shifted + carry;
            (*digit, carry) = (sum & 0xffff, sum >> 16);
        }
    }
    let bytes: Vec<u8> = modulus
        .iter()
        .rev()
        .flat_map(|digit| u16::try_from(*digit).unwrap().to_be_bytes())
        .skip_while(|byte| *byte == 0)
        .collect();
    assert_eq!(bytes.len(), 257);
    assert_eq!(rsa_of(&bytes, &[1, 0, 1]).unwrap_err(), KeyError::Roca);
    // One bit more, and it is none.
    let mut other = bytes;
    other[0] = 3;
    assert!(rsa_of(&other, &[1, 0, 1]).is_ok());
}

#[test]
fn a_coordinate_is_as_long_as_its_curve_has_it() {
    let (x, y) = (bytes(P256_X), bytes(P256_Y));
    assert!(ec_of("P-256", &x, &y).is_ok());
    for (x, y, member) in [
        (&x[1..], &y[..], "x"),
        (&[&[0], &x[..]].concat(), &y[..], "x"),
        (&x[..], &y[..31], "y"),
        (&x[..], &[], "y"),
        // A point of the curve in other clothes.
        (&[&[4], &x[..], &y[..]].concat(), &y[..], "x"),
    ] {
        let error = ec_of("P-256", x, y).unwrap_err();
        assert_eq!(error, malformed(member, "32 bytes"));
    }
    assert_eq!(
        ec_of("P-384", &x, &y).unwrap_err(),
        malformed("x", "48 bytes")
    );
    assert_eq!(
        ec_of("P-521", &x, &y).unwrap_err(),
        malformed("x", "66 bytes")
    );
}

#[test]
fn a_point_is_on_its_curve_and_its_coordinates_are_reduced() {
    let (x, y) = (bytes(P256_X), bytes(P256_Y));
    let mut off = y.clone();
    off[31] ^= 1;
    for (curve, x, y) in [
        ("P-256", x.clone(), off),
        ("P-256", y, x),
        ("P-256", vec![0; 32], vec![0; 32]),
        ("P-256", vec![0xff; 32], vec![0xff; 32]),
        ("P-384", vec![0; 48], vec![0; 48]),
        ("P-521", vec![0; 66], vec![0; 66]),
        ("P-521", vec![0xff; 66], vec![0xff; 66]),
    ] {
        assert_eq!(ec_of(curve, &x, &y).unwrap_err(), KeyError::NotOnCurve);
    }
    // x = 0 is on P-521, with a root of b. The prime, 2^521 - 1, is zero as well,
    // and fits in 66 bytes.
    let y = bytes(
        "AS3xNgFZSog-8tk15Eu5C_TWYZt05Sr3VS-XdpARwHGetDnPqyqI1A_lmivtH0NVcWmi0KLM0oDGB7krv1H_4LB4",
    );
    let mut prime = [0xff; 66];
    prime[0] = 1;
    assert!(ec_of("P-521", &[0; 66], &y).is_ok());
    assert_eq!(
        ec_of("P-521", &prime, &y).unwrap_err(),
        KeyError::NotOnCurve
    );
}

#[test]
fn an_ed25519_point_has_one_encoding_and_a_large_order() {
    assert!(ed25519_of(&bytes(ED25519_X)).is_ok());
    for len in [0, 31, 33, 64] {
        let error = ed25519_of(&vec![9; len]).unwrap_err();
        assert_eq!(error, malformed("x", "32 bytes"));
    }
    // y = 2 is on the curve for no x.
    let mut none = [0; 32];
    none[0] = 2;
    assert_eq!(ed25519_of(&none).unwrap_err(), KeyError::NotOnCurve);

    let with = |first: u8, rest: u8, last: u8| {
        let mut encoded = [rest; 32];
        (encoded[0], encoded[31]) = (first, last);
        encoded
    };
    // The neutral element, the point of order 2, and those of order 4.
    for small in [
        with(1, 0, 0),
        with(0xec, 0xff, 0x7f),
        with(0, 0, 0),
        with(0, 0, 0x80),
    ] {
        assert_eq!(ed25519_of(&small).unwrap_err(), KeyError::SmallOrder);
    }
    // y from p on, 2^255 - 19; and a sign for x = 0.
    for twice in [
        with(0xed, 0xff, 0x7f),
        with(0xee, 0xff, 0x7f),
        with(0xed, 0xff, 0xff),
        with(1, 0, 0x80),
        with(0xec, 0xff, 0xff),
    ] {
        assert_eq!(ed25519_of(&twice).unwrap_err(), KeyError::NotOnCurve);
    }
}

#[test]
fn a_secret_is_as_long_as_the_hash() {
    use Algorithm::{Hs256, Hs384, Hs512};
    for (len, allowed) in [
        (32, &[Hs256][..]),
        (47, &[Hs256]),
        (48, &[Hs256, Hs384]),
        (63, &[Hs256, Hs384]),
        (64, &[Hs256, Hs384, Hs512]),
        (200, &[Hs256, Hs384, Hs512]),
    ] {
        let key = jwk(&support::secret("", 7, len)).unwrap();
        assert_eq!(key.algorithms(), allowed.iter().copied().collect(), "{len}");
        assert!(key.spki_der().is_empty());
    }
    for len in [0, 1, 16, 31] {
        assert_eq!(
            refused(&support::secret("", 7, len)),
            KeyError::SecretTooShort
        );
    }
    let short = support::secret(r#""alg":"HS512","#, 7, 63);
    assert_eq!(refused(&short), KeyError::WrongAlgorithm);

    let from_secret = |len, algorithm| Jwk::from_secret(None, &vec![7; len], algorithm);
    assert_eq!(
        from_secret(64, Hs384).unwrap().algorithms(),
        [Hs384].into_iter().collect()
    );
    assert_eq!(
        from_secret(47, Hs384).unwrap_err(),
        KeyError::SecretTooShort
    );
    assert_eq!(
        from_secret(64, Algorithm::Es256).unwrap_err(),
        KeyError::WrongAlgorithm
    );
}

#[test]
fn alg_is_one_that_the_key_can_be_used_for() {
    use Algorithm::*;
    for (key, allowed) in [
        (rsa(""), vec![Rs256, Rs384, Rs512, Ps256, Ps384, Ps512]),
        (rsa(r#""alg":"PS384","#), vec![Ps384]),
        (p256(""), vec![Es256]),
        (p256(r#""alg":"ES256","#), vec![Es256]),
        (ed25519(""), vec![Ed25519]),
        (ed25519(r#""alg":"EdDSA","#), vec![Ed25519]),
        (ed25519(r#""alg":"Ed25519","#), vec![Ed25519]),
    ] {
        let key = jwk(&key).unwrap();
        assert_eq!(key.algorithms(), allowed.iter().copied().collect());
        for algorithm in Algorithm::ALL {
            assert_eq!(key.allows(algorithm), allowed.contains(&algorithm));
            let verified = RustVerifier.verify(&key, algorithm, b"", b"");
            assert_eq!(verified.is_ok(), allowed.contains(&algorithm));
        }
    }
    for (key, error) in [
        (rsa(r#""alg":"ES256","#), KeyError::WrongAlgorithm),
        (rsa(r#""alg":"HS256","#), KeyError::WrongAlgorithm),
        (p256(r#""alg":"ES384","#), KeyError::WrongAlgorithm),
        (p256(r#""alg":"RS256","#), KeyError::WrongAlgorithm),
        (ed25519(r#""alg":"ES256","#), KeyError::WrongAlgorithm),
        (p256(r#""alg":"ES521","#), KeyError::UnknownAlgorithm),
        (p256(r#""alg":"ES224","#), KeyError::UnknownAlgorithm),
        (p256(r#""alg":"es256","#), KeyError::UnknownAlgorithm),
        (p256(r#""alg":"none","#), KeyError::UnknownAlgorithm),
        (p256(r#""alg":"","#), KeyError::UnknownAlgorithm),
        (rsa(r#""alg":"RSA-OAEP","#), KeyError::UnknownAlgorithm),
        (rsa(r#""alg":null,"#), malformed("alg", "a string")),
        (rsa(r#""alg":["RS256"],"#), malformed("alg", "a string")),
    ] {
        assert_eq!(refused(&key), error, "{key}");
    }
}

#[test]
fn use_is_for_signatures() {
    for (more, key_use) in [
        ("", KeyUse::Unstated),
        (r#""use":"sig","#, KeyUse::Signatures),
        (r#""use":"jwt-svid","#, KeyUse::JwtSvid),
    ] {
        assert_eq!(jwk(&p256(more)).unwrap().key_use(), key_use);
    }
    for more in [
        r#""use":"enc","#,
        r#""use":"x509-svid","#,
        r#""use":"SIG","#,
        r#""use":"","#,
    ] {
        assert_eq!(refused(&p256(more)), KeyError::NotForSignatures, "{more}");
    }
    assert_eq!(refused(&p256(r#""use":1,"#)), malformed("use", "a string"));
}

#[test]
fn key_ops_has_verify_and_nothing_twice_and_agrees_with_use() {
    for more in [
        r#""key_ops":["verify"],"#,
        r#""key_ops":["sign","verify"],"#,
        r#""key_ops":["verify","own"],"#,
        r#""use":"sig","key_ops":["verify"],"#,
        r#""use":"jwt-svid","key_ops":["verify","sign"],"#,
    ] {
        assert!(jwk(&p256(more)).is_ok(), "{more}");
    }
    for more in [
        r#""key_ops":[],"#,
        r#""key_ops":["sign"],"#,
        r#""key_ops":["encrypt"],"#,
        r#""key_ops":["Verify"],"#,
        r#""key_ops":["verify","verify"],"#,
        r#""key_ops":["verify","sign","sign"],"#,
        r#""use":"sig","key_ops":["verify","encrypt"],"#,
        r#""use":"sig","key_ops":["deriveKey"],"#,
    ] {
        assert_eq!(refused(&p256(more)), KeyError::KeyOps, "{more}");
    }
    for more in [
        r#""key_ops":"verify","#,
        r#""key_ops":null,"#,
        r#""key_ops":["verify",1],"#,
    ] {
        let error = malformed("key_ops", "an array of strings");
        assert_eq!(refused(&p256(more)), error, "{more}");
    }
}

#[test]
fn a_kid_is_a_string_of_at_most_1024_bytes() {
    let kid = |kid: &str| jwk(&p256(&format!(r#""kid":{kid},"#)));
    assert_eq!(kid(r#""""#).unwrap().kid(), Some(""));
    assert_eq!(kid(r#""\u0000\"é""#).unwrap().kid(), Some("\0\"é"));
    assert_eq!(jwk(&p256("")).unwrap().kid(), None);
    assert!(kid(&format!("{:?}", "k".repeat(1024))).is_ok());
    assert_eq!(
        kid(&format!("{:?}", "k".repeat(1025))).unwrap_err(),
        malformed("kid", "at most 1024 bytes")
    );
    for value in ["1", "null", "[]"] {
        assert_eq!(kid(value).unwrap_err(), malformed("kid", "a string"));
    }
}

#[test]
fn nothing_shows_a_secret() {
    let key = jwk(&support::secret(r#""kid":"shown","#, b'S', 64)).unwrap();
    let shown = format!("{key:?} {key:#?} {:?}", key.id());
    assert!(shown.contains("shown"));
    let digits = key.id().as_bytes().map(|byte| byte.to_string()).join(", ");
    for secret in [
        "SSS",
        "83, 83",
        "53, 53",
        "U1NT",
        &key.id().to_base64url(),
        &digits,
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
