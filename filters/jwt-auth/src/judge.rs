//! Whether a token is good.
//!
//! Cheap checks come first, and those that another request could settle come last:
//! only a token with nothing but its signature open waits for keys, or has some
//! fetched.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gatepost_filter::{Credential, ForwardedCredential, Missing, Services};
use gatepost_http_match::{TextMatcher, Undecided};
use gatepost_jose::{
    AlgorithmSet, ClaimsError, ClaimsPolicy, Jwk, KeyId, KeySet, NoCandidate, SignatureError,
    Token, TokenClaims, TokenLimits, VerifySignature,
};

use crate::binding::{BindingError, check_binding};
use crate::cache::Cache;
use crate::memory::{Kept, encode};
use crate::output::Rendered;
use crate::provider::Provider;
use crate::reason::{self, Row, Stage};
use crate::requirement::{Leaf, Requirement};
use crate::revocation::{NotGood, Revocable};
use crate::verifier::Verifier;

/// Judges the tokens of one request.
pub(crate) struct Judge<'a> {
    pub(crate) providers: &'a [Provider],
    pub(crate) cache: &'a RefCell<Cache<Verified>>,
    pub(crate) limits: TokenLimits,
    pub(crate) by_proxy: AlgorithmSet,
    pub(crate) services: &'a dyn Services,
    pub(crate) now: Cell<Option<Duration>>,
    /// The tokens that an earlier run on this request found good.
    pub(crate) recalled: &'a [Good],
}

/// A token as it came.
pub(crate) struct Presented<'a> {
    /// Where it stood, by [`ProviderPlan::places`](crate::plan::ProviderPlan).
    pub(crate) places: usize,
    pub(crate) text: &'a str,
    credential: &'a Credential<'a>,
    parsed: OnceCell<Result<Parsed<'a>, Row>>,
}

struct Parsed<'a> {
    token: Token<'a>,
    claims: TokenClaims,
}

/// A token whose signature is good, and who signed it.
pub(crate) struct Verified {
    pub(crate) claims: TokenClaims,
    kid: Option<Box<str>>,
    /// Which key signed it.
    pub(crate) key: KeyId,
    pub(crate) rendered: Rendered,
    /// What is kept of it for the next run on its request.
    pub(crate) kept: Box<[u8]>,
}

/// A good token, and the provider that it is one of.
#[derive(Clone)]
pub(crate) struct Good {
    pub(crate) provider: usize,
    pub(crate) verified: Rc<Verified>,
    /// As it stands in the request, if the upstream is to have it.
    pub(crate) forwarded: Option<ForwardedCredential>,
}

/// Why a token is not good, or nobody can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) stage: Stage,
    pub(crate) row: Row,
    /// Whose token it would have been.
    pub(crate) provider: Option<usize>,
    /// What would tell.
    pub(crate) lack: Option<Lack>,
}

/// What is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// The keys.
    Keys(Missing),
    /// A key with the token's `kid`.
    Kid,
    /// The list of what is revoked.
    Revocations(Missing),
}

impl<'a> Presented<'a> {
    pub(crate) fn new(places: usize, credential: &'a Credential<'a>) -> Self {
        Self {
            places,
            text: credential.as_str(),
            credential,
            parsed: OnceCell::new(),
        }
    }

    fn parsed(&self, limits: TokenLimits) -> Result<&Parsed<'a>, Refusal> {
        let parsed = self.parsed.get_or_init(|| parse(self.text, limits));
        parsed
            .as_ref()
            .map_err(|row| Refusal::new(Stage::Parse, *row))
    }
}

fn parse(text: &str, limits: TokenLimits) -> Result<Parsed<'_>, Row> {
    let token =
        Token::parse(text.as_bytes(), limits).map_err(|error| Row::invalid_token(error.code()))?;
    let claims =
        TokenClaims::unverified(&token).map_err(|error| Row::invalid_token(error.code()))?;
    Ok(Parsed { token, claims })
}

