//! `rules`: whom each lets pass.

use gatepost_config::{FieldPath, Problems};
use gatepost_filter::{Rules, RulesBuilder};
use gatepost_http_match::{MatchConfig, Matcher};

use super::grants::{roles, scopes};
use super::requirement::Requirements;
use super::{Access, ProviderPlan};
use crate::authorize::Authorization;
use crate::config::{RequirementConfig, RuleConfig};
use crate::requirement::{Requirement, Wanted};

pub(super) fn compile_rules(
    raw: Vec<RuleConfig>,
    providers: &[ProviderPlan],
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Rules<Access> {
    let mut rules = RulesBuilder::default();
    for (index, rule) in raw.into_iter().enumerate() {
        let rule_at = at.index(index);
        check_rule(&rule, &rule_at, problems);
        let mut requirements = Requirements {
            providers,
            audiences: rule.audiences.0.as_deref(),
            audiences_at: rule_at.field("audiences"),
            leaves: 0,
        };
        let requirement = match rule.require {
            RequirementConfig::None => None,
            some => requirements.compile(some, &rule_at.field("require"), 0, problems),
        };
        let scopes = rule.scopes.0;
        let roles_of = rule.roles.0;
        let allow_of = rule.allow.0;
        let access = Access {
            wanted: requirement.map(|requirement| wanted(requirement, providers)),
            is_optional: rule.optional,
            authorization: Authorization {
                scopes: scopes.map(|raw| self::scopes(raw, &rule_at.field("scopes"), problems)),
                roles: roles_of.map(|raw| roles(raw, &rule_at.field("roles"), problems)),
                allow: allow_of.and_then(|raw| allow(raw, &rule_at.field("allow"), problems)),
            },
        };
        let match_at = rule_at.field("match");
        match Matcher::compile(rule.matches.0.unwrap_or_default(), &match_at) {
            Ok(matcher) => {
                if matcher.needs().claims {
                    problems.push(
                        &match_at,
                        "expected no `claims`: a rule is chosen before the token is read; they \
                         stand in `allow`",
                    );
                }
                check_needs(&matcher, &match_at, problems);
                rules.push(rule.name, rule.mode, matcher, access, &rule_at, problems);
            }
            Err(found) => problems.extend(found),
        }
    }
    rules.build()
}

fn wanted(requirement: Requirement, providers: &[ProviderPlan]) -> Wanted {
    let mut places = Vec::new();
    for leaf in requirement.leaves() {
        let number = providers.get(leaf.provider).map(|provider| provider.places);
        if let Some(number) = number.filter(|number| !places.contains(number)) {
            places.push(number);
        }
    }
    Wanted {
        places: places.into(),
        are_several: requirement.wants_several(),
        requirement,
    }
}

/// What makes no sense together.
fn check_rule(rule: &RuleConfig, at: &FieldPath<'_>, problems: &mut Problems) {
    let is_open = matches!(rule.require, RequirementConfig::None);
    for (field, is_given, is_authorization) in [
        ("optional", rule.optional, false),
        ("audiences", rule.audiences.0.is_some(), false),
        ("scopes", rule.scopes.0.is_some(), true),
        ("roles", rule.roles.0.is_some(), true),
        ("allow", rule.allow.0.is_some(), true),
    ] {
        if is_given && is_open {
            problems.push(
                &at.field(field),
                "expected a token to be required: `require` is `none`",
            );
        } else if is_given && is_authorization && rule.optional {
            problems.push(
                &at.field(field),
                "expected no `optional`: who sends no token would have more rights than who does",
            );
        }
    }
}

/// A fact that this filter does not learn must not be asked for where its absence
/// would let somebody pass.
fn check_needs(matcher: &Matcher, at: &FieldPath<'_>, problems: &mut Problems) {
    if matcher.needs().peer_identity {
        problems.push(
            at,
            "expected no `peer_identity`: this filter does not read it; ip-allowlist does",
        );
    }
}

fn allow(raw: MatchConfig, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Matcher> {
    let matcher = Matcher::compile(raw, at);
    let matcher = matcher.map_err(|found| problems.extend(found)).ok()?;
    if matcher.takes_all() {
        problems.push(at, "expected at least one condition");
    }
    check_needs(&matcher, at, problems);
    Some(matcher)
}
