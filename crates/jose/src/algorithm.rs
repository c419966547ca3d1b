//! Signature algorithms, by the names that tokens and keys give them.

use std::fmt;

/// A signature algorithm: RFC 7518 3.1, RFC 9864.
///
/// There is no `none`, and nothing that is not listed here is ever tried.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
    Ps256,
    /// RSASSA-PSS with SHA-384, MGF1 with SHA-384, a salt of 48 bytes.
    Ps384,
    /// RSASSA-PSS with SHA-512, MGF1 with SHA-512, a salt of 64 bytes.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519 (RFC 8032), which tokens call `Ed25519` (RFC 9864) or `EdDSA`
    /// (RFC 8037).
    Ed25519,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl Algorithm {
    /// Every algorithm, in the order in which they are declared.
    pub const ALL: [Self; 13] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Ed25519,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The algorithm that an `alg` member names; `None` for any other text.
    /// Names are case-sensitive (RFC 7515 4.1.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "EdDSA" {
            return Some(Self::Ed25519);
        }
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    /// The registered name; for [`Ed25519`](Self::Ed25519) the one of RFC 9864.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Ed25519 => "Ed25519",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// Whether the key that checks a signature can also make one: HMAC.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// What Envoy's `verify_signature` calls the hash, for the algorithms that it
    /// can check: RSASSA-PKCS1-v1_5 and ECDSA. It always takes an RSA key for
    /// PKCS1-v1_5, and refuses every Ed25519 key.
    #[must_use]
    pub fn host_hash(self) -> Option<&'static str> {
        match self {
            Self::Rs256 | Self::Es256 => Some("sha256"),
            Self::Rs384 | Self::Es384 => Some("sha384"),
            Self::Rs512 | Self::Es512 => Some("sha512"),
            Self::Ps256
            | Self::Ps384
            | Self::Ps512
            | Self::Ed25519
            | Self::Hs256
            | Self::Hs384
            | Self::Hs512 => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which algorithms a token may be signed with. A set that nobody filled is
/// empty and allows nothing.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct AlgorithmSet {
    /// One bit an algorithm.
    bits: u16,
}

impl AlgorithmSet {
    /// Every algorithm but HMAC: what is allowed where nothing is said. HMAC
    /// stays out, so that no published key is ever taken for a secret.
    #[must_use]
    pub fn default_asymmetric() -> Self {
        Algorithm::ALL
            .into_iter()
            .filter(|algorithm| !algorithm.is_symmetric())
            .collect()
    }

    /// Whether `algorithm` is in the set.
    #[must_use]
    pub fn contains(self, algorithm: Algorithm) -> bool {
        self.bits & bit(algorithm) != 0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// The algorithms of the set, in the order in which they are declared.
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        Algorithm::ALL
            .into_iter()
            .filter(move |algorithm| self.contains(*algorithm))
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<T: IntoIterator<Item = Algorithm>>(algorithms: T) -> Self {
        let bits = algorithms
            .into_iter()
            .fold(0, |bits, algorithm| bits | bit(algorithm));
        Self { bits }
    }
}

impl fmt::Debug for AlgorithmSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

fn bit(algorithm: Algorithm) -> u16 {
    // Thirteen algorithms: the shift stays within the sixteen bits.
    1_u16.unbounded_shl(algorithm as u32)
}
