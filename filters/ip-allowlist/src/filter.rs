//! The judgement.

use std::net::IpAddr;

use gatepost_config::Problems;
use gatepost_filter::{
    DefaultAction, Denial, Event, Filter, Level, Load, Loaded, Missing, Pass, Reason, Request,
    Root, RootEvent, RuleRef, Services, Verdict, Wait, WaitFor,
};
use gatepost_http_match::{ClientAddress, PeerIdentity, Selection, Undecided};
use gatepost_ip_set::Membership;

use crate::client::{UNKNOWN_PEER, UnknownClient, UnreadableIdentity, peer_identity};
use crate::config::{Config, Precedence};
use crate::feed::Feed;
use crate::plan::{Access, Allow, ListRef, Place, Plan};
use crate::warnings::warnings;

/// Loads the filter from its document.
pub(crate) fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config = load.read()?;
    let (mut plan, settings) = Plan::new(config, &load.path)?;
    for warning in warnings(&plan, &settings, load.services) {
        load.services
            .log(Level::Warn, &format!("{}: {warning}", load.instance));
    }
    let feeds: Vec<Feed> = std::mem::take(&mut plan.feeds)
        .into_iter()
        .zip(0..)
        .map(|(feed, key)| Feed::new(feed, key, load.instance, load.services))
        .collect();
    Ok(Loaded {
        tick: (!feeds.is_empty()).then_some(Feed::FIRST_TICK),
        filter: Box::new(IpAllowlist { plan, feeds }),
        settings,
        owned_headers: Vec::new(),
    })
}

struct IpAllowlist {
    plan: Plan,
    /// By [`Place::Feed`].
    feeds: Vec<Feed>,
}

const ALLOWED: Reason = Reason::fixed("allowed");
const DEFAULT_ALLOWED: Reason = Reason::fixed("default_allowed");
const DEFAULT_DENIED: Reason = Reason::fixed("default_denied");
const IP_NOT_ALLOWED: Reason = Reason::fixed("ip_not_allowed");
const IDENTITY_MISSING: Reason = Reason::fixed("identity_missing");
const IDENTITY_NOT_ALLOWED: Reason = Reason::fixed("identity_not_allowed");
const LIST_UNAVAILABLE: Reason = Reason::fixed("list_unavailable");
const LIST_STALE: Reason = Reason::fixed("list_stale");

impl Filter for IpAllowlist {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let client = self.learn_client(request);
        if self.plan.matches_identity
            && let Err(why) = learn_identity(request)
        {
            return Verdict::Deny(with_client(no_identity(RuleRef::None, why), client));
        }
        match self.plan.rules.first(request) {
            Selection::Rule(index) => match self.plan.rules.get(index) {
                Some(access) => self.judge(RuleRef::Rule(index), access, client, request),
                // The index came from these rules.
                None => self.judge_by_default(DefaultAction::Deny, client),
            },
            Selection::None => self.judge_by_default(self.plan.default, client),
            Selection::Undecided(why) => match client {
                // The rules ask for an address that we could not find: say why.
                Some(Err(error)) if why == Undecided::UnknownClientAddress => {
                    Verdict::Deny(no_address(RuleRef::None, error))
                }
                _ => Verdict::Deny(with_client(Denial::undecided(why), client)),
            },
        }
    }

    /// A list has come, or did not: the request is judged anew.
    fn on_event(&self, request: &mut Request<'_>, _event: Event) -> Verdict {
        self.on_request(request)
    }

    fn on_root(&self, root: &mut Root<'_>, event: RootEvent) {
        for feed in &self.feeds {
            feed.on_event(root, event);
        }
    }

    fn on_close(&self, services: &dyn Services) {
        for feed in &self.feeds {
            feed.on_close(services);
        }
    }
}

/// What is known of the client's address: nothing when the document names no
/// source of it.
type Client = Option<Result<IpAddr, UnknownClient>>;

