//! What is no error, but an operator should know when the document is loaded.

use gatepost_filter::Mode;

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
    let last = config.rules.len().saturating_sub(1);
    for (index, rule) in config.rules.iter().enumerate() {
        let name = &rule.name;
        if index < last && rule.matches.0.is_none() {
            warnings.push(format!(
                "rule `{name}` has no `match` and takes every request: the rules behind it never \
                 count"
            ));
        }
        if index < last && rule.mode == Mode::Shadow && config.mode == Mode::Enforce {
            warnings.push(format!(
                "rule `{name}` is in shadow mode: what it matches passes, whatever the rules behind \
                 it say"
            ));
        }
    }
    warnings
}
