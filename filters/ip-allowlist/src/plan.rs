//! From a document to a plan: what is left can be carried out as it stands.

mod client_source;
mod lists;
mod rules;

use gatepost_config::{FieldPath, Problems};
use gatepost_filter::{DefaultAction, DenyResponse, RecordWhen, Rules, Settings};
use gatepost_ip_set::AddressLists;

use self::client_source::client_source;
use self::lists::Lists;
pub(crate) use self::lists::{FeedPlan, ListInfo, ListRef, Place};
use self::rules::compile_rules;
use crate::client::ClientSource;
use crate::config::{Config, Precedence};

/// A valid document.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) client: Option<ClientSource>,
    pub(crate) lists: AddressLists,
    pub(crate) feeds: Vec<FeedPlan>,
    /// By [`ListRef::index`].
    pub(crate) list_infos: Vec<ListInfo>,
    pub(crate) precedence: Precedence,
    pub(crate) rules: Rules<Access>,
    pub(crate) default: DefaultAction,
    pub(crate) matches_identity: bool,
    /// Whether requests that pass are recorded, too.
    pub(crate) records_passed: bool,
}

/// Who may pass by one rule.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) allow: Allow,
    pub(crate) deny: Box<[ListRef]>,
    pub(crate) identities: Option<Box<[Identity]>>,
    /// Whether the rule takes every request: it has no `match`.
    pub(crate) takes_all: bool,
}

#[derive(Debug)]
pub(crate) enum Allow {
    Anyone,
    Nobody,
    Lists(Box<[ListRef]>),
}

#[derive(Debug)]
pub(crate) enum Identity {
    Exact(String),
    Prefix(String),
}

impl Plan {
    /// Checks a document.
    pub(crate) fn new(config: Config, at: &FieldPath<'_>) -> Result<(Self, Settings), Problems> {
        let mut problems = Problems::new();
        let client = config
            .client_address
            .0
            .map(|raw| client_source(raw, &at.field("client_address"), &mut problems));

        let Some(lists) = Lists::new(config.lists, &at.field("lists"), &mut problems) else {
            return Err(problems);
        };
        let rules = compile_rules(config.rules, &lists, &at.field("rules"), &mut problems);
        let plan = Self {
            client,
            lists: lists.table,
            feeds: lists.feeds,
            list_infos: lists.infos,
            precedence: config.precedence,
            matches_identity: rules.needs().peer_identity,
            records_passed: config.record == RecordWhen::Always,
            default: config.default.action,
            rules,
        };
        plan.check_sources(config.peer_certificate.0.is_some(), at, &mut problems);
        let settings = Settings {
            mode: config.mode,
            on_deny: DenyResponse::new(config.on_deny, &at.field("on_deny"), &mut problems),
            record: config.record,
            rules: plan.rules.settings(),
        };
        problems.check((plan, settings))
    }

    /// Whatever a rule asks for must have a source.
    fn check_sources(&self, has_validated: bool, at: &FieldPath<'_>, problems: &mut Problems) {
        let needs = self.rules.needs();
        let mut needs_address = needs.client_address;
        let mut needs_identity = needs.peer_identity;
        for access in self.rules.iter() {
            needs_address |= access.needs_address();
            needs_identity |= access.identities.is_some();
        }
        if needs_address && self.client.is_none() {
            problems.push(
                &at.field("client_address"),
                "expected where the client's address comes from: a rule asks for it",
            );
        }
        if needs_identity && !has_validated {
            problems.push(
                &at.field("peer_certificate"),
                "expected `validated_by_listener`: a rule asks for the peer's identity, and the \
                 proxy shows the identity of a certificate that nobody has validated, too",
            );
        }
        if needs.claims {
            problems.push(
                &at.field("rules"),
                "expected no `claims`: addresses are judged before tokens",
            );
        }
    }
}

impl Access {
    /// Whether the verdict hangs on the client's address.
    pub(crate) fn needs_address(&self) -> bool {
        matches!(self.allow, Allow::Lists(_)) || !self.deny.is_empty()
    }

    /// The lists on which the verdict hangs.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &ListRef> {
        let allowed: &[ListRef] = match &self.allow {
            Allow::Lists(lists) => lists,
            Allow::Anyone | Allow::Nobody => &[],
        };
        self.deny.iter().chain(allowed)
    }
}
