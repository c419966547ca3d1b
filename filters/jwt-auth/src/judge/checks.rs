//! What is asked of a token beside its claims' policy and its signature.

use gatepost_filter::Services;
use gatepost_http_match::{TextMatcher, Undecided};
use gatepost_jose::{Algorithm, Jwk, TokenClaims};
use gatepost_json::Value;

use super::{Judge, Lack, Refusal};
use crate::binding::{BindingError, check_binding};
use crate::provider::Provider;
use crate::reason::{self, Stage};
use crate::revocation::{NotGood, Revocable};

impl Judge<'_> {
    /// Whether the key may have signed a token with these claims: a token that leaves
    /// out the `kid` of a revoked key counts no more than one that has it.
    pub(super) fn check_key(
        &self,
        provider: &Provider,
        claims: &TokenClaims,
        key: &Jwk,
    ) -> Result<(), Refusal> {
        match key.kid() {
            Some(kid) => self.check_revocation(provider, claims, Some(kid)),
            None => Ok(()),
        }
    }

    pub(super) fn check_revocation(
        &self,
        provider: &Provider,
        claims: &TokenClaims,
        kid: Option<&str>,
    ) -> Result<(), Refusal> {
        if provider.revocation.is_empty() {
            return Ok(());
        }
        // Of the claims that may be revoked this one alone may be a number (`jti` and
        // `sub` are strings, or the token is refused).
        let number;
        let sid = match claims.value().member("sid") {
            Some(Value::String(text)) => Some(text.as_str()),
            Some(Value::Number(sid)) => {
                number = sid.to_string();
                Some(number.as_str())
            }
            _ => None,
        };
        let token = Revocable {
            jti: claims.token_id(),
            sub: claims.subject(),
            sid,
            kid,
            issued_at: claims.issued_at(),
        };
        provider
            .revocation
            .check(&token, self.services)
            .map_err(|why| match why {
                NotGood::Revoked => Refusal::new(Stage::Revocation, reason::REVOKED),
                NotGood::Unknown(missing) => {
                    let lack = Lack::Revocations(missing);
                    Refusal::lacking(lack, lack.row())
                }
            })
    }
}

pub(super) fn check_algorithm(provider: &Provider, algorithm: Algorithm) -> Result<(), Refusal> {
    match provider.algorithms.contains(algorithm) {
        true => Ok(()),
        false => Err(Refusal::new(Stage::Policy, reason::ALGORITHM_NOT_ALLOWED)),
    }
}

pub(super) fn check_subject(wanted: &TextMatcher, subject: Option<&str>) -> Result<(), Refusal> {
    let passes = subject.map(|subject| wanted.matches(subject, Undecided::UnreadableClaim));
    match passes {
        Some(Ok(true)) => Ok(()),
        _ => Err(Refusal::new(Stage::Policy, reason::WRONG_SUBJECT)),
    }
}

pub(super) fn check_binding_of(
    provider: &Provider,
    claims: &TokenClaims,
    services: &dyn Services,
) -> Result<(), Refusal> {
    check_binding(provider.binding, claims.value(), services).map_err(|error| match error {
        BindingError::NotBound => Refusal::new(Stage::Binding, reason::NOT_BOUND),
        BindingError::Host => Refusal::new(Stage::Unavailable, reason::HOST_ERROR),
    })
}
