//! What every filter's document may say, and what the chain does with it.

use std::fmt;

use gatepost_config::Name;
use serde::Deserialize;

use crate::deny_response::DenyResponse;
use crate::verdict::RuleRef;

/// Whether a filter or a rule decides, or only tells what it would decide.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It decides.
    #[default]
    Enforce,
    /// It never denies and never waits; what it would have done is counted,
    /// logged and recorded.
    Shadow,
}

/// When the decision record is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordWhen {
    /// For requests that are denied, or would be in shadow mode.
    #[default]
    Denied,
    /// For every request; costs about 0.34 us a field.
    Always,
}

/// What the chain does for a filter.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The filter's mode; shadow here is shadow for all its rules.
    pub mode: Mode,
    /// The answer to a request that policy denies.
    pub on_deny: DenyResponse,
    /// When the decision record is written.
    pub record: RecordWhen,
    /// Name and mode of each rule, in document order.
    pub rules: Vec<RuleSettings>,
}

/// What the chain knows of a rule.
#[derive(Clone, Debug)]
pub struct RuleSettings {
    /// Its name: a metric label, and a field of log and record.
    pub name: Name,
    /// Its mode.
    pub mode: Mode,
}

impl Settings {
    /// Whether a decision by `rule` is only told.
    #[must_use]
    pub fn is_shadow(&self, rule: RuleRef) -> bool {
        let own = match rule {
            RuleRef::Rule(index) => self.rules.get(index).map(|rule| rule.mode),
            RuleRef::Default | RuleRef::None => None,
        };
        self.mode == Mode::Shadow || own == Some(Mode::Shadow)
    }

    /// The name of `rule` in metrics, log and record.
    #[must_use]
    pub fn rule_name(&self, rule: RuleRef) -> &str {
        match rule {
            RuleRef::Rule(index) => self
                .rules
                .get(index)
                .map_or("none", |rule| rule.name.as_str()),
            RuleRef::Default => "default",
            RuleRef::None => "none",
        }
    }
}

/// How the chain ended with a request, for metrics, log and record.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Decision {
    /// It passed.
    Allowed,
    /// It was refused.
    Denied,
    /// It would have been refused, had the mode been `enforce`.
    ShadowDenied,
    /// It would have waited, had the mode been `enforce`: what would have come
    /// of it is not known.
    ShadowUndetermined,
}

impl Decision {
    /// As it stands in the record and the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::ShadowDenied => "shadow_denied",
            Self::ShadowUndetermined => "shadow_undetermined",
        }
    }

    /// The counter that it moves.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Self::Allowed => "gatepost_allowed_total",
            Self::Denied => "gatepost_denied_total",
            Self::ShadowDenied => "gatepost_shadow_denied_total",
            Self::ShadowUndetermined => "gatepost_shadow_undetermined_total",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
