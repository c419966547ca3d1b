//! Tokens for the rows that check them, made once and when they are first asked for.

use std::cell::OnceCell;
use std::rc::Rc;

use gatepost_e2e::{Issuer, SigningKey, seconds_now};
use serde_json::json;

use crate::error::Result;

/// The `iss` of every token.
pub(crate) const ISSUER: &str = "https://issuer.example";

/// The `aud` of every token.
pub(crate) const AUDIENCE: &str = "shop";

/// Each token comes again after so many others: more than the caches of these rows
/// keep.
const NEW: usize = 3000;

/// A pool an algorithm. Our row and Envoy's check the same tokens.
pub(crate) struct Pools {
    pub(crate) new: Vec<Rc<Tokens>>,
    /// One token, of RS256.
    pub(crate) repeated: Rc<Tokens>,
}

/// Tokens of one key.
pub(crate) struct Tokens {
    issuer: Issuer,
    count: usize,
    made: OnceCell<Vec<String>>,
}

impl Pools {
    pub(crate) fn new() -> Result<Self> {
        let algorithms = ["RS256", "ES256", "PS256", "EdDSA", "HS256"];
        let new = algorithms.map(|algorithm| Tokens::new(algorithm, NEW));
        Ok(Self {
            new: new.into_iter().collect::<Result<_>>()?,
            repeated: Tokens::new("RS256", 1)?,
        })
    }
}

impl Tokens {
    fn new(algorithm: &str, count: usize) -> Result<Rc<Self>> {
        let key = SigningKey::generate(algorithm, "2026-11")?;
        Ok(Rc::new(Self {
            issuer: Issuer::new(ISSUER, AUDIENCE, key),
            count,
            made: OnceCell::new(),
        }))
    }

    /// The key that signed them.
    pub(crate) fn key(&self) -> &SigningKey {
        self.issuer.key()
    }

    /// The set that checks them.
    pub(crate) fn jwks(&self) -> String {
        self.issuer.jwks()
    }

    /// All of them. They differ in their `jti`, and so in every byte of the signature.
    pub(crate) fn all(&self) -> Result<&[String]> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let header =
            json!({ "alg": self.key().algorithm(), "typ": "JWT", "kid": self.key().kid() });
        let token = |_| {
            let claims = self.issuer.claims_with(&json!({
                "exp": seconds_now() + 86_400,
                "sub": "auth0|64f0c2a9b1d2e3f405162738",
                "azp": "web-shop",
                "scope": "openid profile orders.read orders.write",
                "email": "alice@shop.example",
                "roles": ["buyer", "reviewer"],
            }));
            // Not by the library that mints elsewhere: thousands of RSA signatures
            // would take it as long as a round.
            Ok(self.key().compact(header.to_string(), claims.to_string())?)
        };
        let tokens: Result<Vec<String>> = (0..self.count).map(token).collect();
        Ok(self.made.get_or_init(|| tokens.unwrap_or_default()))
    }
}
