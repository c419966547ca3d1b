//! Why a key is not used.

use std::fmt;

/// Why a key is not used. No variant holds anything of the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyError {
    /// It is no JSON object (RFC 7517 4).
    NotAnObject,
    /// A member is missing.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member is not what it has to be.
    Malformed {
        /// Its name.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// `kty` is none of `RSA`, `EC`, `OKP` and `oct`.
    UnknownKeyType,
    /// `crv` is no curve that is known for its `kty`.
    UnknownCurve,
    /// `alg` is no signature algorithm that is known.
    UnknownAlgorithm,
    /// `alg` is not for this type of key, this curve, or a secret this short.
    WrongAlgorithm,
    /// `use` is there, and neither `sig` nor `jwt-svid`.
    NotForSignatures,
    /// `key_ops` is there without `verify`, has an operation twice, or
    /// contradicts `use` (RFC 7517 4.3).
    KeyOps,
    /// The private part of a key pair is there: whoever read it can sign.
    PrivateKey,
    /// The RSA modulus has fewer than 2048 or more than 8192 bits.
    ModulusSize,
    /// The RSA modulus is even.
    ModulusEven,
    /// The RSA exponent is even, below 3 or above 2^33 - 1.
    Exponent,
    /// The RSA modulus has the fingerprint of the flaw ROCA (CVE-2017-15361):
    /// its private key can be computed.
    Roca,
    /// The coordinates are no point of the curve, in the only form that it has.
    NotOnCurve,
    /// The Ed25519 point is of small order: signatures for it can be made up.
    SmallOrder,
    /// The secret is shorter than the hash of every algorithm that it could be
    /// for (RFC 7518 3.2).
    SecretTooShort,
    /// A secret in a set with keys of other types: such a set is published.
    SecretAmongPublicKeys,
    /// A secret whose `kid` another one of the set has, too.
    SecretSharesKid,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("expected a JSON object"),
            Self::Missing { member } => write!(f, "`{member}` is missing"),
            Self::Malformed { member, expected } => {
                write!(f, "`{member}`: expected {expected}")
            }
            Self::UnknownKeyType => f.write_str("`kty`: expected RSA, EC, OKP or oct"),
            Self::UnknownCurve => f.write_str(
                "`crv`: expected P-256, P-384 or P-521 for EC, and Ed25519 for OKP",
            ),
            Self::UnknownAlgorithm => f.write_str("`alg` is no known signature algorithm"),
            Self::WrongAlgorithm => f.write_str("`alg` is not for this type and size of key"),
            Self::NotForSignatures => f.write_str("`use`: expected sig or jwt-svid"),
            Self::KeyOps => {
                f.write_str("`key_ops`: expected verify, each operation once, and what `use` says")
            }
            Self::PrivateKey => f.write_str(
                "the private part of the key is published, so anybody can sign with it: replace it",
            ),
            Self::ModulusSize => f.write_str("expected an RSA modulus of 2048 to 8192 bits"),
            Self::ModulusEven => f.write_str("expected an odd RSA modulus"),
            Self::Exponent => f.write_str("expected an odd RSA exponent from 3 to 2^33 - 1"),
            Self::Roca => {
                f.write_str("the RSA key was made by a flawed generator (ROCA): replace it")
            }
            Self::NotOnCurve => f.write_str("the coordinates are no point of the curve"),
            Self::SmallOrder => f.write_str("the Ed25519 point is of small order"),
            Self::SecretTooShort => f.write_str(
                "expected a secret as long as the hash: 32 bytes for HS256, 48 for HS384, 64 for HS512",
            ),
            Self::SecretAmongPublicKeys => {
                f.write_str("a secret in a set with public keys is no secret")
            }
            Self::SecretSharesKid => f.write_str("another secret of the set has the same `kid`"),
        }
    }
}

impl std::error::Error for KeyError {}
