//! The judgement.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gatepost_config::Problems;
use gatepost_filter::{
    ChallengeError, CredentialSources, DefaultAction, Demand, Denial, Event, Filter, HostError,
    Level, Load, Loaded, Missing, Pass, Reason, Request, RequestMemory, Root, RootEvent, RuleRef,
    Services, Verdict, Wait, WaitFor, is_cors_preflight,
};
use gatepost_http_match::{Claims, RequestView, Selection};
use gatepost_jose::{AlgorithmSet, TokenLimits};

use crate::authorize::Authorization;
use crate::cache::Cache;
use crate::config::Config;
use crate::judge::{Good, Judge, Lack, Presented, Refusal, Verified};
use crate::keys::Numbering;
use crate::memory::decode;
use crate::plan::{Access, Plan};
use crate::provider::Provider;
use crate::reason::{self, Answer, Row, Stage};
use crate::requirement::Requirement;
use crate::tokens::find_tokens;
use crate::verifier::probe;
use crate::warnings::warnings;

/// Loads the filter from its document.
pub(crate) fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config<'_> = load.read()?;
    let services = load.services;
    let found = warnings(&config);
    let (mut plan, settings) = Plan::new(config, &load.path, services)?;
    for warning in found {
        services.log(Level::Warn, &format!("{}: {warning}", load.instance));
    }
    let owned_headers = plan.owned_headers();
    let wanted: AlgorithmSet = plan
        .providers
        .iter()
        .flat_map(|provider| provider.algorithms.iter())
        .collect();
    let mut numbering = Numbering {
        instance: load.instance,
        next: 0,
    };
    let providers: Vec<Provider> = std::mem::take(&mut plan.providers)
        .into_iter()
        .map(|provider| Provider::new(provider, &mut numbering, services))
        .collect();
    let by_proxy = probe(wanted, services);
    if services.logs(Level::Info) {
        services.log(
            Level::Info,
            &format!(
                "{}: the proxy checks signatures of {by_proxy:?}",
                load.instance
            ),
        );
    }
    Ok(Loaded {
        tick: providers
            .iter()
            .any(Provider::is_remote)
            .then_some(FIRST_TICK),
        filter: Box::new(JwtAuth {
            cache: RefCell::new(Cache::new(plan.cache.entries, plan.cache.max_bytes)),
            limits: TokenLimits {
                max_bytes: plan.max_token_bytes,
                ..TokenLimits::default()
            },
            providers,
            by_proxy,
            memory: RequestMemory::declare(load),
            plan,
        }),
        settings,
        owned_headers,
    })
}

struct JwtAuth {
    plan: Plan,
    /// By [`Leaf::provider`](crate::requirement::Leaf::provider).
    providers: Vec<Provider>,
    cache: RefCell<Cache<Verified>>,
    limits: TokenLimits,
    /// The algorithms that the proxy checks.
    by_proxy: AlgorithmSet,
    memory: RequestMemory,
}

/// What a request may hope for that lacks something.
enum Hope {
    /// Nothing: it is refused.
    None,
    /// It has just come.
    Now,
    /// It may come.
    Later(WaitFor, Duration),
}

