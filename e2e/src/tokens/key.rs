//! A key that signs: honest tokens by a library that knows nothing of this house,
//! and any bytes at all for tokens that are not honest.

use std::fmt;

use jwt_simple::prelude::{
    ECDSAP256KeyPairLike, ECDSAP384KeyPairLike, ES256KeyPair, ES384KeyPair, Ed25519KeyPair,
    EdDSAKeyPairLike, HS256Key, HS384Key, HS512Key, JWTClaims, MACLike, PS256KeyPair, PS384KeyPair,
    PS512KeyPair, RS256KeyPair, RS384KeyPair, RS512KeyPair, RSAKeyPairLike,
};
use p521::ecdsa::signature::Signer as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{hmac, signature};
use serde_json::{Value, json};

use super::compact::{encoded, with_signature};
use crate::{Error, Result};

const RSA_BITS: usize = 2048;

type Mint = Box<dyn Fn(JWTClaims<Value>) -> Result<String> + Send + Sync>;
type Sign = Box<dyn Fn(&[u8]) -> Result<Vec<u8>> + Send + Sync>;

/// A private or secret key with its name and its one algorithm.
pub struct SigningKey {
    algorithm: &'static str,
    kid: String,
    jwk: Value,
    /// Absent where the library lacks the algorithm.
    mint: Option<Mint>,
    sign: Sign,
}

/// What differs between the algorithms.
struct Parts {
    jwk: Value,
    mint: Option<Mint>,
    sign: Sign,
}

impl SigningKey {
    /// Every algorithm that a token of a test can have.
    pub const ALGORITHMS: [&'static str; 13] = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        "HS256", "HS384", "HS512",
    ];

    /// A new key for one of [`SigningKey::ALGORITHMS`]; RSA with 2048 bits.
    pub fn generate(algorithm: &str, kid: &str) -> Result<Self> {
        let known = Self::ALGORITHMS.into_iter().find(|one| *one == algorithm);
        let algorithm = known.ok_or_else(|| failed(format!("no algorithm `{algorithm}`")))?;
        let Parts {
            mut jwk,
            mint,
            sign,
        } = parts(algorithm, kid)?;
        jwk["kid"] = kid.into();
        jwk["alg"] = algorithm.into();
        jwk["use"] = "sig".into();
        Ok(Self {
            algorithm,
            kid: kid.to_owned(),
            jwk,
            mint,
            sign,
        })
    }

    /// `ES256`, for example.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// Its name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What its issuer publishes, with `kid`, `alg` and `use`. Of an HMAC key it is
    /// the secret itself.
    pub fn jwk(&self) -> Value {
        self.jwk.clone()
    }

    /// A token with these claims, a JSON object, and the header that is usual.
    pub fn mint(&self, claims: &Value) -> Result<String> {
        match &self.mint {
            Some(mint) => mint(custom(claims)),
            None => {
                let header = json!({"alg": self.algorithm, "typ": "JWT", "kid": self.kid});
                self.compact(header.to_string(), claims.to_string())
            }
        }
    }

    /// A token with this header and this payload, whatever they are, and a signature
    /// of this key.
    pub fn compact(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Result<String> {
        let mut failure = None;
        let token = with_signature(header, payload, |input| {
            self.sign(input).unwrap_or_else(|error| {
                failure = Some(error);
                Vec::new()
            })
        });
        failure.map_or(Ok(token), Err)
    }

    /// Its signature over `message`, as RFC 7518 writes it.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        (self.sign)(message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {})", self.algorithm, self.kid)
    }
}

/// The parts of a key pair of the library: what it publishes, and that it mints.
macro_rules! pair {
    ($pair:expr, $kid:expr) => {{
        let pair = $pair.with_key_id($kid);
        let jwk = parsed(&pair.public_key().to_jwk())?;
        let mint: Mint = Box::new(move |claims| pair.sign(claims).map_err(failed));
        (jwk, Some(mint))
    }};
}

