//! Key material that was checked when it was made.

use p256::ecdsa::VerifyingKey as P256Key;
use p256::elliptic_curve::point::AffineCoordinates;
use p384::ecdsa::VerifyingKey as P384Key;
use p521::ecdsa::VerifyingKey as P521Key;

use crate::rsa_key::RsaKey;
use crate::{Algorithm, AlgorithmSet, KeyError, der};

/// What signatures are checked with.
#[derive(Clone)]
pub(crate) enum Material {
    Rsa(Box<RsaKey>),
    P256(P256Key),
    P384(P384Key),
    P521(P521Key),
    Ed25519(ed25519_dalek::VerifyingKey),
    /// For HMAC.
    Secret(Secret),
}

/// The curves of ECDSA keys (RFC 7518 6.2.1.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// A secret, which nothing shows.
#[derive(Clone)]
pub(crate) struct Secret(Box<[u8]>);

impl Material {
    /// An elliptic curve key of its coordinates, each as long as the curve has
    /// it (RFC 7518 6.2.1.2).
    pub(crate) fn from_coordinates(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        for (member, coordinate) in [("x", x), ("y", y)] {
            if coordinate.len() != curve.coordinate_len() {
                return Err(KeyError::Malformed {
                    member,
                    expected: curve.expected_coordinate(),
                });
            }
        }
        // Not by way of SEC 1's encodings: to read them all takes square roots.
        match curve {
            Curve::P256 => point(x, y)
                .and_then(|point| P256Key::from_affine(point).ok())
                .map(Self::P256),
            Curve::P384 => point(x, y)
                .and_then(|point| P384Key::from_affine(point).ok())
                .map(Self::P384),
            Curve::P521 => point(x, y)
                .and_then(|point| P521Key::from_affine(point).ok())
                .map(Self::P521),
        }
        .ok_or(KeyError::NotOnCurve)
    }

    /// An Ed25519 key of its encoded point (RFC 8032 5.1.5): the one encoding
    /// that the point has, and of large order.
    pub(crate) fn ed25519(encoded: &[u8]) -> Result<Self, KeyError> {
        let encoded: &[u8; 32] = encoded.try_into().map_err(|_| KeyError::Malformed {
            member: "x",
            expected: "32 bytes",
        })?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(encoded).map_err(|_| KeyError::NotOnCurve)?;
        if key.to_edwards().compress().as_bytes() != encoded {
            return Err(KeyError::NotOnCurve);
        }
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self::Ed25519(key))
    }

    /// A secret that is long enough for one algorithm at least.
    pub(crate) fn secret(secret: &[u8]) -> Result<Self, KeyError> {
        let material = Self::Secret(Secret(secret.into()));
        if material.algorithms().is_empty() {
            return Err(KeyError::SecretTooShort);
        }
        Ok(material)
    }

    /// What keys of this type, curve and size can be used for.
    pub(crate) fn algorithms(&self) -> AlgorithmSet {
        use Algorithm::*;
        match self {
            Self::Rsa(_) => [Rs256, Rs384, Rs512, Ps256, Ps384, Ps512]
                .into_iter()
                .collect(),
            Self::P256(_) => [Es256].into_iter().collect(),
            Self::P384(_) => [Es384].into_iter().collect(),
            Self::P521(_) => [Es512].into_iter().collect(),
            Self::Ed25519(_) => [Ed25519].into_iter().collect(),
            // RFC 7518 3.2: at least as long as the hash.
            Self::Secret(secret) => [(Hs256, 32), (Hs384, 48), (Hs512, 64)]
                .into_iter()
                .filter(|(_, len)| secret.bytes().len() >= *len)
                .map(|(algorithm, _)| algorithm)
                .collect(),
        }
    }

    /// The curve and the coordinates, one after the other, of an ECDSA key.
    pub(crate) fn coordinates(&self) -> Option<(Curve, Vec<u8>)> {
        let (curve, point) = self.point()?;
        Some((curve, point.get(1..)?.to_vec()))
    }

    /// The key as `SubjectPublicKeyInfo`; nothing of a secret.
    pub(crate) fn spki_der(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => der::rsa_spki(key.modulus(), key.exponent()),
            Self::Ed25519(key) => der::ed25519_spki(key.as_bytes()),
            Self::P256(_) | Self::P384(_) | Self::P521(_) => self
                .point()
                .map(|(curve, point)| der::ec_spki(curve.object_identifier(), &point))
                .unwrap_or_default(),
            Self::Secret(_) => Vec::new(),
        }
    }

    /// The curve and the uncompressed point of an ECDSA key.
    fn point(&self) -> Option<(Curve, Vec<u8>)> {
        match self {
            Self::P256(key) => Some((Curve::P256, key.to_sec1_point(false).as_bytes().into())),
            Self::P384(key) => Some((Curve::P384, key.to_sec1_point(false).as_bytes().into())),
            Self::P521(key) => Some((Curve::P521, key.to_sec1_point(false).as_bytes().into())),
            Self::Rsa(_) | Self::Ed25519(_) | Self::Secret(_) => None,
        }
    }
}

/// The point of these coordinates, if it is on its curve.
fn point<P: AffineCoordinates>(x: &[u8], y: &[u8]) -> Option<P>
where
    for<'a> &'a P::FieldRepr: TryFrom<&'a [u8]>,
{
    let (x, y) = (x.try_into().ok()?, y.try_into().ok()?);
    P::from_coordinates(x, y).into_option()
}

impl Curve {
    pub(crate) const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// What `crv` calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// How long a coordinate is, in bytes.
    pub(crate) fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn expected_coordinate(self) -> &'static str {
        match self {
            Self::P256 => "32 bytes",
            Self::P384 => "48 bytes",
            Self::P521 => "66 bytes",
        }
    }

    /// The content octets of the named curve (RFC 5480 2.1.1.1).
    fn object_identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x2a\x86\x48\xce\x3d\x03\x01\x07",
            Self::P384 => b"\x2b\x81\x04\x00\x22",
            Self::P521 => b"\x2b\x81\x04\x00\x23",
        }
    }
}

impl Secret {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
