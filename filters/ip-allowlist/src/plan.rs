//! From a document to a plan: what is left can be carried out as it stands.

mod client_source;

use gatepost_config::{FieldPath, Name, Problems};
use gatepost_filter::{DenyResponse, Reason, RecordWhen, Rules, RulesBuilder, Settings};
use gatepost_http_match::Matcher;
use gatepost_ip_set::{AddressLists, AddressListsError, CidrList, ListId};

use self::client_source::client_source;
use crate::client::ClientSource;
use crate::config::{AllowConfig, Config, DefaultAction, IdentityConfig, Precedence, RuleConfig};

/// A valid document.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) client: Option<ClientSource>,
    pub(crate) lists: AddressLists,
    /// By [`ListId::index`].
    pub(crate) list_infos: Vec<ListInfo>,
    pub(crate) precedence: Precedence,
    pub(crate) rules: Rules<Access>,
    pub(crate) default: DefaultAction,
    pub(crate) matches_identity: bool,
    /// Whether requests that pass are recorded, too.
    pub(crate) records_passed: bool,
}

/// What is told of a list.
#[derive(Debug)]
pub(crate) struct ListInfo {
    pub(crate) name: String,
    pub(crate) reason: Reason,
}

/// Who may pass by one rule.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) allow: Allow,
    pub(crate) deny: Box<[ListId]>,
    pub(crate) identities: Option<Box<[Identity]>>,
    /// Whether the rule takes every request: it has no `match`.
    pub(crate) takes_all: bool,
}

#[derive(Debug)]
pub(crate) enum Allow {
    Anyone,
    Nobody,
    Lists(Box<[ListId]>),
}

#[derive(Debug)]
pub(crate) enum Identity {
    Exact(String),
    Prefix(String),
}

/// A denial by a list that names no reason of its own.
const IP_DENIED: &str = "ip_denied";

/// Reasons that mean something else: a list's own would be taken for them.
const OF_THE_FILTER: [&str; 6] = [
    "allowed",
    "default_allowed",
    "default_denied",
    "ip_not_allowed",
    "identity_missing",
    "identity_not_allowed",
];

impl Plan {
    /// Checks a document.
    pub(crate) fn new(config: Config, at: &FieldPath<'_>) -> Result<(Self, Settings), Problems> {
        let mut problems = Problems::new();
        let client = config
            .client_address
            .0
            .map(|raw| client_source(raw, &at.field("client_address"), &mut problems));

        let mut list_infos = Vec::new();
        let mut cidrs = Vec::new();
        let lists_at = at.field("lists");
        for (name, list) in config.lists {
            let list_at = lists_at.field(&name);
            if Name::parse(&name).is_none() {
                problems.push(
                    &list_at,
                    "expected a name of 1 to 64 characters from a-z, 0-9, `_` and `-`",
                );
            }
            let reason = match list.reason.0.as_deref() {
                None => Some(Reason::fixed(IP_DENIED)),
                Some(code) => Reason::configured(code).filter(|_| !OF_THE_FILTER.contains(&code)),
            };
            if reason.is_none() {
                problems.push(
                    &list_at.field("reason"),
                    "expected a reason code of its own, 1 to 64 characters from a-z, 0-9 and `_`",
                );
            }
            if list.cidrs.is_empty() {
                problems.push(
                    &list_at.field("cidrs"),
                    "expected at least one address; a rule that means none says `allow: nobody`",
                );
            }
            let reason = reason.unwrap_or(Reason::fixed(IP_DENIED));
            list_infos.push(ListInfo {
                name: name.clone(),
                reason,
            });
            cidrs.push(list.cidrs);
        }
        let (lists, ids) = match compile_lists(&cidrs) {
            Ok(compiled) => compiled,
            Err(error) => {
                problems.push(&lists_at, error);
                return Err(problems);
            }
        };
        drop(cidrs);

        let names = ListNames {
            infos: &list_infos,
            ids: &ids,
        };
        let rules = compile_rules(config.rules, &names, &at.field("rules"), &mut problems);
        let plan = Self {
            client,
            lists,
            precedence: config.precedence,
            matches_identity: rules.needs().peer_identity,
            records_passed: config.record == RecordWhen::Always,
            default: config.default.action,
            rules,
            list_infos,
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
}

fn compile_lists(cidrs: &[CidrList]) -> Result<(AddressLists, Vec<ListId>), AddressListsError> {
    let mut builder = AddressLists::builder();
    let ids = cidrs
        .iter()
        .map(|list| builder.add_list(list))
        .collect::<Result<_, _>>()?;
    Ok((builder.build()?, ids))
}

/// Lists by name.
struct ListNames<'a> {
    infos: &'a [ListInfo],
    ids: &'a [ListId],
}

impl ListNames<'_> {
    fn resolve(
        &self,
        names: &[String],
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Box<[ListId]> {
        let mut resolved = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let found = self.infos.iter().position(|info| info.name == *name);
            match found.and_then(|index| self.ids.get(index)) {
                Some(id) => resolved.push(*id),
                None => problems.push(
                    &at.index(index),
                    format_args!("expected the name of a list, found `{name}`"),
                ),
            }
        }
        resolved.into()
    }
}

