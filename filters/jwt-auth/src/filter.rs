//! The judgement of a request, from its rule to its verdict.

mod admit;
mod hope;
mod load;
mod next_run;
mod refuse;

use std::cell::{Cell, RefCell};

use gatepost_filter::{
    CredentialSources, DefaultAction, Denial, Event, Filter, Reason, Request, RequestMemory, Root,
    RootEvent, RuleRef, Services, Verdict, is_cors_preflight,
};
use gatepost_http_match::Selection;
use gatepost_jose::{AlgorithmSet, KnownHeaders, TokenLimits};

use self::hope::Hope;
pub(crate) use self::load::load;
use crate::cache::Cache;
use crate::judge::{Good, Judge, Presented, Refusal, SignatureChecks, Verified};
use crate::plan::{Access, Plan};
use crate::provider::Provider;
use crate::reason::{self, Stage};
use crate::requirement::Wanted;
use crate::tokens::find_tokens;

struct JwtAuth {
    plan: Plan,
    /// By [`Leaf::provider`](crate::requirement::Leaf::provider).
    providers: Vec<Provider>,
    cache: RefCell<Cache<Verified>>,
    headers: KnownHeaders,
    limits: TokenLimits,
    /// The algorithms that the proxy checks.
    by_proxy: AlgorithmSet,
    memory: RequestMemory,
}

/// How often a request is judged again at once because keys have just come.
const MOST_LOOKS: u8 = 2;

impl Filter for JwtAuth {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        if self.plan.passes_preflights && is_cors_preflight(request.view()) {
            return self.pass(RuleRef::None, reason::PREFLIGHT, request);
        }
        match self.plan.rules.first(request) {
            Selection::Rule(index) => match self.plan.rules.get(index) {
                Some(access) => self.judge(RuleRef::Rule(index), access, request),
                // The index came from these rules.
                None => self.by_default(DefaultAction::Deny, request),
            },
            Selection::None => self.by_default(self.plan.default, request),
            Selection::Undecided(why) => Verdict::Deny(Denial::undecided(why)),
        }
    }

    /// What the request waited for has come, or did not: it is judged anew.
    fn on_event(&self, request: &mut Request<'_>, _event: Event) -> Verdict {
        self.on_request(request)
    }

    fn credentials(&self) -> &[CredentialSources] {
        &self.plan.places
    }

    fn on_root(&self, root: &mut Root<'_>, event: RootEvent) {
        for provider in &self.providers {
            provider.on_event(root, event);
        }
        self.forget_orphans(root.services());
    }

    fn on_close(&self, services: &dyn Services) {
        for provider in &self.providers {
            provider.close(services);
        }
    }
}

impl JwtAuth {
    fn by_default(&self, action: DefaultAction, request: &mut Request<'_>) -> Verdict {
        match action {
            DefaultAction::Allow => self.pass(RuleRef::Default, reason::DEFAULT_ALLOWED, request),
            DefaultAction::Deny => {
                Verdict::Deny(self.denial(RuleRef::Default, reason::DEFAULT_DENIED, &[]))
            }
        }
    }

    fn judge(&self, rule: RuleRef, access: &Access, request: &mut Request<'_>) -> Verdict {
        let Some(wanted) = &access.wanted else {
            return self.pass(rule, reason::NOT_REQUIRED, request);
        };
        // A request that has waited goes on counting.
        let checks = request.take_state::<SignatureChecks>();
        let checks = checks.map(|checks| *checks).unwrap_or_default();
        let authenticate = |request: &mut Request<'_>| {
            self.authenticate(wanted, access.is_optional, &checks, request)
        };
        let mut result = authenticate(request);
        let mut looks = 0..MOST_LOOKS;
        loop {
            let refusal = match result {
                Ok(tokens) if tokens.is_empty() => {
                    return self.pass(rule, reason::ANONYMOUS, request);
                }
                Ok(tokens) => return self.admit(rule, access, &tokens, request),
                Err(refusal) => refusal,
            };
            match self.hope(rule, &refusal, request) {
                Hope::Settled(verdict) => {
                    if matches!(verdict, Verdict::Wait(_)) {
                        request.keep_state(checks);
                    }
                    return verdict;
                }
                Hope::Now if looks.next().is_some() => result = authenticate(request),
                Hope::Now => {
                    let row = reason::KEYS_UNAVAILABLE;
                    return Verdict::Deny(self.refusal(rule, row, refusal.provider));
                }
            }
        }
    }

    /// Forgets tokens whose key has left its set.
    fn forget_orphans(&self, services: &dyn Services) {
        for (number, provider) in self.providers.iter().enumerate() {
            if !provider.keys.took_change() {
                continue;
            }
            provider.keys.with(services, |keys| {
                let is_there = |key| keys.is_ok_and(|keys| keys.contains(key));
                self.cache
                    .borrow_mut()
                    .retain(|of, verified| of != number || is_there(verified.key));
            });
        }
    }

    /// The good tokens of a request; none where none has to be. Where it lacks one,
    /// those count that an earlier run on it has taken away.
    fn authenticate(
        &self,
        wanted: &Wanted,
        is_optional: bool,
        checks: &SignatureChecks,
        request: &mut Request<'_>,
    ) -> Result<Vec<Good>, Refusal> {
        let result = self.establish(wanted, is_optional, &[], checks, request);
        if !is_without_token(&result) {
            return result;
        }
        match self.recall(&wanted.requirement, request) {
            Some(recalled) => self.establish(wanted, false, &recalled, checks, request),
            None => result,
        }
    }

    /// The good tokens of a request, and of those that were recalled for it.
    fn establish(
        &self,
        wanted: &Wanted,
        may_lack: bool,
        recalled: &[Good],
        checks: &SignatureChecks,
        request: &mut Request<'_>,
    ) -> Result<Vec<Good>, Refusal> {
        let services = request.services();
        let (places, several) = (&self.plan.places, self.plan.several_tokens);
        let found = find_tokens(wanted, places, several, request.view())
            .map_err(|row| Refusal::new(Stage::Parse, row))?;
        let tokens: Vec<Presented<'_>> = found
            .iter()
            .map(|(places, token)| Presented::new(*places, token))
            .collect();
        // CVE-2021-21378: only a request without any token is one without a token.
        if tokens.is_empty() && may_lack {
            return Ok(Vec::new());
        }
        let judge = Judge {
            providers: &self.providers,
            cache: &self.cache,
            headers: &self.headers,
            limits: self.limits,
            by_proxy: self.by_proxy,
            services,
            now: Cell::default(),
            signature_checks: checks,
            recalled,
        };
        judge.satisfy(&wanted.requirement, &tokens)
    }

    /// Lets a request pass that needed no token.
    fn pass(&self, rule: RuleRef, reason: Reason, request: &mut Request<'_>) -> Verdict {
        self.strip(rule, &[], request);
        Verdict::pass(rule, reason)
    }
}

/// Whether a request had no token where one was looked for.
fn is_without_token(result: &Result<Vec<Good>, Refusal>) -> bool {
    match result {
        Ok(tokens) => tokens.is_empty(),
        Err(refusal) => refusal.stage == Stage::Missing,
    }
}
