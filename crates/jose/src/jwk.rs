//! One JSON Web Key (RFC 7517): read, checked, and bound to its algorithms.

use std::collections::BTreeSet;
use std::fmt;

use gatepost_json::Value;

use crate::material::{Curve, Material};
use crate::rsa_key::RsaKey;
use crate::{Algorithm, AlgorithmSet, KeyError, KeyId, base64url};

/// The longest `kid`, in bytes.
pub(crate) const MAX_KID_BYTES: usize = 1024;

/// A key that signatures can be checked with. Whatever is wrong with a key is
/// found when it is made: RSA keys have 2048 to 8192 bits and an odd exponent
/// from 3 to 2^33 - 1, points are on their curve, secrets are as long as the hash.
#[derive(Clone)]
pub struct Jwk {
    kid: Option<String>,
    material: Material,
    /// What type, curve, size and `alg` allow, all of them together.
    algorithms: AlgorithmSet,
    key_use: KeyUse,
    id: KeyId,
    spki_der: Vec<u8>,
}

/// What `use` says (RFC 7517 4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// Nothing.
    Unstated,
    /// `sig`
    Signatures,
    /// `jwt-svid`: a key of a SPIFFE bundle, for JWT-SVIDs (SPIFFE Trust Domain
    /// and Bundle 4.2.1).
    JwtSvid,
}

impl Jwk {
    /// Reads a key. Members that are not known are ignored, and so are `x5c`,
    /// `x5t` and `x5u`: a certificate that comes with a key says nothing more
    /// about it.
    ///
    /// # Errors
    /// The key cannot be used, see [`KeyError`].
    pub fn parse(jwk: &Value) -> Result<Self, KeyError> {
        if jwk.as_object().is_none() {
            return Err(KeyError::NotAnObject);
        }
        let key_type = text(jwk, "kty")?.ok_or(KeyError::Missing { member: "kty" })?;
        check_public(jwk, key_type)?;
        let kid = text(jwk, "kid")?;
        if kid.is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
            return Err(KeyError::Malformed {
                member: "kid",
                expected: "at most 1024 bytes",
            });
        }
        let key_use = parse_use(jwk)?;
        check_operations(jwk, key_use)?;
        let algorithm = match text(jwk, "alg")? {
            None => None,
            Some(name) => Some(Algorithm::from_name(name).ok_or(KeyError::UnknownAlgorithm)?),
        };
        let material = parse_material(jwk, key_type)?;
        Self::new(kid.map(str::to_owned), material, algorithm, key_use)
    }

    /// A secret for HMAC, from elsewhere than a key set.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] when it is shorter than the hash of the
    /// algorithm (RFC 7518 3.2); [`KeyError::WrongAlgorithm`] when the algorithm
    /// is not HMAC.
    pub fn from_secret(
        kid: Option<String>,
        secret: &[u8],
        algorithm: Algorithm,
    ) -> Result<Self, KeyError> {
        if !algorithm.is_symmetric() {
            return Err(KeyError::WrongAlgorithm);
        }
        let material = Material::secret(secret)?;
        if !material.algorithms().contains(algorithm) {
            return Err(KeyError::SecretTooShort);
        }
        Self::new(kid, material, Some(algorithm), KeyUse::Signatures)
    }

    /// The name that its set gives it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The name that follows from the key itself.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Whether signatures of `algorithm` may be checked with the key: its type,
    /// its curve or size, and its `alg` if it has one, all allow it.
    #[must_use]
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(algorithm)
    }

    /// The algorithms that it [`allows`](Self::allows): at least one.
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        self.algorithms
    }

    /// What `use` says.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// Whether the key is a secret, for HMAC.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        matches!(self.material, Material::Secret(_))
    }

    /// The key as a `SubjectPublicKeyInfo` in DER (RFC 5280 4.1.2.7), which is
    /// what hosts take; empty for a secret.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// How many bytes each half of an ECDSA signature by this key has; `None`
    /// for other keys. For [`ecdsa_signature_to_der`](crate::ecdsa_signature_to_der).
    #[must_use]
    pub fn ecdsa_coordinate_len(&self) -> Option<usize> {
        let curve = match &self.material {
            Material::P256(_) => Curve::P256,
            Material::P384(_) => Curve::P384,
            Material::P521(_) => Curve::P521,
            Material::Rsa(_) | Material::Ed25519(_) | Material::Secret(_) => return None,
        };
        Some(curve.coordinate_len())
    }

    pub(crate) fn new(
        kid: Option<String>,
        material: Material,
        algorithm: Option<Algorithm>,
        key_use: KeyUse,
    ) -> Result<Self, KeyError> {
        let possible = material.algorithms();
        let algorithms = match algorithm {
            None => possible,
            Some(algorithm) if possible.contains(algorithm) => [algorithm].into_iter().collect(),
            Some(_) => return Err(KeyError::WrongAlgorithm),
        };
        Ok(Self {
            kid,
            id: KeyId::of(&material),
            spki_der: material.spki_der(),
            material,
            algorithms,
            key_use,
        })
    }

    pub(crate) fn material(&self) -> &Material {
        &self.material
    }
}

