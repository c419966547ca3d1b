//! What a run leaves for the next one on the same request.

use std::rc::Rc;

use gatepost_filter::{HostError, Request, RuleRef};

use super::JwtAuth;
use crate::judge::{Good, Verified};
use crate::memory::decode;

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
        let mut taken = tokens.iter().filter(is_taken);
        // A run that could not keep it judges as well as one that did.
        let _ = match (taken.next(), taken.next()) {
            (None, _) => Ok(()),
            (Some(one), None) => self.keep_bytes(&one.verified.kept, request),
            _ => {
                let all = tokens.iter().filter(is_taken);
                let all: Vec<&[u8]> = all.map(|token| &*token.verified.kept).collect();
                self.keep_bytes(&all.concat(), request)
            }
        };
    }

    /// What was recalled is kept already.
    fn keep_bytes(&self, bytes: &[u8], request: &Request<'_>) -> Result<(), HostError> {
        match bytes {
            [] => Ok(()),
            bytes => self.memory.keep(request.services(), bytes),
        }
    }

    /// The tokens that an earlier run on this request found good.
    pub(super) fn recall(&self, request: &Request<'_>) -> Option<Vec<Good>> {
        let bytes = self.memory.recall(request).ok()??;
        let kept = decode(&bytes, self.limits.max_depth)?;
        let good = kept.into_iter().filter_map(|kept| {
            let number = kept.provider;
            let provider = self.providers.get(number)?;
            Some(Good {
                provider: number,
                verified: Rc::new(Verified::recalled(kept, provider)),
                forwarded: None,
            })
        });
        Some(good.collect()).filter(|all: &Vec<Good>| !all.is_empty())
    }
}
