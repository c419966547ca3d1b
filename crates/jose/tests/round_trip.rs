//! Signatures that were just made, of every algorithm: good for what was signed,
//! and for nothing else.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::convert::Infallible;

use ed25519_dalek::Signer as _;
use gatepost_jose::{
    Algorithm, Jwk, RustVerifier, VerifySignature, ecdsa_signature_to_der, sha256,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use num_bigint::BigUint;
use rsa::BoxedUint;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::PublicKeyParts as _;
use sha2::{Sha256, Sha384, Sha512};
use support::{base64url, bytes, jwk};

const MESSAGE: &[u8] = b"eyJhbGciOiJ0ZXN0In0.e30";

#[test]
fn a_signature_is_good_for_what_was_signed_and_for_nothing_else() {
    for algorithm in Algorithm::ALL {
        let (key, signature) = sign(algorithm, MESSAGE);
        let verify = |message: &[u8], signature: &[u8]| {
            RustVerifier
                .verify(&key, algorithm, message, signature)
                .unwrap()
        };
        assert!(verify(MESSAGE, &signature), "{algorithm}");
        assert!(!verify(&MESSAGE[1..], &signature), "{algorithm}");
        assert!(!verify(b"", &signature), "{algorithm}");
        for at in [0, signature.len() / 2, signature.len() - 1] {
            for bit in [1, 0x10, 0x80] {
                let mut changed = signature.clone();
                changed[at] ^= bit;
                assert!(!verify(MESSAGE, &changed), "{algorithm} {at} {bit}");
            }
        }
        let zeros = vec![0; signature.len()];
        assert!(!verify(MESSAGE, &zeros), "{algorithm}");
        assert!(!verify(MESSAGE, &[]), "{algorithm}");
        let twice = [signature.as_slice(), &signature].concat();
        assert!(!verify(MESSAGE, &twice), "{algorithm}");
    }
}

#[test]
fn a_signature_is_good_for_its_own_algorithm_only() {
    for signed in Algorithm::ALL {
        let (key, signature) = sign(signed, MESSAGE);
        for algorithm in Algorithm::ALL {
            let verified = RustVerifier.verify(&key, algorithm, MESSAGE, &signature);
            assert_eq!(verified.unwrap_or(false), algorithm == signed);
        }
    }
}

#[test]
fn rsa_signatures_are_good_whatever_the_number_of_bits_of_the_modulus() {
    for more in 0..8_usize {
        let (half, other_half) = (more / 2, more.div_ceil(2));
        let p = (BigUint::from(3_u8) << (1022 + half)) + OFFSETS_OF_P[half];
        let q = (BigUint::from(7_u8) << (1021 + other_half)) + OFFSETS_OF_Q[other_half];
        let [p, q] = [p, q].map(|prime| BoxedUint::from_be_slice_vartime(&prime.to_bytes_be()));
        let key = rsa_key_of(p, q);
        let n = key.n().to_be_bytes();
        let n = BigUint::from_bytes_be(&n);
        assert_eq!(n.bits(), 2048 + u64::try_from(more).unwrap());
        let jwk = rsa_jwk_of(&n.to_bytes_be());
        let salt = &mut Digests(4);
        for (algorithm, signature) in [
            (Algorithm::Rs256, key.pkcs1v15_sign::<Sha256>(MESSAGE)),
            (
                Algorithm::Ps256,
                key.pss_sign_with_rng::<Sha256, _>(salt, MESSAGE),
            ),
            (
                Algorithm::Ps512,
                key.pss_sign_with_rng::<Sha512, _>(salt, MESSAGE),
            ),
        ] {
            let mut signature = signature.unwrap();
            let verify = |signature: &[u8]| {
                let verified = RustVerifier.verify(&jwk, algorithm, MESSAGE, signature);
                verified.unwrap()
            };
            assert!(verify(&signature), "{algorithm} {more}");
            // The same number modulo n.
            let beyond = (BigUint::from_bytes_be(&signature) + &n).to_bytes_be();
            assert!(!verify(&beyond), "{algorithm} {more}");
            let with_zero = [&[0], signature.as_slice()].concat();
            assert!(!verify(&with_zero), "{algorithm} {more}");
            *signature.last_mut().unwrap() ^= 1;
            assert!(!verify(&signature), "{algorithm} {more}");
        }
    }
}

#[test]
fn an_ecdsa_signature_in_der_is_what_the_curves_crate_writes() {
    let (_, raw) = sign(Algorithm::Es256, MESSAGE);
    let known = p256::ecdsa::Signature::from_slice(&raw).unwrap().to_der();
    assert_eq!(ecdsa_signature_to_der(&raw, 32).unwrap(), known.as_bytes());
    let (_, raw) = sign(Algorithm::Es384, MESSAGE);
    let known = p384::ecdsa::Signature::from_slice(&raw).unwrap().to_der();
    assert_eq!(ecdsa_signature_to_der(&raw, 48).unwrap(), known.as_bytes());
    let (_, raw) = sign(Algorithm::Es512, MESSAGE);
    let known = p521::ecdsa::Signature::from_slice(&raw).unwrap().to_der();
    assert_eq!(ecdsa_signature_to_der(&raw, 66).unwrap(), known.as_bytes());
}

/// A key, and what it makes of `message`.
fn sign(algorithm: Algorithm, message: &[u8]) -> (Jwk, Vec<u8>) {
    match algorithm {
        Algorithm::Rs256 => (
            rsa_jwk(),
            rsa_key().pkcs1v15_sign::<Sha256>(message).unwrap(),
        ),
        Algorithm::Rs384 => (
            rsa_jwk(),
            rsa_key().pkcs1v15_sign::<Sha384>(message).unwrap(),
        ),
        Algorithm::Rs512 => (
            rsa_jwk(),
            rsa_key().pkcs1v15_sign::<Sha512>(message).unwrap(),
        ),
        Algorithm::Ps256 => (
            rsa_jwk(),
            rsa_key()
                .pss_sign_with_rng::<Sha256, _>(&mut Digests(1), message)
                .unwrap(),
        ),
        Algorithm::Ps384 => (
            rsa_jwk(),
            rsa_key()
                .pss_sign_with_rng::<Sha384, _>(&mut Digests(2), message)
                .unwrap(),
        ),
        Algorithm::Ps512 => (
            rsa_jwk(),
            rsa_key()
                .pss_sign_with_rng::<Sha512, _>(&mut Digests(3), message)
                .unwrap(),
        ),
        Algorithm::Es256 => {
            let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
            let point = key.verifying_key().to_sec1_point(false);
            let signature: p256::ecdsa::Signature = key.sign(message);
            (
                ec_jwk("P-256", point.as_bytes()),
                signature.to_bytes().to_vec(),
            )
        }
        Algorithm::Es384 => {
            let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
            let point = key.verifying_key().to_sec1_point(false);
            let signature: p384::ecdsa::Signature = key.sign(message);
            (
                ec_jwk("P-384", point.as_bytes()),
                signature.to_bytes().to_vec(),
            )
        }
        Algorithm::Es512 => {
            let mut scalar = [7; 66];
            scalar[0] = 0;
            let key = p521::ecdsa::SigningKey::from_slice(&scalar).unwrap();
            let point = key.verifying_key().to_sec1_point(false);
            let signature: p521::ecdsa::Signature = key.sign(message);
            (
                ec_jwk("P-521", point.as_bytes()),
                signature.to_bytes().to_vec(),
            )
        }
        Algorithm::Ed25519 => {
            let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
            let x = base64url(key.verifying_key().as_bytes());
            let jwk = jwk(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#));
            (jwk.unwrap(), key.sign(message).to_bytes().to_vec())
        }
        Algorithm::Hs256 => {
            let mac = Hmac::<Sha256>::new_from_slice(&[7; 64]).unwrap();
            (
                hmac_jwk(),
                mac.chain_update(message).finalize().into_bytes().to_vec(),
            )
        }
        Algorithm::Hs384 => {
            let mac = Hmac::<Sha384>::new_from_slice(&[7; 64]).unwrap();
            (
                hmac_jwk(),
                mac.chain_update(message).finalize().into_bytes().to_vec(),
            )
        }
        Algorithm::Hs512 => {
            let mac = Hmac::<Sha512>::new_from_slice(&[7; 64]).unwrap();
            (
                hmac_jwk(),
                mac.chain_update(message).finalize().into_bytes().to_vec(),
            )
        }
    }
}

/// The primes of a key for tests.
const P: &str = "2lzl_5qbBlczS_YyDsgn79yUy8GWF_AYfbmfoGV-X6YUo0kjaIo0dBsR0KHtG1jWX5x7W4z-iMujIJ9GHy_Cw2\
    tx5vSLFKkIjdnt9RfmE-INzlC_2gmhu3MVcl0RX6aPDK5r5LpsYNTl_O1BL9q2yi6Si52bY2Hr8vpBSXTzDPM";
const Q: &str = "yR7y5TB_I00tv9pH4TNGrGV8NCY1SwCCpI0Kg5lo6_OQYJyWrcDGl0LkiQhFng4QP7yEraREJZx1fArnK_qSx6\
    dZx5Nw8EkfNQnAkWn3SFkOGR4wtxq_lKEUcD_Mz-ROhDrrX62K5_Xz2sa6KM0_a5YCieU5Oh2N-C_izUtGIVk";

/// What is added to 3 * 2^1022, 3 * 2^1023 and so on, and to 7 * 2^1021 and so on, to
/// make them primes: each pair has as many bits more than 2048 as the two are doubled.
const OFFSETS_OF_P: [u32; 4] = [1037, 203, 515, 577];
const OFFSETS_OF_Q: [u32; 5] = [309, 2665, 137, 597, 149];

fn rsa_key() -> rsa::PrivateKey {
    let prime = |prime| BoxedUint::from_be_slice_vartime(&bytes(prime));
    rsa_key_of(prime(P), prime(Q))
}

fn rsa_key_of(p: BoxedUint, q: BoxedUint) -> rsa::PrivateKey {
    rsa::PrivateKey::from_p_q(p, q, BoxedUint::from(65537_u64)).unwrap()
}

fn rsa_jwk() -> Jwk {
    rsa_jwk_of(&rsa_key().n().to_be_bytes())
}

fn rsa_jwk_of(n: &[u8]) -> Jwk {
    let n = base64url(n);
    jwk(&format!(r#"{{"kty":"RSA","n":"{n}","e":"AQAB"}}"#)).unwrap()
}

fn ec_jwk(curve: &str, point: &[u8]) -> Jwk {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    let (x, y) = (base64url(x), base64url(y));
    jwk(&format!(
        r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#
    ))
    .unwrap()
}

fn hmac_jwk() -> Jwk {
    jwk(&support::secret("", 7, 64)).unwrap()
}

/// Bytes that look random, the same each time: blinding draws until it likes them.
struct Digests(u64);

impl TryRng for Digests {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            chunk.copy_from_slice(&sha256(&self.0.to_le_bytes())[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Digests {}