fn parts(algorithm: &str, kid: &str) -> Result<Parts> {
    let ((jwk, mint), sign) = match algorithm {
        "ES512" => return es512(),
        "HS256" | "HS384" | "HS512" => return secret(algorithm, kid),
        "ES256" => {
            let pair = ES256KeyPair::generate();
            let sign = ecdsa(
                &pair.to_der().map_err(failed)?,
                &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            )?;
            (pair!(pair, kid), sign)
        }
        "ES384" => {
            let pair = ES384KeyPair::generate();
            let sign = ecdsa(
                &pair.to_der().map_err(failed)?,
                &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            )?;
            (pair!(pair, kid), sign)
        }
        "EdDSA" => {
            let pair = Ed25519KeyPair::generate();
            let seed = pair.to_bytes().into_iter().take(32).collect::<Vec<_>>();
            let key = signature::Ed25519KeyPair::from_seed_unchecked(&seed).map_err(failed)?;
            let sign: Sign = Box::new(move |message| Ok(key.sign(message).as_ref().to_vec()));
            (pair!(pair, kid), sign)
        }
        _ => {
            let der = rsa_key()?;
            let (parts, padding): (_, &'static dyn signature::RsaEncoding) = match algorithm {
                "RS256" => (
                    pair!(RS256KeyPair::from_der(&der).map_err(failed)?, kid),
                    &signature::RSA_PKCS1_SHA256,
                ),
                "RS384" => (
                    pair!(RS384KeyPair::from_der(&der).map_err(failed)?, kid),
                    &signature::RSA_PKCS1_SHA384,
                ),
                "RS512" => (
                    pair!(RS512KeyPair::from_der(&der).map_err(failed)?, kid),
                    &signature::RSA_PKCS1_SHA512,
                ),
                "PS256" => (
                    pair!(PS256KeyPair::from_der(&der).map_err(failed)?, kid),
                    &signature::RSA_PSS_SHA256,
                ),
                "PS384" => (
                    pair!(PS384KeyPair::from_der(&der).map_err(failed)?, kid),
                    &signature::RSA_PSS_SHA384,
                ),
                _ => (
                    pair!(PS512KeyPair::from_der(&der).map_err(failed)?, kid),
                    &signature::RSA_PSS_SHA512,
                ),
            };
            (parts, rsa(&der, padding)?)
        }
    };
    Ok(Parts { jwk, mint, sign })
}

/// A private key as PKCS#8.
fn rsa_key() -> Result<Vec<u8>> {
    let pair = RS256KeyPair::generate(RSA_BITS).map_err(failed)?;
    pair.to_der().map_err(failed)
}

fn rsa(der: &[u8], padding: &'static dyn signature::RsaEncoding) -> Result<Sign> {
    let key = signature::RsaKeyPair::from_pkcs8(der).map_err(failed)?;
    Ok(Box::new(move |message| {
        let mut signed = vec![0; key.public().modulus_len()];
        key.sign(padding, &SystemRandom::new(), message, &mut signed)
            .map_err(failed)?;
        Ok(signed)
    }))
}

fn ecdsa(der: &[u8], algorithm: &'static signature::EcdsaSigningAlgorithm) -> Result<Sign> {
    let random = SystemRandom::new();
    let key = signature::EcdsaKeyPair::from_pkcs8(algorithm, der, &random).map_err(failed)?;
    Ok(Box::new(move |message| {
        let signed = key.sign(&random, message).map_err(failed)?;
        Ok(signed.as_ref().to_vec())
    }))
}

fn es512() -> Result<Parts> {
    let mut bytes = [0; 66];
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    // Below the order of the group, which has 521 bits.
    bytes[0] = 0;
    let key = p521::ecdsa::SigningKey::from_slice(&bytes).map_err(failed)?;
    let point = key.verifying_key().to_sec1_point(false);
    let coordinate = |bytes: Option<&_>| bytes.map(encoded).unwrap_or_default();
    Ok(Parts {
        jwk: json!({
            "kty": "EC", "crv": "P-521",
            "x": coordinate(point.x()), "y": coordinate(point.y()),
        }),
        mint: None,
        sign: Box::new(move |message| {
            let signed: p521::ecdsa::Signature = key.try_sign(message).map_err(failed)?;
            Ok(signed.to_bytes().to_vec())
        }),
    })
}

/// As long as the hash: RFC 7518 section 3.2 asks for no less.
fn secret(algorithm: &str, kid: &str) -> Result<Parts> {
    let (length, hash) = match algorithm {
        "HS256" => (32, hmac::HMAC_SHA256),
        "HS384" => (48, hmac::HMAC_SHA384),
        _ => (64, hmac::HMAC_SHA512),
    };
    let mut bytes = vec![0; length];
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    macro_rules! mac {
        ($key:ident) => {{
            let key = $key::from_bytes(&bytes).with_key_id(kid);
            Box::new(move |claims| key.authenticate(claims).map_err(failed))
        }};
    }
    let mint: Mint = match algorithm {
        "HS256" => mac!(HS256Key),
        "HS384" => mac!(HS384Key),
        _ => mac!(HS512Key),
    };
    let key = hmac::Key::new(hash, &bytes);
    Ok(Parts {
        jwk: json!({"kty": "oct", "k": encoded(&bytes)}),
        mint: Some(mint),
        sign: Box::new(move |message| Ok(hmac::sign(&key, message).as_ref().to_vec())),
    })
}

/// The claims as they are, none of them added by the library.
fn custom(claims: &Value) -> JWTClaims<Value> {
    JWTClaims {
        issued_at: None,
        expires_at: None,
        invalid_before: None,
        issuer: None,
        subject: None,
        audiences: None,
        jwt_id: None,
        nonce: None,
        custom: claims.clone(),
    }
}

fn parsed(json: &str) -> Result<Value> {
    serde_json::from_str(json).map_err(failed)
}

fn failed(why: impl fmt::Display) -> Error {
    Error::Token(why.to_string())
}
