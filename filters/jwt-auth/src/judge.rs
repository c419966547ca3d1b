//! Whether a token is good.
//!
//! Cheap checks come first, and those that another request could settle come last:
//! only a token with nothing but its signature open waits for keys, or has some
//! fetched.

mod budget;
mod checks;
mod presented;
mod refusal;
mod signer;
mod verified;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gatepost_filter::Services;
use gatepost_jose::{AlgorithmSet, ClaimsError, ClaimsPolicy, Jwk, KnownHeaders, TokenLimits};

pub(crate) use self::budget::SignatureChecks;
use self::checks::{check_algorithm, check_binding_of, check_subject};
use self::presented::Parsed;
pub(crate) use self::presented::Presented;
use self::refusal::no_keys;
pub(crate) use self::refusal::{Lack, Refusal};
use self::signer::{signer, still_signs};
pub(crate) use self::verified::{Good, Verified};
use crate::binding::is_dpop_bound;
use crate::cache::Cache;
use crate::memory::encode;
use crate::provider::Provider;
use crate::reason::{self, Stage};
use crate::requirement::{Leaf, Requirement};
use crate::verifier::Verifier;

/// Judges the tokens of one request.
pub(crate) struct Judge<'a> {
    pub(crate) providers: &'a [Provider],
    pub(crate) cache: &'a RefCell<Cache<Verified>>,
    pub(crate) headers: &'a KnownHeaders,
    pub(crate) limits: TokenLimits,
    pub(crate) by_proxy: AlgorithmSet,
    pub(crate) services: &'a dyn Services,
    pub(crate) now: Cell<Option<Duration>>,
    pub(crate) signature_checks: &'a SignatureChecks,
    /// The tokens that an earlier run on this request found good.
    pub(crate) recalled: &'a [Good],
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
                        is_recalled: false,
                    });
                }
                Err(other) => refusal = refusal.or(other.by(leaf.provider)),
            }
        }
        Err(refusal)
    }

    /// Judges what an earlier run found good, by this run's rule. It moves nothing:
    /// what is missing now was there then, on this very worker.
    fn judge_again(&self, provider: &Provider, leaf: &Leaf, known: &Good) -> Result<Good, Refusal> {
        let policy = leaf.policy.as_ref().unwrap_or(&provider.policy);
        let refusal = match self.recheck(provider, policy, &known.verified) {
            Ok(true) => return Ok(known.clone()),
            Ok(false) => Refusal::new(Stage::Key, reason::UNKNOWN_KEY),
            Err(refusal) => refusal,
        };
        let refusal = Refusal {
            lack: None,
            ..refusal
        };
        Err(refusal.by(leaf.provider))
    }

    fn judge(
        &self,
        provider: &Provider,
        leaf: &Leaf,
        token: &Presented<'_>,
    ) -> Result<Rc<Verified>, Refusal> {
        let policy = leaf.policy.as_ref().unwrap_or(&provider.policy);
        let bytes = token.text;
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
        let parsed = token.parsed(self.limits, self.headers)?;
        let verified = Rc::new(self.verify((leaf.provider, provider), policy, parsed)?);
        self.headers.keep(&parsed.token);
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
    /// of another rule, revocation, keys and what they are for, the peer. False if
    /// its key is gone, or checks its algorithm no more.
    fn recheck(
        &self,
        provider: &Provider,
        policy: &ClaimsPolicy,
        known: &Verified,
    ) -> Result<bool, Refusal> {
        let claims = &known.claims;
        check_algorithm(provider, known.algorithm)?;
        let of_claims = |error: ClaimsError| Refusal::of_claims(&error);
        policy.audiences.check(claims).map_err(of_claims)?;
        policy.check_times(claims, self.now()?).map_err(of_claims)?;
        self.check_revocation(provider, claims, known.kid.as_deref())?;
        let may_have_signed = |key: &Jwk| self.check_key(provider, claims, key);
        let is_there = provider.keys.with(self.services, |keys| {
            let keys = keys.map_err(no_keys)?;
            still_signs(keys, (known.key, known.algorithm), may_have_signed)
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
        check_algorithm(provider, token.algorithm())?;
        if let Some(subject) = &provider.subject {
            check_subject(subject, claims.subject())?;
        }
        if !provider.accepts_dpop_bound && is_dpop_bound(claims.value()) {
            return Err(Refusal::new(Stage::Policy, reason::DPOP_BOUND));
        }
        self.check_revocation(provider, claims, token.key_id())?;
        let verifier = Verifier {
            by_proxy: self.by_proxy,
            services: self.services,
        };
        let may_have_signed = |key: &Jwk| self.check_key(provider, claims, key);
        let signer = provider.keys.with(self.services, |keys| {
            let keys = keys.map_err(no_keys)?;
            signer(
                keys,
                token,
                &verifier,
                self.signature_checks,
                may_have_signed,
            )
        });
        let signer = signer.map_err(|refusal| match refusal.lack {
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
            kept: encode(
                number,
                (token.algorithm(), signer.kept),
                token.key_id(),
                token.unverified_payload(),
            ),
            key: signer.key,
            algorithm: token.algorithm(),
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
