//! From bytes to claims that a known issuer wrote.

use std::fmt;
use std::time::Duration;

use gatepost_json::Value;

use crate::{
    Algorithm, AlgorithmSet, ClaimsError, ClaimsPolicy, Jwk, KeyId, KeySet, NoCandidate,
    SignatureError, Token, TokenClaims, TokenError, TokenLimits, VerifySignature,
};

/// What a token must be to be accepted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TokenPolicy {
    /// What bounds reading it.
    pub limits: TokenLimits,
    /// What it may be signed with. The default is empty and accepts nothing.
    pub algorithms: AlgorithmSet,
    /// What it must say.
    pub claims: ClaimsPolicy,
}

/// A token that was verified.
#[derive(Clone, PartialEq)]
pub struct Verified {
    /// Its claims, an object.
    pub claims: Value,
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// The key that it is signed with. What is kept of the token is good while
    /// the issuer's set [`contains`](KeySet::contains) it.
    pub key: KeyId,
    /// Its `typ` as it was written.
    pub typ: Option<String>,
}

/// Verifies a token: its form, what it says, then its signature, so that keys are
/// only used for tokens that are right but for that.
///
/// `now` is the wall clock's time since 1970.
///
/// # Errors
/// The token is not one that the policy accepts, or no key signed it.
pub fn verify(
    token: &[u8],
    policy: &TokenPolicy,
    keys: &KeySet,
    verifier: &dyn VerifySignature,
    now: Duration,
) -> Result<Verified, VerifyError> {
    let token = Token::parse(token, policy.limits).map_err(JwsError::Token)?;
    token.check_algorithm(policy.algorithms)?;
    let claims = TokenClaims::unverified(&token)?;
    policy.claims.check(token.header(), &claims, now)?;
    let key = token.check_signature(keys, verifier)?.id();
    Ok(Verified {
        claims: claims.into_value(),
        algorithm: token.algorithm(),
        key,
        typ: token.header().typ().map(str::to_owned),
    })
}

/// Verifies a signature and gives the payload, whatever it is: no claim is looked
/// at, and nothing expires.
///
/// # Errors
/// The token is none, its algorithm is not in `algorithms`, or no key signed it.
pub fn verify_jws(
    token: &[u8],
    limits: TokenLimits,
    keys: &KeySet,
    algorithms: AlgorithmSet,
    verifier: &dyn VerifySignature,
) -> Result<Vec<u8>, JwsError> {
    let token = Token::parse(token, limits).map_err(JwsError::Token)?;
    token.check_algorithm(algorithms)?;
    token.check_signature(keys, verifier)?;
    Ok(token.into_unverified_payload())
}

impl Token<'_> {
    /// Checks that the token says that it is signed with an algorithm of the set.
    ///
    /// # Errors
    /// [`JwsError::AlgorithmNotAllowed`].
    pub fn check_algorithm(&self, allowed: AlgorithmSet) -> Result<(), JwsError> {
        if !allowed.contains(self.algorithm()) {
            return Err(JwsError::AlgorithmNotAllowed);
        }
        Ok(())
    }

    /// The key of the set that signed the token. Whether its algorithm is allowed
    /// is asked by [`Self::check_algorithm`].
    ///
    /// # Errors
    /// No key of the set could have signed it, none has, or nobody could tell.
    pub fn check_signature<'k>(
        &self,
        keys: &'k KeySet,
        verifier: &dyn VerifySignature,
    ) -> Result<&'k Jwk, JwsError> {
        let candidates = keys.candidates(self.algorithm(), self.key_id());
        let mut refusal = JwsError::BadSignature;
        for key in candidates.map_err(JwsError::NoKey)?.keys {
            let is_good = verifier.verify(
                key,
                self.algorithm(),
                self.signing_input(),
                self.signature(),
            );
            match is_good {
                Ok(true) => return Ok(key),
                Ok(false) => {}
                Err(error) => refusal = JwsError::Unchecked(error),
            }
        }
        Err(refusal)
    }
}

/// Shows no claim: they are somebody's.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Why a token was not verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VerifyError {
    /// Its form or its signature.
    Jws(JwsError),
    /// What it says.
    Claims(ClaimsError),
}

/// Why a signature was not verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JwsError {
    /// It is no token that one could verify.
    Token(TokenError),
    /// Its algorithm is known, and not allowed here.
    AlgorithmNotAllowed,
    /// No key can have signed it.
    NoKey(NoCandidate),
    /// No key has signed it: it is forged, or was changed on the way.
    BadSignature,
    /// It is not known whether a key has. The fault is ours.
    Unchecked(SignatureError),
}

impl VerifyError {
    /// The reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Jws(error) => error.code(),
            Self::Claims(error) => error.code(),
        }
    }
}

impl JwsError {
    /// The reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.code(),
            Self::AlgorithmNotAllowed => "jwt_algorithm_not_allowed",
            Self::NoKey(NoCandidate::UnknownKid) => "jwt_unknown_key",
            Self::NoKey(NoCandidate::KeyNotForAlgorithm) => "jwt_key_not_for_algorithm",
            Self::NoKey(NoCandidate::TooManyKeys) => "jwt_too_many_keys",
            Self::BadSignature => "jwt_bad_signature",
            Self::Unchecked(_) => "jwt_signature_unchecked",
        }
    }
}

impl From<JwsError> for VerifyError {
    fn from(error: JwsError) -> Self {
        Self::Jws(error)
    }
}

impl From<ClaimsError> for VerifyError {
    fn from(error: ClaimsError) -> Self {
        Self::Claims(error)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jws(error) => error.fmt(f),
            Self::Claims(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for JwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(error) => error.fmt(f),
            Self::AlgorithmNotAllowed => {
                f.write_str("expected a token signed with an algorithm that is allowed")
            }
            Self::NoKey(error) => error.fmt(f),
            Self::BadSignature => f.write_str("expected a signature by a key of the issuer"),
            Self::Unchecked(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for VerifyError {}

impl std::error::Error for JwsError {}
