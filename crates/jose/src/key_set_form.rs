//! The compiled form of a key set: what workers share.

use std::fmt;

use crate::jwk::MAX_KID_BYTES;
use crate::material::{Curve, Material};
use crate::rsa_key::RsaKey;
use crate::{Algorithm, Jwk, KeyError, KeySet, KeyUse};

/// What the form begins with: its name, and the version of its layout.
///
/// The number of keys follows, two bytes; then each key: its kind, its `use`, its
/// algorithm or 0 for all that it can be used for, the length of its `kid` in two
/// bytes or `NO_KID`, the `kid`, and its numbers: for RSA the modulus and the
/// exponent, each behind its length in two bytes, for a curve what it takes.
/// Numbers of two bytes have the less significant one first.
const HEADER: &[u8] = b"gatepost jwks 1\n";

const NO_KID: u16 = u16::MAX;

/// Why bytes are no compiled key set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeySetFormError {
    /// They begin with something else, or are of another version.
    Header,
    /// They end early or late, or hold what was never written.
    Malformed,
    /// A key is not what it was when it was written.
    Key(KeyError),
}

impl fmt::Display for KeySetFormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("expected a compiled key set of this version"),
            Self::Malformed => f.write_str("the compiled key set is damaged"),
            Self::Key(error) => write!(f, "the compiled key set is damaged: {error}"),
        }
    }
}

impl std::error::Error for KeySetFormError {}

impl KeySet {
    /// The set in bytes, for [`decode`](Self::decode). Secrets are left out: what
    /// is shared can be read by strangers.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let keys: Vec<Vec<u8>> = self.keys().filter_map(encode_key).collect();
        let mut form = HEADER.to_vec();
        // A set that was read has at most `MAX_KEYS`.
        form.extend(u16::try_from(keys.len()).unwrap_or(u16::MAX).to_le_bytes());
        form.extend(keys.concat());
        form
    }

    /// The set of what [`encode`](Self::encode) made. Every check that a key of a
    /// document goes through is made again, for the bytes may be a stranger's.
    ///
    /// # Errors
    /// [`encode`](Self::encode) made no such bytes, or they hold more than
    /// [`MAX_KEYS`](Self::MAX_KEYS).
    pub fn decode(form: &[u8]) -> Result<Self, KeySetFormError> {
        let rest = form.strip_prefix(HEADER).ok_or(KeySetFormError::Header)?;
        let mut reader = Reader { rest };
        let count = usize::from(reader.number()?);
        if count > Self::MAX_KEYS {
            return Err(KeySetFormError::Malformed);
        }
        let keys = (0..count)
            .map(|_| decode_key(&mut reader))
            .collect::<Result<Self, _>>()?;
        if reader.rest.is_empty() {
            Ok(keys)
        } else {
            Err(KeySetFormError::Malformed)
        }
    }
}

/// The kinds of keys.
mod kind {
    pub(super) const RSA: u8 = 1;
    pub(super) const P256: u8 = 2;
    pub(super) const P384: u8 = 3;
    pub(super) const P521: u8 = 4;
    pub(super) const ED25519: u8 = 5;
}

/// `None` for a secret.
fn encode_key(key: &Jwk) -> Option<Vec<u8>> {
    let (kind, material) = match key.material() {
        Material::Rsa(key) => (
            kind::RSA,
            [with_length(key.modulus())?, with_length(key.exponent())?].concat(),
        ),
        Material::P256(_) => (kind::P256, key.material().coordinates()?.1),
        Material::P384(_) => (kind::P384, key.material().coordinates()?.1),
        Material::P521(_) => (kind::P521, key.material().coordinates()?.1),
        Material::Ed25519(key) => (kind::ED25519, key.as_bytes().to_vec()),
        Material::Secret(_) => return None,
    };
    let mut form = vec![kind, use_code(key.key_use()), algorithm_code(key)];
    match key.kid() {
        None => form.extend(NO_KID.to_le_bytes()),
        Some(kid) => form.extend(with_length(kid.as_bytes())?),
    }
    form.extend(material);
    Some(form)
}

