//! The judgement.

use std::time::Duration;

use gatepost_config::Problems;
use gatepost_filter::{
    ChallengeError, CredentialSources, Denial, Filter, ForwardedCredential, Level, Load, Loaded,
    Malformed, Pass, Reason, Request, RuleRef, Verdict, is_cors_preflight,
};
use gatepost_http_match::{ApiKeyId, Selection};

use crate::config::{Config, Require};
use crate::digest::LONGEST_KEY;
use crate::keys::{Found, KeySet, Record};
use crate::plan::{Access, Plan};
use crate::warnings::warnings;

/// Loads the filter from its document.
pub(crate) fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config = load.read()?;
    let (plan, settings) = Plan::new(config, &load.path, load.services)?;
    for warning in warnings(&plan, &settings) {
        load.services
            .log(Level::Warn, &format!("{}: {warning}", load.instance));
    }
    Ok(Loaded {
        owned_headers: plan.outputs.names(),
        filter: Box::new(ApiKeyAuth { plan }),
        settings,
        tick: None,
    })
}

struct ApiKeyAuth {
    plan: Plan,
}

const ALLOWED: Reason = Reason::fixed("allowed");
const EXEMPT: Reason = Reason::fixed("exempt");
const ANONYMOUS: Reason = Reason::fixed("anonymous");
const CORS_PREFLIGHT: Reason = Reason::fixed("cors_preflight");
const MISSING: Reason = Reason::fixed("api_key_missing");
const UNKNOWN: Reason = Reason::fixed("api_key_unknown");
const DISABLED: Reason = Reason::fixed("api_key_disabled");
const NOT_YET_VALID: Reason = Reason::fixed("api_key_not_yet_valid");
const EXPIRED: Reason = Reason::fixed("api_key_expired");
const NOT_ALLOWED: Reason = Reason::fixed("api_key_not_allowed");
const SEVERAL: Reason = Reason::fixed("api_key_several");
const MALFORMED: Reason = Reason::fixed("api_key_malformed");
const UNSENDABLE: Reason = Reason::fixed("attribute_unsendable");
const HOST_ERROR: Reason = Reason::fixed("host_error");

impl Filter for ApiKeyAuth {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let (rule, access) = match self.plan.rules.first(request) {
            Selection::Rule(index) => match self.plan.rules.get(index) {
                Some(access) => (RuleRef::Rule(index), access),
                // The index came from these rules.
                None => (RuleRef::Default, &self.plan.default),
            },
            Selection::None => (RuleRef::Default, &self.plan.default),
            Selection::Undecided(why) => return Verdict::Deny(Denial::undecided(why)),
        };
        if access.require == Require::None {
            return self.pass(request, rule, access, EXEMPT, None);
        }
        if self.plan.passes_preflights && is_cors_preflight(request.view()) {
            return self.pass(request, rule, access, CORS_PREFLIGHT, None);
        }
        match self.look_up(access, request) {
            Looked::Nothing if access.require == Require::Optional => {
                self.pass(request, rule, access, ANONYMOUS, None)
            }
            Looked::Nothing => Verdict::Deny(
                Denial::with_status(rule, MISSING, 401).challenge(self.plan.challenges.bare()),
            ),
            Looked::Illegible(reason) => {
                let error = ChallengeError::InvalidRequest;
                let challenge = self
                    .plan
                    .challenges
                    .error(error, "one key is expected", &[]);
                Verdict::Deny(Denial::with_status(rule, reason, 400).challenge(challenge))
            }
            Looked::Unknown => Verdict::Deny(self.invalid(rule, UNKNOWN)),
            Looked::Known(client) => self.judge(request, rule, access, client),
        }
    }

    fn credentials(&self) -> &[CredentialSources] {
        std::slice::from_ref(&self.plan.sources)
    }
}

/// What there is of a key in a request.
enum Looked {
    Nothing,
    /// Several, or what no key can be.
    Illegible(Reason),
    Unknown,
    Known(Client),
}

/// Whose key it is, and what may be done with it.
struct Client {
    id: String,
    /// The key, as it stands in the request.
    key: Option<ForwardedCredential>,
    /// Why it is not good now, if it is not.
    refused: Option<Refused>,
    /// Whether the rule takes it.
    is_admitted: bool,
    /// Headers for the upstream, by their places; none when one cannot be sent.
    headers: Option<Vec<(usize, Vec<u8>)>>,
}

/// Why a known key is not good now.
enum Refused {
    /// It is said so, or the time is not right.
    ByKey(Reason),
    /// Nobody tells the time.
    NoClock,
}

