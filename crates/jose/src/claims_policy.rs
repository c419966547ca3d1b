//! What a token must say to be accepted, its signature aside.

use std::borrow::Cow;
use std::time::Duration;

use crate::spiffe_id::SpiffeId;
use crate::{Algorithm, ClaimsError, Header, ProfileError, TokenClaims};

/// What a token must say to be accepted.
///
/// Whoever waits for keys, or fetches some, checks this first: only a token with
/// nothing but its signature open is worth that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimsPolicy {
    /// The issuer, compared character by character; any when `None`.
    pub issuer: Option<String>,
    /// For whom the token must be meant.
    pub audiences: Audiences,
    /// How far the clocks of issuer and verifier may lie apart. By so much a
    /// token is accepted longer, and earlier.
    pub clock_skew: Duration,
    /// Whether `exp` must be there.
    pub require_exp: bool,
    /// Whether `nbf` must be there.
    pub require_nbf: bool,
    /// Whether `iat` must be there.
    pub require_iat: bool,
    /// The longest time from `iat` to `exp`; when there is no `iat`, the longest
    /// time that may be left, clock skew added. With it, `exp` must be there.
    pub max_lifetime: Option<Duration>,
    /// Which types (`typ`) are accepted: one of these must be there, in any case,
    /// `application/` or not. When the list is empty, the type may be missing or
    /// one of `JWT`, `at+jwt` (RFC 9068) and `JOSE`: a token that says that it is
    /// something else, such as a DPoP proof or a logout token, is no access token
    /// (RFC 8725 3.11).
    pub types: Vec<String>,
    /// Claims that must be there, and not `null`.
    pub required_claims: Vec<String>,
    /// Further rules.
    pub profile: Profile,
}

/// For whom a token must be meant (RFC 7519 4.1.3).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Audiences {
    /// Anybody: `aud` is not looked at.
    #[default]
    Unchecked,
    /// At least one of these. Of an empty list, nobody.
    Any(Vec<String>),
    /// All of these, and perhaps others.
    All(Vec<String>),
}

/// Rules that come with a kind of token.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Profile {
    /// None but those of RFC 7519.
    #[default]
    Generic,
    /// JWT-SVID of SPIFFE: RS, PS or ES; no header parameter but `alg`, `kid` and
    /// `typ`, which is `JWT` or `JOSE`; `sub` is a SPIFFE ID; `aud` and `exp` must
    /// be there.
    Spiffe {
        /// The trust domain of which the keys are, such as `prod.example`: they
        /// speak of no other (SPIFFE trust domain and bundle 5).
        trust_domain: String,
    },
}

impl Default for ClaimsPolicy {
    /// A clock skew of 60 s, `exp` required, nothing else asked.
    fn default() -> Self {
        Self {
            issuer: None,
            audiences: Audiences::Unchecked,
            clock_skew: Duration::from_secs(60),
            require_exp: true,
            require_nbf: false,
            require_iat: false,
            max_lifetime: None,
            types: Vec::new(),
            required_claims: Vec::new(),
            profile: Profile::Generic,
        }
    }
}

