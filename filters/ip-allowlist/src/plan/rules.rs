//! `rules`: who may pass by each.

use gatepost_config::{FieldPath, Problems};
use gatepost_filter::{Rules, RulesBuilder};
use gatepost_http_match::Matcher;

use super::lists::Lists;
use super::{Access, Allow, Identity};
use crate::config::{AllowConfig, IdentityConfig, RuleConfig};

pub(super) fn compile_rules(
    raw: Vec<RuleConfig>,
    lists: &Lists,
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
                let allowed = lists.resolve(&names, &allow_at, problems);
                lists.check_allowed(&allowed, &allow_at, problems);
                Allow::Lists(allowed)
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