impl Refusal {
    pub(crate) fn new(stage: Stage, row: Row) -> Self {
        Self {
            stage,
            row,
            provider: None,
            lack: None,
        }
    }

    fn of_claims(error: &ClaimsError) -> Self {
        let stage = match error {
            ClaimsError::WrongIssuer => Stage::Issuer,
            _ => Stage::Policy,
        };
        Self::new(stage, Row::invalid_token(error.code()))
    }

    /// A token that may be good, if only that were there.
    fn lacking(lack: Lack, row: Row) -> Self {
        Self {
            lack: Some(lack),
            ..Self::new(Stage::Unavailable, row)
        }
    }

    /// The one of two that tells more.
    fn or(self, other: Self) -> Self {
        if other.stage > self.stage {
            other
        } else {
            self
        }
    }
}

impl Judge<'_> {
    /// The good tokens that a request has where this is required, in the order in
    /// which the requirement names their providers.
    pub(crate) fn satisfy(
        &self,
        requirement: &Requirement,
        tokens: &[Presented<'_>],
    ) -> Result<Vec<Good>, Refusal> {
        match requirement {
            Requirement::Provider(leaf) => self.any_of_leaf(leaf, tokens).map(|good| vec![good]),
            Requirement::Any(parts) => {
                let mut refusal = Refusal::new(Stage::Missing, reason::MISSING);
                for part in parts {
                    match self.satisfy(part, tokens) {
                        Ok(good) => return Ok(good),
                        Err(other) => refusal = refusal.or(other),
                    }
                }
                Err(refusal)
            }
            Requirement::All(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.satisfy(part, tokens)?);
                }
                Ok(all)
            }
        }
    }

    /// The first good token in the places of the leaf's provider.
    fn any_of_leaf(&self, leaf: &Leaf, tokens: &[Presented<'_>]) -> Result<Good, Refusal> {
        let mut refusal = Refusal::new(Stage::Missing, reason::MISSING);
        let Some(provider) = self.providers.get(leaf.provider) else {
            return Err(refusal);
        };
        let own = || {
            tokens
                .iter()
                .filter(|token| token.places == provider.places)
        };
        if own().next().is_none()
            && let Some(known) = self
                .recalled
                .iter()
                .find(|good| good.provider == leaf.provider)
        {
            return self.judge_again(provider, leaf, known);
        }
        for token in own() {
            match self.judge(provider, leaf, token) {
                Ok(verified) => {
                    return Ok(Good {
                        provider: leaf.provider,
                        verified,
                        forwarded: provider.forwards_token.then(|| token.credential.into()),
                    });
                }
                Err(other) => {
                    refusal = refusal.or(Refusal {
                        provider: Some(leaf.provider),
                        ..other
                    });
                }
            }
        }
        Err(refusal)
    }

    /// Judges what an earlier run found good, by this run's rule.
    fn judge_again(&self, provider: &Provider, leaf: &Leaf, known: &Good) -> Result<Good, Refusal> {
        let policy = leaf.policy.as_ref().unwrap_or(&provider.policy);
        let refusal = match self.recheck(provider, policy, &known.verified) {
            Ok(true) => return Ok(known.clone()),
            Ok(false) => Refusal::new(Stage::Key, reason::UNKNOWN_KEY),
            Err(refusal) => refusal,
        };
        Err(Refusal {
            provider: Some(leaf.provider),
            ..refusal
        })
    }

    fn judge(
        &self,
        provider: &Provider,
        leaf: &Leaf,
        token: &Presented<'_>,
    ) -> Result<Rc<Verified>, Refusal> {
        let policy = leaf.policy.as_ref().unwrap_or(&provider.policy);
        let bytes = token.text.as_bytes();
        let known = self.cache.borrow_mut().get(leaf.provider, bytes);
        if let Some(known) = known {
            match self.recheck(provider, policy, &known) {
                Ok(true) => return Ok(known),
                // Its key is gone: another one may have signed it, too.
                Ok(false) => self.cache.borrow_mut().remove(leaf.provider, bytes),
                Err(refusal) => {
                    if refusal.row.code == ClaimsError::Expired.code() {
                        self.cache.borrow_mut().remove(leaf.provider, bytes);
                    }
                    return Err(refusal);
                }
            }
        }
        let parsed = token.parsed(self.limits)?;
        let verified = Rc::new(self.verify((leaf.provider, provider), policy, parsed)?);
        self.cache.borrow_mut().insert(
            leaf.provider,
            bytes,
            verified.size(bytes.len()),
            Rc::clone(&verified),
        );
        check_binding_of(provider, &verified.claims, self.services)?;
        Ok(verified)
    }

    /// What may have changed for a token that was verified before: time, audiences
    /// of another rule, revocation, keys, the peer. False if its key is gone.
    fn recheck(
        &self,
        provider: &Provider,
        policy: &ClaimsPolicy,
        known: &Verified,
    ) -> Result<bool, Refusal> {
        let claims = &known.claims;
        let of_claims = |error: ClaimsError| Refusal::of_claims(&error);
        policy.audiences.check(claims).map_err(of_claims)?;
        policy.check_times(claims, self.now()?).map_err(of_claims)?;
        self.check_revocation(provider, claims, known.kid.as_deref())?;
        let may_have_signed = |key: &Jwk| self.check_key(provider, claims, key);
        let is_there = provider.keys.with(self.services, |keys| {
            let keys = keys.map_err(no_keys)?;
            still_signs(keys, known.key, may_have_signed)
        });
        if !is_there? {
            return Ok(false);
        }
        check_binding_of(provider, claims, self.services)?;
        Ok(true)
    }

    fn verify(
        &self,
        (number, provider): (usize, &Provider),
        policy: &ClaimsPolicy,
        Parsed { token, claims }: &Parsed<'_>,
    ) -> Result<Verified, Refusal> {
        let header = token.header();
        policy
            .check(header, claims, self.now()?)
            .map_err(|error| Refusal::of_claims(&error))?;
        if !provider.algorithms.contains(token.algorithm()) {
            return Err(Refusal::new(Stage::Policy, reason::ALGORITHM_NOT_ALLOWED));
        }
        if let Some(subject) = &provider.subject {
            check_subject(subject, claims.subject())?;
        }
        self.check_revocation(provider, claims, token.key_id())?;
        let verifier = Verifier {
            by_proxy: self.by_proxy,
            services: self.services,
        };
        let may_have_signed = |key: &Jwk| self.check_key(provider, claims, key);
        let key = provider.keys.with(self.services, |keys| {
            let keys = keys.map_err(no_keys)?;
            signer(keys, token, &verifier, may_have_signed)
        });
        let key = key.map_err(|refusal| match refusal.lack {
            // Keys that stand in the document are all that there will be.
            Some(Lack::Kid) if !provider.keys.are_remote() => Refusal::new(Stage::Key, refusal.row),
            _ => refusal,
        })?;
        Ok(Verified {
            rendered: provider
                .output
                .render(claims.value(), token.unverified_payload()),
            claims: claims.clone(),
            kid: token.key_id().map(Box::from),
            kept: encode(number, key, token.key_id(), token.unverified_payload()),
            key,
        })
    }

    /// Whether the key may have signed a token with these claims: a token that leaves
    /// out the `kid` of a revoked key counts no more than one that has it.
    fn check_key(
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

    fn check_revocation(
        &self,
        provider: &Provider,
        claims: &TokenClaims,
        kid: Option<&str>,
    ) -> Result<(), Refusal> {
        if provider.revocation.is_empty() {
            return Ok(());
        }
        let token = Revocable {
            jti: claims.token_id(),
            sub: claims.subject(),
            sid: claims.value().member("sid").and_then(|sid| sid.as_str()),
            kid,
            issued_at: claims.issued_at(),
        };
        provider
            .revocation
            .check(&token, self.services)
            .map_err(|why| match why {
                NotGood::Revoked => Refusal::new(Stage::Revocation, reason::REVOKED),
                NotGood::Unknown(missing) => {
                    let row = match missing {
                        Missing::NotLoaded => reason::REVOCATIONS_UNAVAILABLE,
                        Missing::Stale => reason::REVOCATIONS_STALE,
                    };
                    Refusal::lacking(Lack::Revocations(missing), row)
                }
            })
    }

    /// The wall clock, read once a request.
    fn now(&self) -> Result<Duration, Refusal> {
        if let Some(now) = self.now.get() {
            return Ok(now);
        }
        let now = self
            .services
            .wall_clock()
            .map_err(|_| Refusal::new(Stage::Unavailable, reason::HOST_ERROR))?;
        self.now.set(Some(now));
        Ok(now)
    }
}

impl Verified {
    /// What an earlier run on the same request kept, to be judged again.
    pub(crate) fn recalled(kept: Kept, provider: &Provider) -> Self {
        Self {
            rendered: provider.output.render(kept.claims.value(), &kept.payload),
            claims: kept.claims,
            kid: kept.kid,
            key: kept.key,
            kept: Box::default(),
        }
    }

    /// What it takes in the cache, in bytes: the token, its claims (whose tree takes
    /// some four times their text) and the headers made of them.
    fn size(&self, token: usize) -> usize {
        token
            .saturating_mul(4)
            .saturating_add(self.kept.len())
            .saturating_add(self.rendered.size())
            .saturating_add(256)
    }
}

/// Whether the key that signed a token is still there, and counts by one of its names.
fn still_signs(
    keys: &KeySet,
    signer: KeyId,
    may_have_signed: impl Fn(&Jwk) -> Result<(), Refusal>,
) -> Result<bool, Refusal> {
    let mut result = Ok(false);
    for key in keys.keys().filter(|key| key.id() == signer) {
        match may_have_signed(key) {
            Ok(()) => return Ok(true),
            Err(refusal) => result = Err(refusal),
        }
    }
    result
}

/// The key that signed the token, of those that may have.
fn signer(
    keys: &KeySet,
    token: &Token<'_>,
    verifier: &Verifier<'_>,
    may_have_signed: impl Fn(&Jwk) -> Result<(), Refusal>,
) -> Result<KeyId, Refusal> {
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
        let is_good = verifier.verify(
            key,
            token.algorithm(),
            token.signing_input(),
            token.signature(),
        );
        match is_good {
            Ok(true) => return Ok(key.id()),
            Ok(false) | Err(SignatureError::KeyNotForAlgorithm) => {}
            Err(SignatureError::Unavailable) => {
                return Err(Refusal::new(Stage::Unavailable, reason::HOST_ERROR));
            }
        }
    }
    Err(refusal)
}

fn no_keys(missing: Missing) -> Refusal {
    let row = match missing {
        Missing::NotLoaded => reason::KEYS_UNAVAILABLE,
        Missing::Stale => reason::KEYS_STALE,
    };
    Refusal::lacking(Lack::Keys(missing), row)
}

fn check_subject(wanted: &TextMatcher, subject: Option<&str>) -> Result<(), Refusal> {
    let passes = subject.map(|subject| wanted.matches(subject, Undecided::UnreadableClaim));
    match passes {
        Some(Ok(true)) => Ok(()),
        _ => Err(Refusal::new(Stage::Policy, reason::WRONG_SUBJECT)),
    }
}

fn check_binding_of(
    provider: &Provider,
    claims: &TokenClaims,
    services: &dyn Services,
) -> Result<(), Refusal> {
    check_binding(provider.binding, claims.value(), services).map_err(|error| match error {
        BindingError::NotBound => Refusal::new(Stage::Binding, reason::NOT_BOUND),
        BindingError::Host => Refusal::new(Stage::Unavailable, reason::HOST_ERROR),
    })
}
