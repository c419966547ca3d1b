//! What a request may wait for.

use std::time::Duration;

use gatepost_filter::{Demand, Missing, Request, RuleRef, Verdict, Wait, WaitFor, WakeKey};

use super::JwtAuth;
use crate::judge::{Lack, Refusal};
use crate::provider::Provider;

/// What a request may hope for whose token may be good.
pub(super) enum Hope {
    /// Something has just come: it is to be judged again.
    Now,
    /// It waits, or is refused.
    Settled(Verdict),
}

/// What became of something that a token lacks.
enum Prospect {
    /// It has just come.
    Arrived,
    /// It is being fetched; so long a request may wait for it.
    Coming(WakeKey, Duration),
    /// It is not there.
    Absent,
    /// Nobody can tell.
    Unknown,
}

impl JwtAuth {
    /// What there is to hope for by a request whose token may be good. Any of the
    /// things that it lacks will do, so all are asked for.
    pub(super) fn hope(&self, rule: RuleRef, refusal: &Refusal, request: &mut Request<'_>) -> Hope {
        let mut keys = Vec::new();
        let mut longest = Duration::ZERO;
        let mut unknown = None;
        let mut has_arrived = false;
        let is_shadow = request.is_shadow(rule);
        for (number, lack) in &refusal.lacks {
            let Some(provider) = self.providers.get(*number) else {
                continue;
            };
            match prospect(provider, *lack, is_shadow, request) {
                Prospect::Absent => continue,
                Prospect::Arrived => has_arrived = true,
                Prospect::Coming(key, at_most) => {
                    keys.push(key);
                    longest = longest.max(at_most);
                }
                Prospect::Unknown => {}
            }
            // In shadow mode it is told what nobody looked for.
            if !is_shadow || *lack != Lack::Kid {
                unknown.get_or_insert((*number, lack.row()));
            }
        }
        if has_arrived {
            return Hope::Now;
        }
        let otherwise = match unknown {
            Some((number, row)) => self.refusal(rule, row, Some(number)),
            None => self.refusal(rule, refusal.row, refusal.provider),
        };
        Hope::Settled(match keys.is_empty() {
            true => Verdict::Deny(otherwise),
            false => Verdict::Wait(Wait {
                what: WaitFor::Wake(keys),
                at_most: longest,
                otherwise,
            }),
        })
    }
}

fn prospect(
    provider: &Provider,
    lack: Lack,
    is_shadow: bool,
    request: &mut Request<'_>,
) -> Prospect {
    let wait = match lack {
        Lack::Keys(Missing::NotLoaded) => provider.keys.wait(request),
        Lack::Revocations(Missing::NotLoaded) => provider.revocation.wait(request),
        Lack::Keys(Missing::Stale) | Lack::Revocations(Missing::Stale) => None,
        // In shadow mode nothing is fetched for it, so nobody can tell.
        Lack::Kid if is_shadow => provider.keys.wait_for_news(request),
        Lack::Kid => match provider.keys.demand(request) {
            Demand::Arrived => return Prospect::Arrived,
            Demand::Coming => provider.keys.wait_for_news(request),
            Demand::Answered => return Prospect::Absent,
            Demand::Unanswered => None,
        },
    };
    wait.map_or(Prospect::Unknown, |(key, at_most)| {
        Prospect::Coming(key, at_most)
    })
}
