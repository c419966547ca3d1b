//! The judgement.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_config::Problems;
use gatepost_filter::{
    ChallengeError, CredentialSources, Denial, Event, Filter, ForwardedCredential, Level, Load,
    Loaded, Malformed, Missing, Pass, Reason, Request, RequestMemory, Root, RootEvent, RuleRef,
    Services, Verdict, Wait, WaitFor, is_cors_preflight,
};
use gatepost_http_match::{ApiKeyId, Selection};

use crate::config::{Config, Require};
use crate::digest::{LONGEST_KEY, Presented};
use crate::feed::Feed;
use crate::keys::{Found, KeyFormat, KeySet, Record};
use crate::plan::{Access, Plan};
use crate::warnings::warnings;

/// Loads the filter from its document.
pub(crate) fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config = load.read()?;
    let (mut plan, settings) = Plan::new(config, &load.path, load.services)?;
    for warning in warnings(&plan, &settings) {
        load.services
            .log(Level::Warn, &format!("{}: {warning}", load.instance));
    }
    let format = KeyFormat {
        accepts_hmac: plan.hasher.has_secret(),
    };
    let feed = plan.feed.take();
    let feed = feed.map(|feed| Feed::new(feed, format, load.instance, load.services));
    Ok(Loaded {
        owned_headers: plan.outputs.names(),
        tick: feed.is_some().then_some(Feed::FIRST_TICK),
        filter: Box::new(ApiKeyAuth {
            plan,
            feed,
            memory: RequestMemory::declare(load),
        }),
        settings,
    })
}

struct ApiKeyAuth {
    plan: Plan,
    feed: Option<Feed>,
    /// Whose key it was, for a run on the request that has lost it.
    memory: RequestMemory,
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
const KEYS_UNAVAILABLE: Reason = Reason::fixed("keys_unavailable");
const KEYS_STALE: Reason = Reason::fixed("keys_stale");
const UNSENDABLE: Reason = Reason::fixed("attribute_unsendable");
const HOST_ERROR: Reason = Reason::fixed("host_error");

/// Seconds after which a request whose keys are missing may come again.
const RETRY_AFTER: &str = "2";

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
            return self.pass(request, rule, EXEMPT, None);
        }
        if self.plan.passes_preflights && is_cors_preflight(request.view()) {
            return self.pass(request, rule, CORS_PREFLIGHT, None);
        }
        match self.look_up(access, request) {
            Looked::Nothing if access.require == Require::Optional => {
                self.pass(request, rule, ANONYMOUS, None)
            }
            Looked::Nothing => Verdict::Deny(
                Denial::with_status(rule, MISSING, 401).challenge(self.plan.challenges.bare()),
            ),
            Looked::Unreadable => Verdict::Deny(Denial::with_status(rule, HOST_ERROR, 503)),
            Looked::Illegible(reason) => {
                let error = ChallengeError::InvalidRequest;
                let challenge = self
                    .plan
                    .challenges
                    .error(error, "one key is expected", &[]);
                Verdict::Deny(Denial::with_status(rule, reason, 400).challenge(challenge))
            }
            Looked::Unavailable(missing) => self.unavailable(request, rule, missing),
            Looked::Unknown => Verdict::Deny(self.invalid(rule, UNKNOWN)),
            Looked::Known(client) => self.judge(request, rule, access, client),
        }
    }

    /// The keys have come, or did not: the request is judged anew.
    fn on_event(&self, request: &mut Request<'_>, _: Event) -> Verdict {
        self.on_request(request)
    }

    fn credentials(&self) -> &[CredentialSources] {
        std::slice::from_ref(&self.plan.sources)
    }

    fn on_root(&self, root: &mut Root<'_>, event: RootEvent) {
        if let Some(feed) = &self.feed {
            feed.on_event(root, event);
        }
    }

    fn on_close(&self, services: &dyn Services) {
        if let Some(feed) = &self.feed {
            feed.on_close(services);
        }
    }
}

/// What there is of a key in a request.
enum Looked {
    Nothing,
    /// The proxy does not tell whether there was one.
    Unreadable,
    /// Several, or what no key can be.
    Illegible(Reason),
    Unknown,
    /// Nobody can say: the feed has not come, or is too old.
    Unavailable(Missing),
    Known(Client),
}

