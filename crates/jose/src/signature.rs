//! Checking signatures: in Rust, or by whatever else does it.

use std::fmt;

use ed25519_dalek::Signature as Ed25519Signature;
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::Verifier as _;
use sha2::{Sha256, Sha384, Sha512};

use crate::hash::Hash;
use crate::material::Material;
use crate::rsa_key::RsaKey;
use crate::{Algorithm, Jwk};

/// Checks signatures.
///
/// [`RustVerifier`] does it here; a proxy that offers a faster way is another.
pub trait VerifySignature {
    /// Whether `signature` is what `algorithm` makes of `message` with the
    /// private counterpart of `key`. The signature is in the form that JOSE
    /// gives it (RFC 7518 3): one of another length is false, never an error.
    ///
    /// # Errors
    /// The key does not allow the algorithm, or nobody could tell; the caller
    /// denies, for it is not known that the signature is good.
    fn verify(
        &self,
        key: &Jwk,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureError>;
}

/// Why it is not known whether a signature is good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignatureError {
    /// The key's type, curve, `alg`, `use` or `key_ops` does not allow the
    /// algorithm: the caller chose the wrong key.
    KeyNotForAlgorithm,
    /// Whoever was to check it did not answer.
    Unavailable,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyNotForAlgorithm => "the key is not for this algorithm",
            Self::Unavailable => "nobody could check the signature",
        })
    }
}

impl std::error::Error for SignatureError {}

/// Checks signatures of every algorithm in Rust.
///
/// RSASSA-PKCS1-v1_5 compares the whole encoded message; RSASSA-PSS takes a salt
/// as long as the hash and no other (RFC 7518 3.5); ECDSA takes `r` and `s` from
/// 1 to n - 1, in the upper half, too; Ed25519 takes no point of small order and
/// no number that is not reduced; HMAC compares in constant time.
#[derive(Clone, Copy, Debug, Default)]
pub struct RustVerifier;

impl VerifySignature for RustVerifier {
    fn verify(
        &self,
        key: &Jwk,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureError> {
        if !key.allows(algorithm) {
            return Err(SignatureError::KeyNotForAlgorithm);
        }
        Ok(match (key.material(), algorithm) {
            (Material::Rsa(key), _) => verify_rsa(key, algorithm, message, signature)?,
            (Material::P256(key), Algorithm::Es256) => {
                p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Material::P384(key), Algorithm::Es384) => {
                p384::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Material::P521(key), Algorithm::Es512) => {
                p521::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            (Material::Ed25519(key), Algorithm::Ed25519) => Ed25519Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            (Material::Secret(secret), _) => {
                verify_hmac(secret.bytes(), algorithm, message, signature)?
            }
            _ => return Err(SignatureError::KeyNotForAlgorithm),
        })
    }
}

fn verify_rsa(
    key: &RsaKey,
    algorithm: Algorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, SignatureError> {
    Ok(match algorithm {
        Algorithm::Rs256 => key.verify_pkcs1_v1_5(Hash::Sha256, message, signature),
        Algorithm::Rs384 => key.verify_pkcs1_v1_5(Hash::Sha384, message, signature),
        Algorithm::Rs512 => key.verify_pkcs1_v1_5(Hash::Sha512, message, signature),
        Algorithm::Ps256 => key.verify_pss(Hash::Sha256, message, signature),
        Algorithm::Ps384 => key.verify_pss(Hash::Sha384, message, signature),
        Algorithm::Ps512 => key.verify_pss(Hash::Sha512, message, signature),
        _ => return Err(SignatureError::KeyNotForAlgorithm),
    })
}

fn verify_hmac(
    secret: &[u8],
    algorithm: Algorithm,
    message: &[u8],
    tag: &[u8],
) -> Result<bool, SignatureError> {
    Ok(match algorithm {
        Algorithm::Hs256 => Hmac::<Sha256>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok()),
        Algorithm::Hs384 => Hmac::<Sha384>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok()),
        Algorithm::Hs512 => Hmac::<Sha512>::new_from_slice(secret)
            .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok()),
        _ => return Err(SignatureError::KeyNotForAlgorithm),
    })
}
