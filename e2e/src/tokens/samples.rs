//! Tokens to try the shipped file with: what `make issuer` prints, and what the curls
//! of the filter's page present.

use serde_json::json;

use super::{Issuer, SigningKey, unsigned};
use crate::Result;

/// A token with a name that a shell can hold.
#[derive(Clone, Debug)]
pub struct Sample {
    /// `EXPIRED`, for example.
    pub name: &'static str,
    /// What it is, for a person.
    pub says: &'static str,
    /// The token.
    pub token: String,
}

/// One good token for each right that envoy/jwt-auth.yaml knows, and one for each way
/// in which a token is commonly wrong.
pub fn samples(issuer: &Issuer) -> Result<Vec<Sample>> {
    // Whoever tries them has some time to do so.
    let lasting = |mut changes: serde_json::Value| {
        if changes.get("exp").is_none() {
            changes["exp"] = (crate::seconds_now() + 86_400).into();
        }
        issuer.claims_with(&changes)
    };
    let stranger = SigningKey::generate(issuer.key().algorithm(), issuer.key().kid())?;
    let unknown = SigningKey::generate("ES256", "unknown")?;
    let minted = |changes| issuer.key().mint(&lasting(changes));
    let with_header = |header: serde_json::Value| {
        let claims = lasting(json!({})).to_string();
        issuer.key().compact(header.to_string(), claims)
    };
    let (algorithm, kid) = (issuer.key().algorithm(), issuer.key().kid());
    let later = crate::seconds_now() + 86_400;
    [
        (
            "TOKEN",
            "good for everything but changes of orders",
            minted(json!({"scope": "orders.read"})),
        ),
        (
            "WRITER",
            "good to change orders, too",
            minted(json!({"scope": "orders.read orders.write"})),
        ),
        ("EXPIRED", "it has expired", minted(json!({"exp": 1}))),
        (
            "EARLY",
            "it is not valid yet",
            minted(json!({"nbf": later, "exp": later + 300})),
        ),
        (
            "OTHER_AUDIENCE",
            "it is for another service",
            minted(json!({"aud": "stock"})),
        ),
        (
            "OTHER_ISSUER",
            "it is another issuer's",
            minted(json!({"iss": "https://other.example"})),
        ),
        ("NO_EXPIRY", "it has no `exp`", minted(json!({"exp": null}))),
        (
            "TEXT_EXPIRY",
            "its `exp` is a text",
            minted(json!({"exp": "never"})),
        ),
        (
            "CONTROL",
            "its `sub` fits no header",
            minted(json!({"sub": "a\u{0}b"})),
        ),
        (
            "FORGED",
            "a stranger signed it",
            stranger.mint(&lasting(json!({}))),
        ),
        (
            "UNKNOWN_KEY",
            "its key is not published",
            unknown.mint(&lasting(json!({}))),
        ),
        (
            "UNSIGNED",
            "`alg` is `none`",
            Ok(unsigned(r#"{"alg":"none"}"#, lasting(json!({})).to_string()) + "."),
        ),
        (
            "SECRET",
            "`alg` is one of secrets",
            with_header(json!({"alg": "HS256", "kid": kid})),
        ),
        (
            "OTHER_ALGORITHM",
            "`alg` is not its key's",
            with_header(json!({"alg": "ES384", "kid": kid})),
        ),
        (
            "UNKNOWN_ALGORITHM",
            "`alg` is unknown",
            with_header(json!({"alg": "RS1", "kid": kid})),
        ),
        (
            "CRITICAL",
            "`crit` names what nobody understands",
            with_header(json!({"alg": algorithm, "kid": kid, "crit": ["x"], "x": 1})),
        ),
        (
            "NESTED",
            "`cty` says that a token is in it",
            with_header(json!({"alg": algorithm, "kid": kid, "cty": "JWT"})),
        ),
        (
            "PROOF",
            "`typ` says that it is a DPoP proof",
            with_header(json!({"alg": algorithm, "kid": kid, "typ": "dpop+jwt"})),
        ),
    ]
    .into_iter()
    .map(|(name, says, token)| {
        Ok(Sample {
            name,
            says,
            token: token?,
        })
    })
    .collect()
}
