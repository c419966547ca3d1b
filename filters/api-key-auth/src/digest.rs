//! Digests of keys: what a document knows of a key, and what is made of the one
//! that a client presents.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The longest key, in bytes: hashing is bounded.
pub const LONGEST_KEY: usize = 512;
/// The shortest secret of HMAC, in bytes: as long as the hash (RFC 2104 3).
pub const SHORTEST_SECRET: usize = 32;

const SHA256: &str = "sha256:";
const HMAC_SHA256: &str = "hmac-sha256:";

/// How a digest is made of a key.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// `sha256:`, of the key's bytes and nothing else.
    Sha256 = 0,
    /// `hmac-sha256:`, the same with a secret, without which nobody who reads the
    /// digest can try out keys.
    HmacSha256 = 1,
}

/// The digest of a key, with its algorithm in front: ordered by both.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub struct KeyDigest([u8; Self::BYTES]);

impl KeyDigest {
    pub(crate) const BYTES: usize = 33;

    /// Reads `sha256:` or `hmac-sha256:`, and 32 bytes behind it in hexadecimal or in
    /// url-safe base64 without padding (RFC 4648 5).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, digest) = match text.strip_prefix(HMAC_SHA256) {
            Some(digest) => (Algorithm::HmacSha256, digest),
            None => (Algorithm::Sha256, text.strip_prefix(SHA256)?),
        };
        let bytes = match digest.len() {
            64 => from_hex(digest.as_bytes())?,
            43 => URL_SAFE_NO_PAD.decode(digest).ok()?.try_into().ok()?,
            _ => return None,
        };
        Some(Self::new(algorithm, bytes))
    }

    fn new(algorithm: Algorithm, bytes: [u8; 32]) -> Self {
        let mut tagged = [0; Self::BYTES];
        if let Some((first, rest)) = tagged.split_first_mut() {
            *first = algorithm as u8;
            rest.copy_from_slice(&bytes);
        }
        Self(tagged)
    }

    /// From what [`as_bytes`](Self::as_bytes) gave.
    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        matches!(bytes.first(), Some(0 | 1)).then_some(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// How it is made.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.0.first() {
            Some(1) => Algorithm::HmacSha256,
            _ => Algorithm::Sha256,
        }
    }

    /// Whether both are one, told in a time that does not hang on where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// As a document has it; only the tool that makes entries writes it.
impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.algorithm() {
            Algorithm::Sha256 => SHA256,
            Algorithm::HmacSha256 => HMAC_SHA256,
        })?;
        self.0
            .iter()
            .skip(1)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Its algorithm: the digest stays out of logs.
impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyDigest({:?})", self.algorithm())
    }
}

/// Makes digests of keys.
#[derive(Clone, Default)]
pub struct Hasher {
    /// With the secret taken in.
    hmac: Option<Hmac<Sha256>>,
}

impl Hasher {
    /// With the secret of HMAC; `None` when that is shorter than [`SHORTEST_SECRET`].
    #[must_use]
    pub fn with_secret(secret: &[u8]) -> Option<Self> {
        let hmac = Hmac::new_from_slice(secret).ok()?;
        (secret.len() >= SHORTEST_SECRET).then_some(Self { hmac: Some(hmac) })
    }

    /// Whether there is a secret.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        self.hmac.is_some()
    }

    /// The digests of a key, as keys may be known by: hashed here and nowhere else.
    #[must_use]
    pub fn present(&self, key: &[u8]) -> Presented {
        Presented([Algorithm::Sha256, Algorithm::HmacSha256].map(|kind| self.digest(kind, key)))
    }

    /// The digest of a key; nothing for HMAC without a secret.
    #[must_use]
    pub fn digest(&self, algorithm: Algorithm, key: &[u8]) -> Option<KeyDigest> {
        let bytes: [u8; 32] = match algorithm {
            Algorithm::Sha256 => Sha256::digest(key).into(),
            Algorithm::HmacSha256 => {
                let mut hmac = self.hmac.clone()?;
                hmac.update(key);
                hmac.finalize().into_bytes().into()
            }
        };
        Some(KeyDigest::new(algorithm, bytes))
    }
}

/// The digests of a key that somebody presents: one for each algorithm.
pub struct Presented(pub(crate) [Option<KeyDigest>; 2]);

/// Whether there is a secret, and no more.
impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("has_secret", &self.has_secret())
            .finish_non_exhaustive()
    }
}

fn from_hex(digits: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, _) = digits.as_chunks::<2>();
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from((nibble(*high)? << 4) | nibble(*low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc` (FIPS 180-4, the examples of NIST).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// The same in base64.
    const ABC_BASE64: &str = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

    #[test]
    fn a_digest_is_read_in_hexadecimal_and_in_base64() {
        let digest = Hasher::default().digest(Algorithm::Sha256, b"abc");
        for text in [ABC, &ABC.to_uppercase(), ABC_BASE64] {
            assert_eq!(
                KeyDigest::parse(&format!("sha256:{text}")),
                digest,
                "{text}"
            );
        }
        assert_eq!(digest.unwrap().to_string(), format!("sha256:{ABC}"));
        let hmac = KeyDigest::parse(&format!("hmac-sha256:{ABC}"));
        assert_ne!(hmac, digest);
        assert_eq!(hmac.unwrap().to_string(), format!("hmac-sha256:{ABC}"));
    }

    #[test]
    fn any_other_text_is_no_digest() {
        for text in [
            "",
            ABC,
            "sha256:",
            "sha256:abc",
            "SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha256: a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
            // Padding, the other alphabet, and bits that no encoder sets.
            "sha256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=",
            "sha256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
            "sha256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1",
        ] {
            assert_eq!(KeyDigest::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        // Test case 6: those before it have shorter secrets than are taken here.
        let hasher = Hasher::with_secret(&[0xaa; 131]).unwrap();
        let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let digest = hasher.digest(Algorithm::HmacSha256, message).unwrap();
        assert_eq!(
            digest.to_string(),
            "hmac-sha256:60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_secret_is_as_long_as_the_hash() {
        assert!(Hasher::with_secret(&[1; 31]).is_none());
        assert!(Hasher::with_secret(&[1; 32]).is_some());
        assert_eq!(
            Hasher::default().digest(Algorithm::HmacSha256, b"abc"),
            None
        );
    }

    #[test]
    fn nothing_of_a_digest_or_a_secret_is_shown() {
        let digest = KeyDigest::parse(&format!("sha256:{ABC}")).unwrap();
        assert_eq!(format!("{digest:?}"), "KeyDigest(Sha256)");
        let hasher = Hasher::with_secret(&[1; 32]).unwrap();
        assert_eq!(format!("{hasher:?}"), "Hasher { has_secret: true, .. }");
    }
}