fn compile_rules(
    raw: Vec<RuleConfig>,
    lists: &ListNames<'_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Rules<Access> {
    let mut rules = RulesBuilder::default();
    for (index, rule) in raw.into_iter().enumerate() {
        let rule_at = at.index(index);
        let allow_at = rule_at.field("allow");
        let allow = match rule.allow {
            AllowConfig::Anyone => Allow::Anyone,
            AllowConfig::Nobody => Allow::Nobody,
            AllowConfig::Lists(names) => {
                if names.is_empty() {
                    problems.push(
                        &allow_at,
                        "expected at least one list, or `anyone`, or `nobody`: an empty list says \
                         neither",
                    );
                }
                Allow::Lists(lists.resolve(&names, &allow_at, problems))
            }
        };
        let access = Access {
            allow,
            deny: lists.resolve(&rule.deny, &rule_at.field("deny"), problems),
            identities: rule
                .identities
                .0
                .map(|raw| identities(raw, &rule_at.field("identities"), problems)),
            takes_all: rule.matches.0.is_none(),
        };
        let matches = rule.matches.0.unwrap_or_default();
        match Matcher::compile(matches, &rule_at.field("match")) {
            Ok(matcher) => rules.push(rule.name, rule.mode, matcher, access, &rule_at, problems),
            Err(found) => problems.extend(found),
        }
    }
    rules.build()
}

fn identities(
    raw: Vec<IdentityConfig>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Box<[Identity]> {
    if raw.is_empty() {
        problems.push(
            at,
            "expected at least one identity; left out, any peer will do",
        );
    }
    let mut valid = Vec::new();
    for (index, identity) in raw.into_iter().enumerate() {
        let identity_at = at.index(index);
        match identity {
            IdentityConfig::Exact(text) => {
                if !has_authority(&text) {
                    problems.push(
                        &identity_at.field("exact"),
                        "expected a URI such as `spiffe://cluster.local/ns/shop/sa/cart`",
                    );
                }
                valid.push(Identity::Exact(text));
            }
            IdentityConfig::Prefix(text) => {
                if !text.ends_with('/') || !has_authority(&text) {
                    problems.push(
                        &identity_at.field("prefix"),
                        "expected a URI with its trust domain that ends with `/`, such as \
                         `spiffe://cluster.local/ns/shop/`: without the `/` it would hold \
                         `.../ns/shop-evil`, too",
                    );
                }
                valid.push(Identity::Prefix(text));
            }
        }
    }
    valid.into()
}

/// `scheme://authority`: a prefix that stops before would hold every trust
/// domain.
fn has_authority(uri: &str) -> bool {
    let mut parts = uri.splitn(4, '/');
    let scheme = parts.next().is_some_and(|scheme| scheme.ends_with(':'));
    scheme
        && parts.next() == Some("")
        && parts.next().is_some_and(|authority| !authority.is_empty())
}

impl Identity {
    /// Whether `identity` is this one, or below it.
    pub(crate) fn is(&self, identity: &str) -> bool {
        match self {
            Self::Exact(exact) => identity == exact,
            Self::Prefix(prefix) => identity.starts_with(prefix),
        }
    }
}
