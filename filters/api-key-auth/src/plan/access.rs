//! What a rule asks for, and which keys it takes.

use gatepost_config::{FieldPath, Name, Problems, Shown};

use crate::config::{DefaultConfig, Require, RuleConfig};
use crate::keys::{Record, is_key_id};

/// What a request needs by one rule.
#[derive(Debug)]
pub(crate) struct Access {
    /// By which keys name the rule.
    name: String,
    pub(crate) require: Require,
    /// `None`: any key.
    pub(crate) takes: Option<Takes>,
    /// Whether the key is taken away before the request goes on.
    pub(crate) strips: bool,
    /// Whether the rule takes every request: it has no `match`.
    pub(crate) takes_all: bool,
}

/// The keys that a rule takes, by names that are sorted.
#[derive(Debug)]
pub(crate) struct Takes {
    pub(crate) ids: Box<[String]>,
    pub(crate) groups: Box<[String]>,
}

/// As keys name what counts where no rule matches.
pub(super) const DEFAULT: &str = "default";

impl Access {
    pub(super) fn of_rule(
        rule: RuleConfig,
        takes_all: bool,
        forwards: bool,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Self {
        Self {
            name: rule.name.as_str().to_owned(),
            require: rule.require,
            takes: takes(rule.keys.0, rule.groups.0, rule.require, at, problems),
            strips: !rule.forward_key.0.unwrap_or(forwards),
            takes_all,
        }
    }

    pub(super) fn of_default(
        default: DefaultConfig,
        forwards: bool,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Self {
        let require = default.require;
        Self {
            name: DEFAULT.to_owned(),
            require,
            takes: takes(default.keys.0, default.groups.0, require, at, problems),
            strips: !default.forward_key.0.unwrap_or(forwards),
            takes_all: true,
        }
    }

    /// Whether a good key lets the request through.
    pub(crate) fn admits(&self, key: &Record<'_>) -> bool {
        let takes_rule = key
            .rules
            .as_ref()
            .is_none_or(|rules| rules.iter().any(|rule| *rule == self.name));
        takes_rule && self.takes.as_ref().is_none_or(|takes| takes.key(key))
    }
}

impl Takes {
    fn key(&self, key: &Record<'_>) -> bool {
        let holds = |sorted: &[String], name: &str| {
            sorted
                .binary_search_by(|known| known.as_str().cmp(name))
                .is_ok()
        };
        holds(&self.ids, key.id) || key.groups.iter().any(|group| holds(&self.groups, group))
    }
}

fn takes(
    ids: Option<Vec<String>>,
    groups: Option<Vec<Name>>,
    require: Require,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<Takes> {
    if ids.is_none() && groups.is_none() {
        return None;
    }
    if require == Require::None {
        problems.push(at, "expected no `keys` and `groups` with `require: none`");
    }
    let ids_at = at.field("keys");
    if ids.as_ref().is_some_and(Vec::is_empty) {
        problems.push(
            &ids_at,
            "expected at least one id; left out, any key will do",
        );
    }
    let groups_at = at.field("groups");
    if groups.as_ref().is_some_and(Vec::is_empty) {
        problems.push(
            &groups_at,
            "expected at least one group; left out, any key will do",
        );
    }
    let ids = ids.unwrap_or_default();
    for (index, id) in ids.iter().enumerate() {
        if !is_key_id(id) {
            problems.push(
                &ids_at.index(index),
                format_args!("expected the id of a key, found {}", Shown(id)),
            );
        }
    }
    let groups = groups.unwrap_or_default();
    let groups = groups.iter().map(|group| group.as_str().to_owned());
    Some(Takes {
        ids: sorted(ids),
        groups: sorted(groups.collect()),
    })
}

fn sorted(mut names: Vec<String>) -> Box<[String]> {
    names.sort_unstable();
    names.into()
}