/// Whose key it is, and what may be done with it.
struct Client {
    id: String,
    /// All that is known of it.
    record: Vec<u8>,
    /// The key, as it stands in the request, where it is to go on.
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
            [] => {
                drop(found);
                return self.recall(access, request);
            }
            [one] if one.as_bytes().len() > LONGEST_KEY => return Looked::Illegible(MALFORMED),
            [one] => one,
            _ => return Looked::Illegible(SEVERAL),
        };
        let presented = self.plan.hasher.present(one.as_bytes());
        let look = |keys: &KeySet| self.client(keys, &presented, access, services);
        let own = look(&self.plan.keys);
        let published = self.feed.as_ref().map(|feed| feed.with(services, look));
        match (own, published) {
            (Some(client), _) | (None, Some(Ok(Some(client)))) => Looked::Known(Client {
                key: (!access.strips).then(|| one.into()),
                ..client
            }),
            (None, Some(Err(missing))) => Looked::Unavailable(missing),
            (None, None | Some(Ok(None))) => Looked::Unknown,
        }
    }

    fn client(
        &self,
        keys: &KeySet,
        presented: &Presented,
        access: &Access,
        services: &dyn Services,
    ) -> Option<Client> {
        let Found::Key(place) = keys.find(presented) else {
            return None;
        };
        self.known(keys.record_bytes(place)?, access, services)
    }

    /// Every record was read when the keys were loaded: this one is good.
    fn known(&self, bytes: &[u8], access: &Access, services: &dyn Services) -> Option<Client> {
        let record = Record::read(bytes)?;
        Some(Client {
            id: record.id.to_owned(),
            record: bytes.to_vec(),
            key: None,
            refused: refused(&record, || services.wall_clock().ok()),
            is_admitted: access.admits(&record),
            headers: self.plan.outputs.of(&record).ok(),
        })
    }

    /// What a run before this one found out, before it took the key away: an internal
    /// redirect runs the filter again.
    fn recall(&self, access: &Access, request: &Request<'_>) -> Looked {
        match self.memory.recall(request) {
            Ok(Some(record)) => URL_SAFE_NO_PAD
                .decode(record)
                .ok()
                .and_then(|record| self.known(&record, access, request.services()))
                .map_or(Looked::Nothing, Looked::Known),
            Ok(None) => Looked::Nothing,
            Err(_) => Looked::Unreadable,
        }
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
        if access.strips && !request.is_shadow(rule) {
            // A request that is not redirected needs no memory.
            let record = URL_SAFE_NO_PAD.encode(&client.record);
            let _ = self.memory.keep(request.services(), record.as_bytes());
        }
        let whose = (client.id, client.key);
        self.pass(request, rule, ALLOWED, Some(whose))
    }

    fn pass(
        &self,
        request: &mut Request<'_>,
        rule: RuleRef,
        reason: Reason,
        whose: Option<(String, Option<ForwardedCredential>)>,
    ) -> Verdict {
        // An upstream that trusts the gateway gets no key that was not looked up.
        let (key_id, forwarded) = whose.map_or((None, None), |(id, key)| (Some(id), key));
        CredentialSources::strip_all(self.credentials(), forwarded.as_slice(), request, rule);
        // Written out only for a record that will be kept.
        let key_id = key_id.filter(|_| self.plan.records_passed);
        Verdict::Continue(Pass {
            rule,
            reason,
            fields: key_id.map(|id| ("key_id", id)).into_iter().collect(),
        })
    }

    /// What becomes of a request whose key may be one of those that are not there: it
    /// is our fault, and so no challenge.
    fn unavailable(&self, request: &mut Request<'_>, rule: RuleRef, missing: Missing) -> Verdict {
        let reason = match missing {
            Missing::NotLoaded => KEYS_UNAVAILABLE,
            Missing::Stale => KEYS_STALE,
        };
        let otherwise = Denial::with_status(rule, reason, 503).header("retry-after", RETRY_AFTER);
        match self.feed.as_ref().and_then(|feed| feed.wait(request)) {
            Some((key, at_most)) => Verdict::Wait(Wait {
                what: WaitFor::Wake(vec![key]),
                at_most,
                otherwise,
            }),
            None => Verdict::Deny(otherwise),
        }
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
