//! Tokens of every algorithm that were really signed, and their keys.

use gatepost_jose::{
    Algorithm, JwsError, KeySet, KeySetLimits, RustVerifier, TokenLimits, verify_jws,
};
use serde_json::Value;

/// What `testdata/issued.json` holds.
pub(crate) struct Issued {
    /// RSA, P-256, P-384, P-521 and Ed25519, without `alg`: each may be tried with
    /// every algorithm that its type allows.
    pub(crate) public: KeySet,
    /// The same as JSON.
    pub(crate) public_json: Value,
    /// One secret for each of HS256, HS384 and HS512.
    pub(crate) secret: KeySet,
    secret_json: Value,
    /// A token of each algorithm, signed with those keys, `EdDSA` and `Ed25519` apart.
    pub(crate) tokens: Vec<String>,
    /// The same, signed with other keys of the same names.
    pub(crate) foreign: Vec<String>,
}

impl Issued {
    pub(crate) fn read() -> Self {
        let file: Value = serde_json::from_str(include_str!("../testdata/issued.json")).unwrap();
        let keys = |name: &str| key_set(&file[name]);
        let tokens = |name: &str| serde_json::from_value(file[name].clone()).unwrap();
        Self {
            public: keys("public"),
            public_json: file["public"].clone(),
            secret: keys("secret"),
            secret_json: file["secret"].clone(),
            tokens: tokens("issued"),
            foreign: tokens("foreign"),
        }
    }

    /// The issued token of an algorithm.
    pub(crate) fn token(&self, algorithm: Algorithm) -> &str {
        let is_signed_so = |token: &&String| super::parse(token).algorithm() == algorithm;
        self.tokens.iter().find(is_signed_so).unwrap()
    }

    /// The secret of an HMAC algorithm.
    pub(crate) fn secret_bytes(&self, algorithm: Algorithm) -> Vec<u8> {
        let mut keys = self.secret_json["keys"].as_array().unwrap().iter();
        let key = keys.find(|key| key["kid"] == algorithm.name()).unwrap();
        super::decode(key["k"].as_str().unwrap())
    }

    /// The keys that a careless operator would have: all of them, whatever `alg`.
    pub(crate) fn verify(&self, token: &[u8]) -> Result<Vec<u8>, JwsError> {
        let with_public = verify_any(token, &self.public);
        verify_any(token, &self.secret).or(with_public)
    }
}

/// Every algorithm allowed: what is refused is refused by token and key.
pub(crate) fn verify_any(token: &[u8], keys: &KeySet) -> Result<Vec<u8>, JwsError> {
    verify_jws(
        token,
        TokenLimits::default(),
        keys,
        Algorithm::ALL.into_iter().collect(),
        &RustVerifier,
    )
}

pub(crate) fn key_set(document: &Value) -> KeySet {
    let document = document.to_string();
    let (keys, dropped) = KeySet::parse(document.as_bytes(), &KeySetLimits::default()).unwrap();
    assert!(dropped.is_empty(), "{dropped:?}");
    keys
}