impl IpAllowlist {
    fn learn_client(&self, request: &mut Request<'_>) -> Client {
        let source = self.plan.client.as_ref()?;
        let client = source.resolve(request);
        if let Ok(address) = client {
            request.facts_mut().insert(ClientAddress(address));
        }
        Some(client)
    }

    fn judge(
        &self,
        rule: RuleRef,
        access: &Access,
        client: Client,
        request: &mut Request<'_>,
    ) -> Verdict {
        if access.needs_address() {
            let address = match client {
                Some(Ok(address)) => address,
                Some(Err(error)) => return Verdict::Deny(no_address(rule, error)),
                None => return Verdict::Deny(no_address(rule, UNKNOWN_PEER)),
            };
            if let Some(verdict) = self.await_lists(rule, access, request) {
                return verdict;
            }
            if let Some(denial) = self.judge_address(rule, access, address) {
                return Verdict::Deny(denial);
            }
        } else if matches!(access.allow, Allow::Nobody) {
            return Verdict::Deny(with_client(Denial::by_policy(rule, IP_NOT_ALLOWED), client));
        }
        let Some(identities) = &access.identities else {
            return self.pass(rule, ALLOWED, client);
        };
        let identity = match learn_identity(request) {
            Ok(Some(identity)) => identity,
            Ok(None) => {
                let denial = Denial::by_policy(rule, IDENTITY_MISSING);
                return Verdict::Deny(with_client(denial, client));
            }
            Err(why) => return Verdict::Deny(with_client(no_identity(rule, why), client)),
        };
        if identities.iter().any(|allowed| allowed.is(&identity)) {
            return self.pass(rule, ALLOWED, client);
        }
        let denial = Denial::by_policy(rule, IDENTITY_NOT_ALLOWED).field("identity", identity);
        Verdict::Deny(with_client(denial, client))
    }

    /// What a request does that needs a list that is not there; nothing if all are
    /// there that it needs.
    fn await_lists(
        &self,
        rule: RuleRef,
        access: &Access,
        request: &mut Request<'_>,
    ) -> Option<Verdict> {
        if self.feeds.is_empty() {
            return None;
        }
        for list in access.lists() {
            let Place::Feed(feed) = list.place else {
                continue;
            };
            let Some(feed) = self.feeds.get(feed) else {
                // The plan's feeds are these: whoever counts wrong denies.
                let denial = Denial::with_status(rule, LIST_UNAVAILABLE, 503);
                return Some(Verdict::Deny(denial));
            };
            let Some(missing) = feed.missing() else {
                continue;
            };
            if feed.is_optional() {
                feed.count_ignored(request.services());
                continue;
            }
            let reason = match missing {
                Missing::NotLoaded => LIST_UNAVAILABLE,
                Missing::Stale => LIST_STALE,
            };
            let mut otherwise =
                Denial::with_status(rule, reason, 503).header("retry-after", RETRY_AFTER);
            if let Some(info) = self.plan.list_infos.get(list.index) {
                otherwise = otherwise.field("list", info.name.clone());
            }
            return Some(match feed.wait(request) {
                Some((key, at_most)) => Verdict::Wait(Wait {
                    what: WaitFor::Wake(vec![key]),
                    at_most,
                    otherwise,
                }),
                None => Verdict::Deny(otherwise),
            });
        }
        None
    }

    /// The denial of an address, if it is denied. One lookup answers for all
    /// lists that stand in the document.
    fn judge_address(&self, rule: RuleRef, access: &Access, address: IpAddr) -> Option<Denial> {
        let membership = self.plan.lists.lookup(address);
        let denied = self.longest(&membership, address, &access.deny);
        let (allowed, is_listed) = match &access.allow {
            Allow::Anyone => (None, true),
            Allow::Nobody => (None, false),
            Allow::Lists(lists) => {
                let longest = self.longest(&membership, address, lists);
                (longest, longest.is_some())
            }
        };
        let denial = match denied {
            Some(denied) if !self.outranks(allowed, denied) => {
                match self.plan.list_infos.get(denied.list) {
                    Some(info) => Denial::by_policy(rule, info.reason.clone())
                        .field("list", info.name.clone()),
                    // The lists were made of these.
                    None => Denial::by_policy(rule, IP_NOT_ALLOWED),
                }
            }
            _ if is_listed => return None,
            _ => Denial::by_policy(rule, IP_NOT_ALLOWED),
        };
        Some(denial.field("client_address", address.to_string()))
    }

