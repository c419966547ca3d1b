//! RSA public keys that were checked.

use std::ops::RangeInclusive;
use std::sync::OnceLock;

use crate::hash::Hash;
use crate::modulus::Modulus;
use crate::{KeyError, roca, rsa_encoding};

/// How many bits a modulus has: RFC 7518 3.3 asks for 2048 at least; longer ones
/// than 8192 cost more than a token may.
const MODULUS_BITS: RangeInclusive<u64> = 2048..=8192;

/// The largest exponent has 33 bits: a larger one is there to cost time.
const EXPONENTS: RangeInclusive<u64> = 3..=0x1_ffff_ffff;

/// An RSA public key that was checked.
#[derive(Clone)]
pub(crate) struct RsaKey {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    /// Made when it is needed first: where the host checks signatures nobody needs
    /// it.
    arithmetic: OnceLock<Option<Modulus>>,
}

impl RsaKey {
    /// A key of its numbers, the most significant byte first and not zero, as
    /// RFC 7518 6.3.1 writes them.
    pub(crate) fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        check_shortest("n", modulus)?;
        check_shortest("e", exponent)?;
        if !MODULUS_BITS.contains(&bits(modulus)) {
            return Err(KeyError::ModulusSize);
        }
        if !is_odd(modulus) {
            return Err(KeyError::ModulusEven);
        }
        if !is_odd(exponent) || !EXPONENTS.contains(&saturating(exponent)) {
            return Err(KeyError::Exponent);
        }
        if roca::has_fingerprint(modulus) {
            return Err(KeyError::Roca);
        }
        Ok(Self {
            modulus: modulus.into(),
            exponent: exponent.into(),
            arithmetic: OnceLock::new(),
        })
    }

    /// The modulus, the most significant byte first and not zero.
    pub(crate) fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The exponent, likewise; at most five bytes.
    pub(crate) fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// Whether RSASSA-PKCS1-v1_5 made the signature of the message (RFC 8017 8.2.2).
    pub(crate) fn verify_pkcs1_v1_5(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.encoded(signature)
            .is_some_and(|encoded| rsa_encoding::is_pkcs1_v1_5(&encoded, hash, message))
    }

    /// Whether RSASSA-PSS made the signature of the message, with a salt as long as
    /// the hash (RFC 8017 8.1.2).
    pub(crate) fn verify_pss(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        self.encoded(signature).is_some_and(|encoded| {
            rsa_encoding::is_pss(&encoded, bits(&self.modulus), hash, message)
        })
    }

    /// What was signed, as long as the modulus; `None` unless the signature is as
    /// long, too, and a smaller number.
    fn encoded(&self, signature: &[u8]) -> Option<Vec<u8>> {
        if signature.len() != self.modulus.len() {
            return None;
        }
        let arithmetic = self.arithmetic.get_or_init(|| Modulus::new(&self.modulus));
        arithmetic
            .as_ref()?
            .power(signature, saturating(&self.exponent))
    }
}

/// RFC 7518 6.3.1.1: as few bytes as the number takes.
fn check_shortest(member: &'static str, number: &[u8]) -> Result<(), KeyError> {
    match number.first() {
        Some(1..) => Ok(()),
        None | Some(0) => Err(KeyError::Malformed {
            member,
            expected: "a positive number without leading zero bytes",
        }),
    }
}

fn bits(number: &[u8]) -> u64 {
    let zeros = number.first().map_or(0, |byte| byte.leading_zeros());
    u64::try_from(number.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(8)
        .saturating_sub(zeros.into())
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte & 1 == 1)
}

/// The number, or the largest one when it is beyond that.
fn saturating(number: &[u8]) -> u64 {
    number.iter().fold(0, |number: u64, byte| {
        number.saturating_mul(256).saturating_add((*byte).into())
    })
}