impl ApiKeyAuth {
    fn look_up(&self, access: &Access, request: &mut Request<'_>) -> Looked {
        let services = request.services();
        let found = match self.plan.sources.find(request.view()) {
            Ok(found) => found,
            Err(Malformed::TooMany) => return Looked::Illegible(SEVERAL),
            Err(_) => return Looked::Illegible(MALFORMED),
        };
        let one = match found.as_slice() {
            [] => return Looked::Nothing,
            [one] if one.as_str().len() > LONGEST_KEY => return Looked::Illegible(MALFORMED),
            [one] => one,
            _ => return Looked::Illegible(SEVERAL),
        };
        let key = one.as_str().as_bytes();
        let now = || services.wall_clock().ok();
        match self.client(&self.plan.keys, key, access, now) {
            Some(client) => Looked::Known(Client {
                key: (!access.strips).then(|| one.into()),
                ..client
            }),
            None => Looked::Unknown,
        }
    }

    fn client(
        &self,
        keys: &KeySet,
        key: &[u8],
        access: &Access,
        now: impl FnOnce() -> Option<Duration>,
    ) -> Option<Client> {
        let Found::Key(place) = keys.find(&self.plan.hasher, key) else {
            return None;
        };
        // Every record was read when the keys were loaded.
        let record = keys.record(place)?;
        Some(Client {
            id: record.id.to_owned(),
            key: None,
            refused: refused(&record, now),
            is_admitted: access.admits(&record),
            headers: self.plan.outputs.of(&record).ok(),
        })
    }

    fn judge(
        &self,
        request: &mut Request<'_>,
        rule: RuleRef,
        access: &Access,
        client: Client,
    ) -> Verdict {
        let denial = match client.refused {
            Some(Refused::ByKey(reason)) => Some(self.invalid(rule, reason)),
            Some(Refused::NoClock) => Some(Denial::with_status(rule, HOST_ERROR, 503)),
            None => None,
        };
        if let Some(denial) = denial {
            return Verdict::Deny(denial.field("key_id", client.id));
        }
        // Also of a request that is denied: in shadow mode it goes on all the same.
        request.facts_mut().insert(ApiKeyId(client.id.clone()));
        let is_told = client.headers.is_some_and(|headers| {
            headers.into_iter().all(|(place, value)| {
                let name = self.plan.outputs.name(place);
                name.is_some_and(|name| request.set_header(name, &value).is_ok())
            })
        });
        if !is_told {
            let denial = Denial::with_status(rule, UNSENDABLE, 503);
            return Verdict::Deny(denial.field("key_id", client.id));
        }
        if !client.is_admitted {
            let denial = Denial::by_policy(rule, NOT_ALLOWED);
            return Verdict::Deny(denial.field("key_id", client.id));
        }
        self.pass(
            request,
            rule,
            access,
            ALLOWED,
            Some((client.id, client.key)),
        )
    }

    fn pass(
        &self,
        request: &mut Request<'_>,
        rule: RuleRef,
        access: &Access,
        reason: Reason,
        client: Option<(String, Option<ForwardedCredential>)>,
    ) -> Verdict {
        // An upstream that trusts the gateway gets no key that was not looked up.
        let (key_id, key) = client.map_or((None, None), |(id, key)| (Some(id), key));
        let forwarded = key.filter(|_| !access.strips);
        CredentialSources::strip_all(self.credentials(), forwarded.as_slice(), request, rule);
        // Written out only for a record that will be kept.
        let key_id = key_id.filter(|_| self.plan.records_passed);
        Verdict::Continue(Pass {
            rule,
            reason,
            fields: key_id.map(|id| ("key_id", id)).into_iter().collect(),
        })
    }

    /// The denial of a key that is not good: the answer tells no more than the reason.
    fn invalid(&self, rule: RuleRef, reason: Reason) -> Denial {
        let error = ChallengeError::InvalidToken;
        let challenge = self
            .plan
            .challenges
            .error(error, "the key is not good", &[]);
        Denial::with_status(rule, reason, 401).challenge(challenge)
    }
}

fn refused(key: &Record<'_>, now: impl FnOnce() -> Option<Duration>) -> Option<Refused> {
    if key.disabled {
        return Some(Refused::ByKey(DISABLED));
    }
    if key.not_before.is_none() && key.expires.is_none() {
        return None;
    }
    let Some(now) = now() else {
        return Some(Refused::NoClock);
    };
    if key.not_before.is_some_and(|start| now < start) {
        return Some(Refused::ByKey(NOT_YET_VALID));
    }
    if key.expires.is_some_and(|end| now >= end) {
        return Some(Refused::ByKey(EXPIRED));
    }
    None
}
