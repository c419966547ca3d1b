//! Who issues tokens, with keys that come and go.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::SigningKey;
use crate::{Result, seconds_now};

/// An issuer of tokens. The key that signs is the one that came last; those before
/// stay in the set until they are retired.
#[derive(Debug)]
pub struct Issuer {
    name: String,
    audience: String,
    keys: Vec<SigningKey>,
}

impl Issuer {
    /// An issuer of this name (its `iss`, a URL), for this audience, with one key.
    pub fn new(name: &str, audience: &str, key: SigningKey) -> Self {
        Self {
            name: name.to_owned(),
            audience: audience.to_owned(),
            keys: vec![key],
        }
    }

    /// Its `iss`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that signs now.
    pub fn key(&self) -> &SigningKey {
        self.keys
            .last()
            .unwrap_or_else(|| unreachable!("an issuer has a key"))
    }

    /// From now on this key signs; tokens of the others stay good.
    pub fn rotate(&mut self, key: SigningKey) {
        self.keys.push(key);
    }

    /// Withdraws all keys but the one that signs.
    pub fn retire(&mut self) {
        let old = self.keys.len().saturating_sub(1);
        self.keys.drain(..old);
    }

    /// The set of its keys (RFC 7517 section 5).
    pub fn jwks(&self) -> String {
        let keys: Vec<Value> = self.keys.iter().map(SigningKey::jwk).collect();
        json!({"keys": keys}).to_string()
    }

    /// Its discovery document, of OpenID Connect and of RFC 8414 alike.
    pub fn discovery(&self, jwks_uri: &str) -> String {
        json!({
            "issuer": self.name,
            "authorization_endpoint": format!("{}/authorize", self.name),
            "token_endpoint": format!("{}/token", self.name),
            "jwks_uri": jwks_uri,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.key().algorithm()],
        })
        .to_string()
    }

    /// Claims of alice, good for five minutes, with a `jti` that no other token has.
    pub fn claims(&self) -> Value {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let now = seconds_now();
        json!({
            "iss": self.name,
            "aud": self.audience,
            "sub": "alice",
            "iat": now,
            "exp": now + 300,
            "jti": format!("token-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        })
    }

    /// [`Issuer::claims`] with the members of `changes`, those that are null left out.
    pub fn claims_with(&self, changes: &Value) -> Value {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().into_iter().flatten() {
            claims[name.as_str()] = value.clone();
        }
        if let Some(members) = claims.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        claims
    }

    /// A token that is good now.
    pub fn token(&self) -> Result<String> {
        self.key().mint(&self.claims())
    }

    /// A token of the key that signs, with [`Issuer::claims_with`] these changes.
    pub fn token_with(&self, changes: &Value) -> Result<String> {
        self.key().mint(&self.claims_with(changes))
    }
}
