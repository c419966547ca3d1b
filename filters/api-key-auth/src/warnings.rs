//! What is no error, but an operator should know when the document is loaded.

use gatepost_filter::{Settings, rule_warnings};

use crate::plan::Plan;

/// The warnings, a line each.
pub(crate) fn warnings(plan: &Plan, settings: &Settings) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.has_inline_secret {
        warnings.push(
            "hmac_secret.inline: whoever reads the proxy's configuration knows the secret, and can \
             try out keys on their digests. Use host_env_key"
                .to_owned(),
        );
    }
    let rules = settings.rules.iter().zip(plan.rules.iter());
    let rules = rules.map(|(rule, access)| (&rule.name, rule.mode, access.takes_all));
    warnings.extend(rule_warnings(settings.mode, rules));
    warnings
}