impl ClaimsPolicy {
    /// Checks all that does not need a key. `now` is the wall clock's time since
    /// 1970.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn check(
        &self,
        header: &Header,
        claims: &TokenClaims,
        now: Duration,
    ) -> Result<(), ClaimsError> {
        self.check_type(header)?;
        if let Profile::Spiffe { trust_domain } = &self.profile {
            check_svid(header, claims, trust_domain)?;
        }
        self.check_issuer(claims)?;
        self.audiences.check(claims)?;
        self.check_required(claims)?;
        self.check_times(claims, now)
    }

    /// Checks `exp`, `nbf`, `iat` and the lifetime: what may change for a token
    /// that was accepted before.
    ///
    /// A token is accepted before `exp` + skew (RFC 7519 4.1.4: at that very
    /// moment no more), from `nbf` - skew on (4.1.5: at that very moment already),
    /// and from `iat` - skew on.
    ///
    /// # Errors
    /// The first rule that the token breaks.
    pub fn check_times(&self, claims: &TokenClaims, now: Duration) -> Result<(), ClaimsError> {
        let skew = self.clock_skew;
        let is_to_come = |time: Duration| now.saturating_add(skew) < time;
        if claims
            .expires()
            .is_some_and(|expires| now >= expires.saturating_add(skew))
        {
            return Err(ClaimsError::Expired);
        }
        if claims.not_before().is_some_and(is_to_come) {
            return Err(ClaimsError::NotYetValid);
        }
        if claims.issued_at().is_some_and(is_to_come) {
            return Err(ClaimsError::IssuedInFuture);
        }
        let Some(longest) = self.max_lifetime else {
            return Ok(());
        };
        let expires = claims.expires().ok_or(missing("exp"))?;
        let latest = match claims.issued_at() {
            Some(issued_at) => issued_at.saturating_add(longest),
            None => now.saturating_add(skew).saturating_add(longest),
        };
        if expires > latest {
            return Err(ClaimsError::LifetimeTooLong);
        }
        Ok(())
    }

    fn check_type(&self, header: &Header) -> Result<(), ClaimsError> {
        let is_accepted = if self.types.is_empty() {
            header.typ().is_none()
                || ["JWT", "at+jwt", "JOSE"]
                    .iter()
                    .any(|one| header.is_type(one))
        } else {
            self.types.iter().any(|one| header.is_type(one))
        };
        is_accepted.then_some(()).ok_or(ClaimsError::WrongType)
    }

    fn check_issuer(&self, claims: &TokenClaims) -> Result<(), ClaimsError> {
        let Some(expected) = &self.issuer else {
            return Ok(());
        };
        match claims.issuer() {
            None => Err(missing("iss")),
            Some(issuer) if issuer == expected => Ok(()),
            Some(_) => Err(ClaimsError::WrongIssuer),
        }
    }

    fn check_required(&self, claims: &TokenClaims) -> Result<(), ClaimsError> {
        for (is_required, claim) in [
            (self.require_exp, "exp"),
            (self.require_nbf, "nbf"),
            (self.require_iat, "iat"),
        ] {
            if is_required && !is_there(claims, claim) {
                return Err(missing(claim));
            }
        }
        match self
            .required_claims
            .iter()
            .find(|claim| !is_there(claims, claim))
        {
            None => Ok(()),
            Some(claim) => Err(ClaimsError::Missing {
                claim: Cow::Owned(claim.clone()),
            }),
        }
    }
}

impl Audiences {
    /// Checks `aud` alone: for a rule with audiences of its own.
    ///
    /// # Errors
    /// The claim is missing, or names others.
    pub fn check(&self, claims: &TokenClaims) -> Result<(), ClaimsError> {
        let names = |wanted: &String| claims.audiences().any(|audience| audience == wanted);
        let is_meant = match self {
            Self::Unchecked => return Ok(()),
            Self::Any(wanted) => wanted.iter().any(names),
            Self::All(wanted) => wanted.iter().all(names),
        };
        if !is_there(claims, "aud") {
            return Err(missing("aud"));
        }
        is_meant.then_some(()).ok_or(ClaimsError::WrongAudience)
    }
}

/// JWT-SVID 2, 3.
fn check_svid(
    header: &Header,
    claims: &TokenClaims,
    trust_domain: &str,
) -> Result<(), ClaimsError> {
    let wrong = |error| Err(ClaimsError::Profile(error));
    if header.algorithm().is_symmetric() || header.algorithm() == Algorithm::Ed25519 {
        return wrong(ProfileError::Algorithm);
    }
    if header
        .names()
        .any(|name| !matches!(name, "alg" | "kid" | "typ"))
    {
        return wrong(ProfileError::HeaderParameter);
    }
    if !matches!(header.typ(), None | Some("JWT" | "JOSE")) {
        return Err(ClaimsError::WrongType);
    }
    let subject = claims.subject().ok_or(missing("sub"))?;
    match SpiffeId::parse(subject) {
        Err(error) => return wrong(ProfileError::Subject(error)),
        Ok(id) if id.trust_domain() != trust_domain => return wrong(ProfileError::TrustDomain),
        Ok(_) => {}
    }
    if claims.audiences().next().is_none() {
        return Err(missing("aud"));
    }
    if claims.expires().is_none() {
        return Err(missing("exp"));
    }
    Ok(())
}

fn is_there(claims: &TokenClaims, name: &str) -> bool {
    let claim = claims.value().member(name);
    claim.is_some_and(|value| *value != gatepost_json::Value::Null)
}

fn missing(claim: &'static str) -> ClaimsError {
    ClaimsError::Missing {
        claim: Cow::Borrowed(claim),
    }
}
