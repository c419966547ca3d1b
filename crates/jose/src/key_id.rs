//! The name of a key that follows from the key: its thumbprint.

use std::fmt;

use crate::material::Material;
use crate::{base64url, sha256};

/// A key's SHA-256 thumbprint (RFC 7638 3, RFC 8037 2): equal for equal keys,
/// whatever `kid`, `alg` or `use` say.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct KeyId([u8; 32]);

impl KeyId {
    pub(crate) fn of(material: &Material) -> Self {
        Self(sha256(required_members(material).as_bytes()))
    }

    /// The name with this digest, which somebody has kept.
    #[must_use]
    pub fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest in base64url, as RFC 7638 writes it. Not for keys that are
    /// secrets: whoever knows a digest can try guesses (RFC 7638 7).
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url::encode(&self.0)
    }
}

/// Shows nothing: the key may be a secret.
impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyId(..)")
    }
}

/// The members that make up the key, in lexicographic order (RFC 7638 3.2).
fn required_members(material: &Material) -> String {
    let text = |bytes: &[u8]| base64url::encode(bytes);
    match material {
        Material::Rsa(key) => format!(
            r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
            text(key.exponent()),
            text(key.modulus())
        ),
        Material::Ed25519(key) => format!(
            r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
            text(key.as_bytes())
        ),
        Material::Secret(secret) => {
            format!(r#"{{"k":"{}","kty":"oct"}}"#, text(secret.bytes()))
        }
        Material::P256(_) | Material::P384(_) | Material::P521(_) => {
            let Some((curve, coordinates)) = material.coordinates() else {
                return String::new();
            };
            let (x, y) = coordinates
                .split_at_checked(curve.coordinate_len())
                .unwrap_or_default();
            format!(
                r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                curve.name(),
                text(x),
                text(y)
            )
        }
    }
}