/// The first tick of a worker that keeps something of a server.
const FIRST_TICK: Duration = Duration::from_millis(50);
/// Seconds after which a request that lacks something of ours may come again.
const RETRY_AFTER: &str = "2";
/// The longest value of a record's field, in bytes.
const LONGEST_FIELD: usize = 256;

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
        let Some(requirement) = &access.requirement else {
            return self.pass(rule, reason::NOT_REQUIRED, request);
        };
        let services = request.services();
        let authenticate = |request: &mut Request<'_>, recalled: &[Good]| {
            let may_lack = access.is_optional && recalled.is_empty();
            self.authenticate(requirement, may_lack, recalled, services, request.view())
        };
        let mut result = authenticate(request, &[]);
        if is_without_token(&result)
            && let Some(recalled) = self.recall(request)
        {
            result = authenticate(request, &recalled);
        }
        if let Err(refusal) = &result {
            match self.hope(rule, refusal, request) {
                Hope::None => {}
                Hope::Now => result = authenticate(request, &[]),
                Hope::Later(what, at_most) => {
                    return Verdict::Wait(Wait {
                        what,
                        at_most,
                        otherwise: self.refusal(rule, refusal),
                    });
                }
            }
        }
        match result {
            Ok(tokens) if tokens.is_empty() => self.pass(rule, reason::ANONYMOUS, request),
            Ok(tokens) => self.admit(rule, access, &tokens, request),
            Err(refusal) => Verdict::Deny(self.refusal(rule, &refusal)),
        }
    }

    /// What there is to hope for by a request whose token may be good.
    fn hope(&self, rule: RuleRef, refusal: &Refusal, request: &mut Request<'_>) -> Hope {
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

    /// The good tokens of a request; none where none has to be.
    fn authenticate(
        &self,
        requirement: &Requirement,
        is_optional: bool,
        recalled: &[Good],
        services: &dyn Services,
        view: &RequestView,
    ) -> Result<Vec<Good>, Refusal> {
        let found = find_tokens(
            requirement,
            &self.providers,
            &self.plan.places,
            self.plan.several_tokens,
            view,
        )
        .map_err(|row| Refusal::new(Stage::Parse, row))?;
        let tokens: Vec<Presented<'_>> = found
            .iter()
            .flat_map(|(places, tokens)| {
                let presented = |token| Presented::new(*places, token);
                tokens.iter().map(presented)
            })
            .collect();
        // CVE-2021-21378: only a request without any token is one without a token.
        if tokens.is_empty() && is_optional {
            return Ok(Vec::new());
        }
        let judge = Judge {
            providers: &self.providers,
            cache: &self.cache,
            limits: self.limits,
            by_proxy: self.by_proxy,
            services,
            now: Cell::default(),
            recalled,
        };
        judge.satisfy(requirement, &tokens)
    }

    /// Whether good tokens are enough; if so, what the upstream is to see.
    fn admit(
        &self,
        rule: RuleRef,
        access: &Access,
        tokens: &[Good],
        request: &mut Request<'_>,
    ) -> Verdict {
        let Some(first) = tokens.first() else {
            return Verdict::Deny(self.denial(rule, reason::MISSING, &[]));
        };
        let claims = first.verified.claims.shared();
        request.facts_mut().insert(Claims(Rc::clone(&claims)));
        let mut denial = self.authorize(rule, &access.authorization, &claims, request);
        // In shadow mode the upstream sees what it would see of an allowed request.
        if (denial.is_none() || request.is_shadow(rule))
            && let Err(row) = show(tokens, request)
        {
            denial = denial.or_else(|| Some(self.denial(rule, row, &[])));
        }
        if let Some(denial) = denial {
            return Verdict::Deny(self.with_identity(denial, first));
        }
        self.strip(rule, tokens, request);
        self.keep(rule, tokens, request);
        let fields = match self.plan.records_passed {
            true => self.identity(first),
            false => Vec::new(),
        };
        Verdict::Continue(Pass {
            rule,
            reason: reason::ALLOWED,
            fields,
        })
    }

    /// Why the claims are not enough, if they are not.
    fn authorize(
        &self,
        rule: RuleRef,
        wanted: &Authorization,
        claims: &gatepost_http_match::Value,
        request: &mut Request<'_>,
    ) -> Option<Denial> {
        if let Some(scopes) = &wanted.scopes
            && !scopes.are_in(claims)
        {
            return Some(self.denial(rule, reason::SCOPE_MISSING, &scopes.wanted()));
        }
        if let Some(roles) = &wanted.roles
            && !roles.are_in(claims)
        {
            return Some(self.denial(rule, reason::ROLE_MISSING, &[]));
        }
        match wanted.allow.as_ref()?.matches(request.view()) {
            Ok(true) => None,
            Ok(false) => Some(self.denial(rule, reason::CLAIM_DENIED, &[])),
            Err(why) => Some(Denial {
                rule,
                ..Denial::undecided(why)
            }),
        }
    }

    /// Lets a request pass that needed no token.
    fn pass(&self, rule: RuleRef, reason: Reason, request: &mut Request<'_>) -> Verdict {
        self.strip(rule, &[], request);
        Verdict::pass(rule, reason)
    }

    /// Takes away all that stands in the place of a token of any provider, but for
    /// good tokens of those that forward theirs: the upstream, which trusts this
    /// filter, gets none that was not verified.
    fn strip(&self, rule: RuleRef, tokens: &[Good], request: &mut Request<'_>) {
        let forwarded = tokens.iter().filter_map(|token| token.forwarded.clone());
        let forwarded: Vec<_> = forwarded.collect();
        CredentialSources::strip_all(&self.plan.places, &forwarded, request, rule);
    }

    /// Keeps what the next run on this request will not find: the tokens that were
    /// taken away.
    fn keep(&self, rule: RuleRef, tokens: &[Good], request: &Request<'_>) {
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
    fn recall(&self, request: &Request<'_>) -> Option<Vec<Good>> {
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

    fn refusal(&self, rule: RuleRef, refusal: &Refusal) -> Denial {
        let denial = self.denial(rule, refusal.row, &[]);
        let provider = refusal
            .provider
            .and_then(|number| self.providers.get(number));
        match provider {
            Some(provider) => denial.field("provider", provider.name.clone()),
            None => denial,
        }
    }

    /// A refusal with the answer that its reason has.
    fn denial(&self, rule: RuleRef, row: Row, scopes: &[&str]) -> Denial {
        let challenges = &self.plan.challenges;
        let reason: Reason = row.reason();
        let error = |error| challenges.error(error, row.code, scopes);
        let (denial, challenge) = match row.answer {
            Answer::Missing => (
                Denial::with_status(rule, reason, 401),
                Some(challenges.bare()),
            ),
            Answer::InvalidToken => (
                Denial::with_status(rule, reason, 401),
                Some(error(ChallengeError::InvalidToken)),
            ),
            Answer::InvalidRequest => (
                Denial::with_status(rule, reason, 400),
                Some(error(ChallengeError::InvalidRequest)),
            ),
            Answer::InsufficientScope => (
                Denial::by_policy(rule, reason),
                Some(error(ChallengeError::InsufficientScope)),
            ),
            Answer::Forbidden => (Denial::by_policy(rule, reason), None),
            Answer::Unavailable => {
                let denial = Denial::with_status(rule, reason, 503);
                (denial.header("retry-after", RETRY_AFTER), None)
            }
        };
        match challenge {
            Some(challenge) => denial.header("www-authenticate", challenge),
            None => denial,
        }
    }

    fn with_identity(&self, mut denial: Denial, token: &Good) -> Denial {
        denial.fields.extend(self.identity(token));
        denial
    }

    /// Who a verified token speaks of, for the record.
    fn identity(&self, token: &Good) -> gatepost_filter::Fields {
        let mut fields = Vec::new();
        if let Some(provider) = self.providers.get(token.provider) {
            fields.push(("provider", provider.name.clone()));
        }
        if let Some(subject) = token.verified.claims.subject() {
            let cut = subject.floor_char_boundary(LONGEST_FIELD);
            let subject = subject.get(..cut).unwrap_or_default();
            fields.push(("subject", subject.to_owned()));
        }
        fields
    }
}

/// Whether a request had no token where one was looked for.
fn is_without_token(result: &Result<Vec<Good>, Refusal>) -> bool {
    match result {
        Ok(tokens) => tokens.is_empty(),
        Err(refusal) => refusal.stage == Stage::Missing,
    }
}

/// Sets the headers of all tokens; of one that several would set, the first's.
fn show(tokens: &[Good], request: &mut Request<'_>) -> Result<(), Row> {
    let is_unsendable = |token: &Good| token.verified.rendered.unsendable.is_some();
    if tokens.iter().any(is_unsendable) {
        return Err(reason::CLAIM_UNSENDABLE);
    }
    for token in tokens.iter().rev() {
        let shown = token.verified.rendered.apply(request);
        shown.map_err(|_| reason::CLAIM_UNSENDABLE)?;
    }
    Ok(())
}