/// Shows nothing of the key itself, which may be a secret.
impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kid", &self.kid)
            .field("algorithms", &self.algorithms)
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}

/// A key pair whose private part is published is everybody's.
fn check_public(jwk: &Value, key_type: &str) -> Result<(), KeyError> {
    let private: &[&str] = match key_type {
        // RFC 7518 6.3.2.
        "RSA" => &["d", "p", "q", "dp", "dq", "qi", "oth"],
        // RFC 7518 6.2.2, RFC 8037 2.
        "EC" | "OKP" => &["d"],
        "oct" => &[],
        _ => return Err(KeyError::UnknownKeyType),
    };
    if private.iter().any(|member| jwk.member(member).is_some()) {
        return Err(KeyError::PrivateKey);
    }
    Ok(())
}

fn parse_use(jwk: &Value) -> Result<KeyUse, KeyError> {
    match text(jwk, "use")? {
        None => Ok(KeyUse::Unstated),
        Some("sig") => Ok(KeyUse::Signatures),
        Some("jwt-svid") => Ok(KeyUse::JwtSvid),
        Some(_) => Err(KeyError::NotForSignatures),
    }
}

/// RFC 7517 4.3: no operation twice, and none that `use` contradicts.
fn check_operations(jwk: &Value, key_use: KeyUse) -> Result<(), KeyError> {
    const MALFORMED: KeyError = KeyError::Malformed {
        member: "key_ops",
        expected: "an array of strings",
    };
    let Some(operations) = jwk.member("key_ops") else {
        return Ok(());
    };
    let mut seen = BTreeSet::new();
    for operation in operations.as_array().ok_or(MALFORMED)? {
        let operation = operation.as_str().ok_or(MALFORMED)?;
        let contradicts = key_use != KeyUse::Unstated && !matches!(operation, "sign" | "verify");
        if contradicts || !seen.insert(operation) {
            return Err(KeyError::KeyOps);
        }
    }
    if seen.contains("verify") {
        Ok(())
    } else {
        Err(KeyError::KeyOps)
    }
}

fn parse_material(jwk: &Value, key_type: &str) -> Result<Material, KeyError> {
    match key_type {
        "RSA" => {
            let key = RsaKey::new(&bytes(jwk, "n")?, &bytes(jwk, "e")?)?;
            Ok(Material::Rsa(Box::new(key)))
        }
        "EC" => {
            let name = curve(jwk)?;
            let curve = Curve::ALL.into_iter().find(|curve| curve.name() == name);
            let curve = curve.ok_or(KeyError::UnknownCurve)?;
            Material::from_coordinates(curve, &bytes(jwk, "x")?, &bytes(jwk, "y")?)
        }
        "OKP" if curve(jwk)? == "Ed25519" => Material::ed25519(&bytes(jwk, "x")?),
        "OKP" => Err(KeyError::UnknownCurve),
        "oct" => Material::secret(&bytes(jwk, "k")?),
        _ => Err(KeyError::UnknownKeyType),
    }
}

fn curve(jwk: &Value) -> Result<&str, KeyError> {
    text(jwk, "crv")?.ok_or(KeyError::Missing { member: "crv" })
}

/// A member that is text when it is there.
fn text<'a>(jwk: &'a Value, member: &'static str) -> Result<Option<&'a str>, KeyError> {
    match jwk.member(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(KeyError::Malformed {
            member,
            expected: "a string",
        }),
    }
}

/// A member that has to be there, in base64url.
fn bytes(jwk: &Value, member: &'static str) -> Result<Vec<u8>, KeyError> {
    let text = text(jwk, member)?.ok_or(KeyError::Missing { member })?;
    base64url::decode(text.as_bytes()).ok_or(KeyError::Malformed {
        member,
        expected: "base64url without padding",
    })
}
