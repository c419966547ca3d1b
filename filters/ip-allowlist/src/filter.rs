//! The judgement.

use std::net::IpAddr;

use gatepost_config::Problems;
use gatepost_filter::{
    Denial, Filter, Level, Load, Loaded, Pass, Reason, Request, RuleRef, Verdict,
};
use gatepost_http_match::{ClientAddress, PeerIdentity, Selection, Undecided};
use gatepost_ip_set::Membership;
use gatepost_ip_set::client_address::ClientAddressError;

use crate::client::{UnknownClient, UnreadableIdentity, peer_identity};
use crate::config::{Config, DefaultAction, Precedence};
use crate::plan::{Access, Allow, Plan};
use crate::warnings::warnings;

/// Loads the filter from its document.
pub(crate) fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config = load.read()?;
    let (plan, settings) = Plan::new(config, &load.path)?;
    for warning in warnings(&plan, &settings, load.services) {
        load.services
            .log(Level::Warn, &format!("{}: {warning}", load.instance));
    }
    Ok(Loaded {
        filter: Box::new(IpAllowlist { plan }),
        settings,
        owned_headers: Vec::new(),
        tick: None,
    })
}

struct IpAllowlist {
    plan: Plan,
}

const ALLOWED: Reason = Reason::fixed("allowed");
const DEFAULT_ALLOWED: Reason = Reason::fixed("default_allowed");
const DEFAULT_DENIED: Reason = Reason::fixed("default_denied");
const IP_NOT_ALLOWED: Reason = Reason::fixed("ip_not_allowed");
const IDENTITY_MISSING: Reason = Reason::fixed("identity_missing");
const IDENTITY_NOT_ALLOWED: Reason = Reason::fixed("identity_not_allowed");

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

    /// The denial of an address, if it is denied. One lookup answers for all
    /// lists.
    fn judge_address(&self, rule: RuleRef, access: &Access, address: IpAddr) -> Option<Denial> {
        let membership = self.plan.lists.lookup(address);
        let denied = longest(&membership, &access.deny);
        let (allowed, is_listed) = match &access.allow {
            Allow::Anyone => (None, true),
            Allow::Nobody => (None, false),
            Allow::Lists(lists) => {
                let longest = longest(&membership, lists);
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
        let address = client
            .and_then(Result::ok)
            .filter(|_| self.plan.records_passed);
        let fields = address.map(|address| ("client_address", address.to_string()));
        Verdict::Continue(Pass {
            rule,
            reason,
            fields: fields.into_iter().collect(),
        })
    }

    /// Whether the entry that allows an address wins over the one that denies
    /// it.
    fn outranks(&self, allowed: Option<Entry>, denied: Entry) -> bool {
        self.plan.precedence == Precedence::LongestPrefix
            && allowed.is_some_and(|allowed| allowed.prefix_len > denied.prefix_len)
    }
}

/// The entry of a list that holds an address.
#[derive(Clone, Copy)]
struct Entry {
    list: usize,
    prefix_len: u8,
}

/// The entry with the longest prefix; the first list's among equals.
fn longest(membership: &Membership<'_>, lists: &[gatepost_ip_set::ListId]) -> Option<Entry> {
    let mut longest: Option<Entry> = None;
    for list in lists {
        let Some(prefix_len) = membership.prefix_len(*list) else {
            continue;
        };
        if longest.is_none_or(|known| known.prefix_len < prefix_len) {
            longest = Some(Entry {
                list: list.index(),
                prefix_len,
            });
        }
    }
    longest
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

const UNKNOWN_PEER: UnknownClient = UnknownClient::Address(ClientAddressError::UnknownPeer);

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
