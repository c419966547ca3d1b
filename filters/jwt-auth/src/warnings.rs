//! What is no error, but an operator should know when the document is loaded.

use gatepost_filter::rule_warnings;

use crate::config::{Config, KeysConfig};

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
    }
    let rules = config.rules.iter();
    let rules = rules.map(|rule| (&rule.name, rule.mode, rule.matches.0.is_none()));
    warnings.extend(rule_warnings(config.mode, rules));
    warnings
}
