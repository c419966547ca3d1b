//! Why a token's claims do not do.

use std::borrow::Cow;
use std::fmt;

use gatepost_json::JsonError;

use crate::SpiffeIdError;

/// Why a token's claims were refused. No claim's value is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClaimsError {
    /// The payload is no JSON text that all readers take for one value.
    Json(JsonError),
    /// The payload is no JSON object.
    NotAnObject,
    /// A registered claim has another type than RFC 7519 4.1 gives it.
    Malformed {
        /// Its name.
        claim: &'static str,
    },
    /// A claim that the policy requires is not there, or `null`.
    Missing {
        /// Its name, which the operator gave.
        claim: Cow<'static, str>,
    },
    /// `iss` is another issuer.
    WrongIssuer,
    /// `aud` names others.
    WrongAudience,
    /// `typ` says that it is another kind of token (RFC 8725 3.11).
    WrongType,
    /// `exp` is past.
    Expired,
    /// `nbf` is yet to come.
    NotYetValid,
    /// `iat` is yet to come.
    IssuedInFuture,
    /// It lives longer than the policy allows.
    LifetimeTooLong,
    /// It breaks a rule of its profile.
    Profile(ProfileError),
}

/// What a JWT-SVID (SPIFFE) must be, and the token is not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProfileError {
    /// Signed with RS, PS or ES.
    Algorithm,
    /// Without any header parameter but `alg`, `kid` and `typ`.
    HeaderParameter,
    /// Its `sub` is a SPIFFE ID.
    Subject(SpiffeIdError),
    /// Its `sub` is of the trust domain whose keys are asked.
    TrustDomain,
}

impl ClaimsError {
    /// The reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(_) | Self::NotAnObject => "jwt_malformed",
            Self::Malformed { .. } => "jwt_claim_malformed",
            Self::Missing { .. } => "jwt_claim_missing",
            Self::WrongIssuer => "jwt_wrong_issuer",
            Self::WrongAudience => "jwt_wrong_audience",
            Self::WrongType => "jwt_wrong_type",
            Self::Expired => "jwt_expired",
            Self::NotYetValid => "jwt_not_yet_valid",
            Self::IssuedInFuture => "jwt_issued_in_future",
            Self::LifetimeTooLong => "jwt_lifetime_too_long",
            Self::Profile(ProfileError::TrustDomain) => "jwt_wrong_trust_domain",
            Self::Profile(_) => "jwt_wrong_profile",
        }
    }
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json(error) => return write!(f, "claims: {error}"),
            Self::NotAnObject => "expected a JSON object as the claims",
            Self::Malformed { claim } => {
                return write!(f, "claims: expected `{claim}` as RFC 7519 has it");
            }
            Self::Missing { claim } => {
                return write!(f, "claims: expected `{}`", claim.escape_debug());
            }
            Self::WrongIssuer => "expected a token of the provider's issuer",
            Self::WrongAudience => "expected a token for an audience that is configured",
            Self::WrongType => "expected a token of a type (`typ`) that is accepted",
            Self::Expired => "expected a token that has not expired",
            Self::NotYetValid => "expected a token that is valid already (`nbf`)",
            Self::IssuedInFuture => "expected a token that was issued in the past (`iat`)",
            Self::LifetimeTooLong => "expected a token with a shorter lifetime",
            Self::Profile(error) => return write!(f, "JWT-SVID: {error}"),
        })
    }
}

impl std::error::Error for ClaimsError {}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "expected RS, PS or ES as the algorithm",
            Self::HeaderParameter => "expected no header parameter but `alg`, `kid` and `typ`",
            Self::Subject(error) => return write!(f, "`sub`: {error}"),
            Self::TrustDomain => "`sub`: expected an ID of the trust domain that is configured",
        })
    }
}