    fn judge_by_default(&self, action: DefaultAction, client: Client) -> Verdict {
        match action {
            DefaultAction::Allow => self.pass(RuleRef::Default, DEFAULT_ALLOWED, client),
            DefaultAction::Deny => Verdict::Deny(with_client(
                Denial::by_policy(RuleRef::Default, DEFAULT_DENIED),
                client,
            )),
        }
    }

    /// The address is written out only for a record that will be kept.
    fn pass(&self, rule: RuleRef, reason: Reason, client: Client) -> Verdict {
        let fields = match client {
            Some(Ok(address)) if self.plan.records_passed => {
                vec![("client_address", address.to_string())]
            }
            _ => Vec::new(),
        };
        Verdict::Continue(Pass {
            rule,
            reason,
            fields,
        })
    }

    /// The entry with the longest prefix; the first list's among equals.
    fn longest(
        &self,
        membership: &Membership<'_>,
        address: IpAddr,
        lists: &[ListRef],
    ) -> Option<Entry> {
        let mut longest: Option<Entry> = None;
        for list in lists {
            let prefix_len = match list.place {
                Place::Table(id) => membership.prefix_len(id),
                Place::Feed(feed) => self.feeds.get(feed).and_then(|feed| feed.lookup(address)),
            };
            let Some(prefix_len) = prefix_len else {
                continue;
            };
            if longest.is_none_or(|known| known.prefix_len < prefix_len) {
                longest = Some(Entry {
                    list: list.index,
                    prefix_len,
                });
            }
        }
        longest
    }

    /// Whether the entry that allows an address wins over the one that denies
    /// it.
    fn outranks(&self, allowed: Option<Entry>, denied: Entry) -> bool {
        self.plan.precedence == Precedence::LongestPrefix
            && allowed.is_some_and(|allowed| allowed.prefix_len > denied.prefix_len)
    }
}

/// Seconds after which a request whose list is missing may come again.
const RETRY_AFTER: &str = "2";

/// The entry of a list that holds an address.
#[derive(Clone, Copy)]
struct Entry {
    list: usize,
    prefix_len: u8,
}

fn learn_identity(request: &mut Request<'_>) -> Result<Option<String>, UnreadableIdentity> {
    if let Some(PeerIdentity(identity)) = request.facts().get() {
        return Ok(Some(identity.clone()));
    }
    let identity = peer_identity(request)?;
    if let Some(identity) = &identity {
        request.facts_mut().insert(PeerIdentity(identity.clone()));
    }
    Ok(identity)
}

/// What is our fault is 503, what came in the client's header 400.
fn no_address(rule: RuleRef, why: UnknownClient) -> Denial {
    let status = match why {
        UNKNOWN_PEER | UnknownClient::FromHeader => 503,
        UnknownClient::Address(_) => 400,
    };
    let reason = match why {
        UnknownClient::Address(error) => {
            Reason::configured(&format!("client_address_{}", error.code()))
        }
        UnknownClient::FromHeader => None,
    };
    let reason = reason.unwrap_or(Reason::fixed("client_address_from_header"));
    Denial::with_status(rule, reason, status)
}

fn no_identity(rule: RuleRef, why: UnreadableIdentity) -> Denial {
    match why {
        UnreadableIdentity::Host(_) => Denial::with_status(rule, Reason::fixed("host_error"), 503),
        UnreadableIdentity::NoText => Denial::by_policy(rule, Reason::fixed("identity_unreadable")),
    }
}

fn with_client(denial: Denial, client: Client) -> Denial {
    match client {
        Some(Ok(address)) => denial.field("client_address", address.to_string()),
        _ => denial,
    }
}
