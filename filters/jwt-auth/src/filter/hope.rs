//! What a request may wait for.

use std::time::Duration;

use gatepost_filter::{Demand, Missing, Request, RuleRef, WaitFor};

use super::JwtAuth;
use crate::judge::{Lack, Refusal};

/// What a request may hope for that lacks something.
pub(super) enum Hope {
    /// Nothing: it is refused.
    None,
    /// It has just come.
    Now,
    /// It may come.
    Later(WaitFor, Duration),
}

impl JwtAuth {
    /// What there is to hope for by a request whose token may be good.
    pub(super) fn hope(&self, rule: RuleRef, refusal: &Refusal, request: &mut Request<'_>) -> Hope {
        let provider = refusal
            .provider
            .and_then(|number| self.providers.get(number));
        let (Some(lack), Some(provider)) = (refusal.lack, provider) else {
            return Hope::None;
        };
        let wait = match lack {
            Lack::Keys(Missing::NotLoaded) => provider.keys.wait(request),
            Lack::Revocations(Missing::NotLoaded) => provider.revocation.wait(request),
            Lack::Keys(Missing::Stale) | Lack::Revocations(Missing::Stale) => None,
            // In shadow mode nothing is fetched for it, so nobody can tell.
            Lack::Kid if request.is_shadow(rule) => provider.keys.wait_for_news(request),
            Lack::Kid => match provider.keys.demand(request) {
                Demand::Arrived => return Hope::Now,
                Demand::Coming => provider.keys.wait_for_news(request),
                Demand::Useless => None,
            },
        };
        match wait {
            Some((key, at_most)) => Hope::Later(WaitFor::Wake(key), at_most),
            None => Hope::None,
        }
    }
}
