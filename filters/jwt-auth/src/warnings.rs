//! What is no error, but an operator should know when the document is loaded.

use gatepost_config::Shown;
use gatepost_filter::rule_warnings;
use gatepost_http_match::{MatchConfig, OneOrMany};

use crate::config::{Config, KeysConfig, ProviderConfig, RuleConfig};

/// The warnings, a line each.
pub(crate) fn warnings(config: &Config<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, provider) in config.providers.iter() {
        let mut warn = |text: &str| warnings.push(format!("provider `{name}` {text}"));
        if provider.issuer.0.is_none() {
            warn("names no `issuer`: tokens of every issuer that has its keys are good");
        }
        if provider.audiences.0.is_none() {
            warn("names no `audiences`: tokens that were issued for other services are good");
        }
        if provider.require_exp.0 == Some(false) {
            warn("has `require_exp: false`: a token without `exp` is good for ever");
        }
        if matches!(provider.keys, KeysConfig::Secrets(_)) {
            warn(
                "has secrets: whoever can check tokens with them can issue some, and whoever can \
                 read the proxy's configuration can read those that stand in it",
            );
        }
        for path in claims_of_provider(provider).filter_map(split_url) {
            warn(&split(path));
        }
    }
    for rule in &config.rules {
        for path in claims_of_rule(rule).into_iter().filter_map(split_url) {
            warnings.push(format!("rule `{}` {}", rule.name, split(path)));
        }
    }
    let rules = config.rules.iter();
    let rules = rules.map(|rule| (&rule.name, rule.mode, rule.matches.0.is_none()));
    warnings.extend(rule_warnings(config.mode, rules));
    warnings
}

fn claims_of_provider<'c>(
    provider: &'c ProviderConfig<'_>,
) -> impl Iterator<Item = &'c OneOrMany<String>> {
    provider
        .claims_to_headers
        .iter()
        .map(|header| &header.claim)
}

fn claims_of_rule(rule: &RuleConfig) -> Vec<&OneOrMany<String>> {
    let scopes = rule.scopes.0.as_ref().and_then(|raw| raw.claim.0.as_ref());
    let roles = rule.roles.0.as_ref().and_then(|raw| raw.claim.0.as_ref());
    let mut claims: Vec<_> = scopes.into_iter().chain(roles).collect();
    if let Some(allow) = &rule.allow.0 {
        add_claims(allow, &mut claims);
    }
    claims
}

fn add_claims<'c>(conditions: &'c MatchConfig, claims: &mut Vec<&'c OneOrMany<String>>) {
    let own = conditions.claims.0.iter().flatten();
    claims.extend(own.map(|claim| &claim.path));
    let (any, all) = (conditions.any.0.iter(), conditions.all.0.iter());
    let nested = any.chain(all).flatten();
    for conditions in nested.chain(conditions.not.0.as_deref()) {
        add_claims(conditions, claims);
    }
}

/// A path in which a URL is split at its dots, as no claim is called.
fn split_url(claim: &OneOrMany<String>) -> Option<&str> {
    match claim {
        OneOrMany::One(path) if path.contains("://") => Some(path),
        _ => None,
    }
}

fn split(path: &str) -> String {
    let path = Shown(path);
    format!(
        "reads the claim {path}, which is split at each dot: if that is one name, write [{path}]"
    )
}
