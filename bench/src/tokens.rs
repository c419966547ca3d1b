//! Tokens for the rows that check them, made once and when they are first asked for.

use std::cell::OnceCell;
use std::rc::Rc;

use gatepost_e2e::{Issuer, SigningKey, seconds_now};
use serde_json::json;

use crate::error::Result;
use crate::requests::Requests;

/// The `iss` of every token.
pub(crate) const ISSUER: &str = "https://issuer.example";

/// The `sub` of every token.
pub(crate) const SUBJECT: &str = "auth0|64f0c2a9b1d2e3f405162738";

/// The `aud` of every token.
pub(crate) const AUDIENCE: &str = "shop";

/// Each token comes again after so many others: more than the caches of these rows
/// keep.
const NEW: usize = 3000;

/// A pool an algorithm, and one of a single token.
pub(crate) struct Pools {
    pub(crate) new: Vec<Pool>,
    pub(crate) repeated: Pool,
}

/// Tokens, and the requests with them.
pub(crate) struct Pool {
    /// `rs256-new`, for names of rows.
    pub(crate) name: String,
    pub(crate) tokens: Rc<Tokens>,
    pub(crate) requests: Rc<Requests>,
}

/// Tokens of one key.
pub(crate) struct Tokens {
    issuer: Issuer,
    count: usize,
    made: OnceCell<Vec<String>>,
}

impl Pools {
    pub(crate) fn new() -> Result<Self> {
        let new = ["RS256", "ES256", "PS256", "EdDSA", "HS256"].map(|algorithm| {
            let name = format!("{}-new", algorithm.to_lowercase());
            Pool::new(format!("a new {algorithm} token"), name, algorithm, NEW)
        });
        Ok(Self {
            new: new.into_iter().collect::<Result<_>>()?,
            repeated: Pool::new(
                "one RS256 token".to_owned(),
                "repeated".to_owned(),
                "RS256",
                1,
            )?,
        })
    }
}

impl Pool {
    fn new(what: String, name: String, algorithm: &str, count: usize) -> Result<Self> {
        let key = SigningKey::generate(algorithm, "2026-11")?;
        let tokens = Rc::new(Tokens {
            issuer: Issuer::new(ISSUER, AUDIENCE, key),
            count,
            made: OnceCell::new(),
        });
        Ok(Self {
            requests: Rc::new(Requests::new(what, name.clone()).with_tokens(&tokens)),
            name,
            tokens,
        })
    }
}

impl Tokens {
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
                "sub": SUBJECT,
                "azp": "web-shop",
                "scope": "openid profile orders.read orders.write",
                "email": "alice@shop.example",
                "roles": ["buyer", "reviewer"],
            }));
            // Not by the library that mints elsewhere: thousands of RSA signatures
            // would take it as long as a round.
            Ok(self.key().compact(header.to_string(), claims.to_string())?)
        };
        let tokens = (0..self.count).map(token).collect::<Result<_>>()?;
        Ok(self.made.get_or_init(|| tokens))
    }
}
