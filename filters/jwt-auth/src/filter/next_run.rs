//! What a run leaves for the next one on the same request.

use std::rc::Rc;

use gatepost_filter::{Request, RuleRef};

use super::JwtAuth;
use crate::judge::{Good, Verified};
use crate::memory::decode;
use crate::requirement::Requirement;

impl JwtAuth {
    /// Keeps what the next run on this request will not find: the tokens that were
    /// taken away.
    pub(super) fn keep(&self, rule: RuleRef, tokens: &[Good], request: &Request<'_>) {
        if request.is_shadow(rule) || self.memory.refused().is_some() {
            return;
        }
        let is_taken = |token: &&Good| {
            let provider = self.providers.get(token.provider);
            provider.is_some_and(|provider| !provider.forwards_token)
        };
        // What was recalled, and nothing else, is kept already.
        if tokens
            .iter()
            .filter(is_taken)
            .all(|token| token.is_recalled)
        {
            return;
        }
        let mut taken = tokens.iter().filter(is_taken);
        // A run that could not keep it judges as well as one that did.
        let _ = match (taken.next(), taken.next()) {
            (Some(one), None) => self.memory.keep(request.services(), &one.verified.kept),
            _ => {
                let all = tokens.iter().filter(is_taken);
                let all: Vec<&[u8]> = all.map(|token| &*token.verified.kept).collect();
                self.memory.keep(request.services(), &all.concat())
            }
        };
    }

    /// The tokens that an earlier run on this request found good, of the providers
    /// that are asked for now: a token of another is none.
    pub(super) fn recall(
        &self,
        requirement: &Requirement,
        request: &Request<'_>,
    ) -> Option<Vec<Good>> {
        let bytes = self.memory.recall(request).ok()??;
        let kept = decode(&bytes, self.limits.max_depth)?;
        let leaves = requirement.leaves();
        let good = kept.into_iter().filter_map(|kept| {
            let number = kept.provider;
            leaves.iter().find(|leaf| leaf.provider == number)?;
            let provider = self.providers.get(number)?;
            let verified = Verified::recalled(kept, provider, request.services())?;
            Some(Good {
                provider: number,
                verified: Rc::new(verified),
                forwarded: None,
                is_recalled: true,
            })
        });
        Some(good.collect()).filter(|all: &Vec<Good>| !all.is_empty())
    }
}
