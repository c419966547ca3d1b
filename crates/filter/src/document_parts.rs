//! What the documents of several filters say alike.

use gatepost_config::Name;
use serde::Deserialize;

use crate::settings::Mode;

/// What happens to a request that no rule matches.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object with an `action`")]
pub struct DefaultConfig {
    /// Default `deny`.
    #[serde(default)]
    pub action: DefaultAction,
}

/// What happens.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DefaultAction {
    /// It passes.
    Allow,
    /// It is denied.
    #[default]
    Deny,
}

/// What happens to a CORS preflight.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CorsPreflight {
    /// It passes; the client's copies of our headers are removed all the same.
    #[default]
    Pass,
    /// It is judged by the rules as any request.
    Judge,
}

/// What is known of client certificates.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PeerCertificate {
    /// The listener's `validation_context` names a CA, and nothing but a
    /// certificate of that CA gets through.
    ValidatedByListener,
}

/// What an operator should know of rules of which the first that matches decides:
/// those that keep others from being asked. `rules` are names and modes of all of
/// them, and whether each has no `match`.
pub fn rule_warnings<'a>(
    mode: Mode,
    rules: impl ExactSizeIterator<Item = (&'a Name, Mode, bool)>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let last = rules.len().saturating_sub(1);
    for (name, own, takes_all) in rules.take(last) {
        if takes_all {
            warnings.push(format!(
                "rule `{name}` has no `match` and takes every request: the rules behind it never \
                 count"
            ));
        }
        if own == Mode::Shadow && mode == Mode::Enforce {
            warnings.push(format!(
                "rule `{name}` is in shadow mode: what it matches passes, whatever the rules behind \
                 it say"
            ));
        }
    }
    warnings
}