fn with_length(bytes: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(bytes.len()).ok()?;
    Some([&len.to_le_bytes(), bytes].concat())
}

fn decode_key(reader: &mut Reader<'_>) -> Result<Jwk, KeySetFormError> {
    let [kind, key_use, algorithm] = *reader.array()?;
    let key_use = use_of_code(key_use).ok_or(KeySetFormError::Malformed)?;
    let algorithm = match algorithm {
        0 => None,
        code => Some(algorithm_of_code(code).ok_or(KeySetFormError::Malformed)?),
    };
    let kid = match reader.number()? {
        NO_KID => None,
        len if usize::from(len) > MAX_KID_BYTES => return Err(KeySetFormError::Malformed),
        len => {
            let kid = str::from_utf8(reader.take(len.into())?);
            Some(kid.map_err(|_| KeySetFormError::Malformed)?.to_owned())
        }
    };
    let material = match kind {
        kind::RSA => {
            let (modulus, exponent) = (reader.with_length()?, reader.with_length()?);
            RsaKey::new(modulus, exponent).map(|key| Material::Rsa(Box::new(key)))
        }
        kind::P256 => reader.coordinates(Curve::P256)?,
        kind::P384 => reader.coordinates(Curve::P384)?,
        kind::P521 => reader.coordinates(Curve::P521)?,
        kind::ED25519 => Material::ed25519(reader.take(32)?),
        _ => return Err(KeySetFormError::Malformed),
    };
    material
        .and_then(|material| Jwk::new(kid, material, algorithm, key_use))
        .map_err(KeySetFormError::Key)
}

fn use_code(key_use: KeyUse) -> u8 {
    match key_use {
        KeyUse::Unstated => 0,
        KeyUse::Signatures => 1,
        KeyUse::JwtSvid => 2,
    }
}

fn use_of_code(code: u8) -> Option<KeyUse> {
    [KeyUse::Unstated, KeyUse::Signatures, KeyUse::JwtSvid]
        .into_iter()
        .find(|key_use| use_code(*key_use) == code)
}

/// 0 when `alg` was not given.
fn algorithm_code(key: &Jwk) -> u8 {
    if key.algorithms() == key.material().algorithms() {
        return 0;
    }
    key.algorithms().iter().next().map_or(0, code_of)
}

fn code_of(algorithm: Algorithm) -> u8 {
    match algorithm {
        Algorithm::Rs256 => 1,
        Algorithm::Rs384 => 2,
        Algorithm::Rs512 => 3,
        Algorithm::Ps256 => 4,
        Algorithm::Ps384 => 5,
        Algorithm::Ps512 => 6,
        // Keys of these have no choice of algorithms.
        Algorithm::Es256
        | Algorithm::Es384
        | Algorithm::Es512
        | Algorithm::Ed25519
        | Algorithm::Hs256
        | Algorithm::Hs384
        | Algorithm::Hs512 => 0,
    }
}

fn algorithm_of_code(code: u8) -> Option<Algorithm> {
    Algorithm::ALL
        .into_iter()
        .find(|algorithm| code_of(*algorithm) == code)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], KeySetFormError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(KeySetFormError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], KeySetFormError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(KeySetFormError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u16, KeySetFormError> {
        Ok(u16::from_le_bytes(*self.array()?))
    }

    fn with_length(&mut self) -> Result<&'a [u8], KeySetFormError> {
        let len = self.number()?;
        self.take(len.into())
    }

    fn coordinates(&mut self, curve: Curve) -> Result<Result<Material, KeyError>, KeySetFormError> {
        let (x, y) = (
            self.take(curve.coordinate_len())?,
            self.take(curve.coordinate_len())?,
        );
        Ok(Material::from_coordinates(curve, x, y))
    }
}
