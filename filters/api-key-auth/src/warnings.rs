//! What is no error, but an operator should know when the document is loaded.

use gatepost_filter::{Mode, Settings};

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
    let last = settings.rules.len().saturating_sub(1);
    for (index, (rule, access)) in settings.rules.iter().zip(plan.rules.iter()).enumerate() {
        let name = &rule.name;
        if index < last && access.takes_all {
            warnings.push(format!(
                "rule `{name}` has no `match` and takes every request: the rules behind it never \
                 count"
            ));
        }
        if index < last && rule.mode == Mode::Shadow && settings.mode == Mode::Enforce {
            warnings.push(format!(
                "rule `{name}` is in shadow mode: what it matches passes, whatever the rules behind \
                 it say"
            ));
        }
    }
    warnings
}
