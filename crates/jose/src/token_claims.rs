//! The claims of a token, and the types of those that RFC 7519 registers.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use gatepost_json::{Limits, Value, parse};

use crate::numeric_date::numeric_date;
use crate::{ClaimsError, Token};

/// A claims set whose registered claims have the right types.
///
/// That says nothing about who wrote it: [`ClaimsPolicy`](crate::ClaimsPolicy)
/// and a signature do.
#[derive(Clone, PartialEq)]
pub struct TokenClaims {
    /// An object.
    value: Rc<Value>,
    expires: Option<Duration>,
    not_before: Option<Duration>,
    issued_at: Option<Duration>,
}

impl TokenClaims {
    /// Reads the claims of a token that nobody has verified yet.
    ///
    /// # Errors
    /// The payload is no JSON object that all readers take for the same one, or a
    /// registered claim has another type than RFC 7519 4.1 gives it.
    pub fn unverified(token: &Token<'_>) -> Result<Self, ClaimsError> {
        let payload = token.unverified_payload();
        // The token's limit bounds its length.
        let limits = Limits {
            max_bytes: payload.len(),
            max_depth: token.max_depth(),
        };
        Self::from_value(parse(payload, limits).map_err(ClaimsError::Json)?)
    }

    /// Takes an object for a claims set.
    ///
    /// # Errors
    /// As for [`Self::unverified`].
    pub fn from_value(value: Value) -> Result<Self, ClaimsError> {
        if value.as_object().is_none() {
            return Err(ClaimsError::NotAnObject);
        }
        for claim in ["iss", "sub", "jti"] {
            check(&value, claim, |value| value.as_str().is_some())?;
        }
        check(&value, "aud", is_audience)?;
        let time = |claim| match value.member(claim) {
            None => Ok(None),
            Some(value) => numeric_date(value)
                .map(Some)
                .ok_or(ClaimsError::Malformed { claim }),
        };
        let (expires, not_before, issued_at) = (time("exp")?, time("nbf")?, time("iat")?);
        Ok(Self {
            value: Rc::new(value),
            expires,
            not_before,
            issued_at,
        })
    }

    /// All claims, an object.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// All claims, an object.
    #[must_use]
    pub fn into_value(self) -> Value {
        Rc::unwrap_or_clone(self.value)
    }

    /// All claims, an object, for more than one who keeps them.
    #[must_use]
    pub fn shared(&self) -> Rc<Value> {
        Rc::clone(&self.value)
    }

    /// `iss`: who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.value.member("iss")?.as_str()
    }

    /// `sub`: whom it speaks of.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.value.member("sub")?.as_str()
    }

    /// `jti`: its own name.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.value.member("jti")?.as_str()
    }

    /// `aud`: for whom it is meant; none when the claim is missing.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let audience = self.value.member("aud");
        let one = audience.and_then(Value::as_str);
        let several = audience.and_then(Value::as_array).unwrap_or_default();
        one.into_iter()
            .chain(several.iter().filter_map(Value::as_str))
    }

    /// `exp`: from when on it must not be accepted, since 1970.
    #[must_use]
    pub fn expires(&self) -> Option<Duration> {
        self.expires
    }

    /// `nbf`: until when it must not be accepted, since 1970.
    #[must_use]
    pub fn not_before(&self) -> Option<Duration> {
        self.not_before
    }

    /// `iat`: when it was issued, since 1970.
    #[must_use]
    pub fn issued_at(&self) -> Option<Duration> {
        self.issued_at
    }
}

/// Shows no claim: they are somebody's.
impl fmt::Debug for TokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenClaims").finish_non_exhaustive()
    }
}

fn check(
    claims: &Value,
    claim: &'static str,
    is_right: impl Fn(&Value) -> bool,
) -> Result<(), ClaimsError> {
    match claims.member(claim) {
        Some(value) if !is_right(value) => Err(ClaimsError::Malformed { claim }),
        _ => Ok(()),
    }
}

/// A string or an array of strings (RFC 7519 4.1.3).
fn is_audience(value: &Value) -> bool {
    match value {
        Value::Array(audiences) => audiences.iter().all(|one| one.as_str().is_some()),
        _ => value.as_str().is_some(),
    }
}
