//! Which key of a set signed a token.

use gatepost_jose::{
    Algorithm, Jwk, KeyId, KeySet, NoCandidate, SignatureError, Token, VerifySignature as _,
};

use super::SignatureChecks;
use super::refusal::{Lack, Refusal};
use crate::memory::KeptSigner;
use crate::reason::{self, Stage};
use crate::verifier::Verifier;

/// A key that signed a token.
pub(super) struct Signer {
    pub(super) key: KeyId,
    /// What the next run on the request is told of it.
    pub(super) kept: KeptSigner,
}

/// Whether the key that signed a token is still there and for its algorithm, and
/// counts by one of its names.
pub(super) fn still_signs(
    keys: &KeySet,
    (signer, algorithm): (KeyId, Algorithm),
    may_have_signed: impl Fn(&Jwk) -> Result<(), Refusal>,
) -> Result<bool, Refusal> {
    let mut result = Ok(false);
    let signs = |key: &&Jwk| key.id() == signer && key.allows(algorithm);
    for key in keys.keys().filter(signs) {
        match may_have_signed(key) {
            Ok(()) => return Ok(true),
            Err(refusal) => result = Err(refusal),
        }
    }
    result
}

/// The key that signed the token, of those that may have.
pub(super) fn signer(
    keys: &KeySet,
    token: &Token<'_>,
    verifier: &Verifier<'_>,
    checks: &SignatureChecks,
    may_have_signed: impl Fn(&Jwk) -> Result<(), Refusal>,
) -> Result<Signer, Refusal> {
    let no_candidate = |why| match why {
        NoCandidate::UnknownKid => Refusal::lacking(Lack::Kid, reason::UNKNOWN_KEY),
        NoCandidate::KeyNotForAlgorithm => Refusal::new(Stage::Key, reason::KEY_NOT_FOR_ALGORITHM),
        NoCandidate::TooManyKeys => Refusal::new(Stage::Key, reason::TOO_MANY_KEYS),
    };
    let candidates = keys
        .candidates(token.algorithm(), token.key_id())
        .map_err(no_candidate)?;
    let mut refusal = Refusal::new(Stage::Signature, reason::BAD_SIGNATURE);
    if candidates.kid_is_unknown {
        // The keys without a `kid` are tried, but the key may be one that is new.
        refusal = Refusal::lacking(Lack::Kid, reason::BAD_SIGNATURE);
    }
    for key in candidates.keys {
        if let Err(why) = may_have_signed(key) {
            refusal = why;
            continue;
        }
        if !checks.take() {
            return Err(Refusal::new(Stage::Exhausted, reason::TOO_MANY_CHECKS));
        }
        let is_good = verifier.verify(
            key,
            token.algorithm(),
            token.signing_input(),
            token.signature(),
        );
        match is_good {
            Ok(true) => {
                return Ok(Signer {
                    key: key.id(),
                    kept: KeptSigner::of(key, keys),
                });
            }
            Ok(false) | Err(SignatureError::KeyNotForAlgorithm) => {}
            Err(SignatureError::Unavailable) => {
                return Err(Refusal::new(Stage::Unavailable, reason::HOST_ERROR));
            }
        }
    }
    Err(refusal)
}
