//! `keys` and `hmac_secret`: what the document itself knows.

use gatepost_config::{FieldPath, Problems, Shown};
use gatepost_filter::{Rules, Services, Settings};
use gatepost_http_match::Given;

use super::access::{Access, DEFAULT};
use crate::config::{KeyConfig, Require, SecretConfig};
use crate::digest::{Hasher, SHORTEST_SECRET};
use crate::keys::{Builder, BuilderError, Key, KeySet, MOST_KEYS};

/// The keys of the document.
pub(super) struct InlineKeys {
    pub(super) set: KeySet,
    /// Sorted, as `groups`.
    ids: Vec<String>,
    groups: Vec<String>,
    /// Rules that keys name, with the key's place.
    rules: Vec<(usize, String)>,
}

impl InlineKeys {
    pub(super) fn new(
        raw: Vec<KeyConfig>,
        has_secret: bool,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Self {
        let at = at.field("keys");
        let mut keys = Self {
            set: KeySet::default(),
            ids: Vec::new(),
            groups: Vec::new(),
            rules: Vec::new(),
        };
        let mut builder = Builder::default();
        let mut error = None;
        for (place, raw) in raw.into_iter().enumerate() {
            let Some(key) = Key::new(raw, has_secret, &at.index(place), problems) else {
                continue;
            };
            if let Err(found) = builder.push(&key) {
                error = Some(found);
                break;
            }
            keys.groups.extend(key.groups);
            let rules = key.rules.into_iter().flatten();
            keys.rules.extend(rules.map(|rule| (place, rule)));
            keys.ids.push(key.id);
        }
        keys.ids.sort_unstable();
        keys.groups.sort_unstable();
        keys.groups.dedup();
        if !problems.is_empty() {
            return keys;
        }
        let compiled = error.map_or_else(|| builder.finish(), Err);
        match compiled.map(|compiled| KeySet::decode(&compiled)) {
            Ok(Ok(set)) => keys.set = set,
            Ok(Err(error)) => problems.push(&at, error),
            Err(BuilderError::TooMany) => {
                problems.push(&at, format_args!("expected at most {MOST_KEYS} keys"));
            }
            Err(BuilderError::Twice(one, other)) => {
                let place = usize::try_from(other).unwrap_or(usize::MAX);
                problems.push(
                    &at.index(place).field("digest"),
                    format_args!("expected a key of its own, found that of keys[{one}]"),
                );
            }
        }
        keys
    }

    /// What rules and keys say of each other must be there.
    pub(super) fn check_rules(
        &self,
        rules: &Rules<Access>,
        default: &Access,
        settings: &Settings,
        has_feed: bool,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) {
        if self.ids.is_empty() && !has_feed {
            let asks = |access: &Access| access.require != Require::None;
            if rules.iter().chain([default]).any(asks) {
                problems.push(
                    &at.field("keys"),
                    "expected at least one key, or a `feed`: a rule, or the default, asks for a key",
                );
            }
            return;
        }
        let keys_at = at.field("keys");
        for (place, name) in &self.rules {
            let mut known = settings.rules.iter().map(|rule| rule.name.as_str());
            if name != DEFAULT && !known.any(|known| known == name) {
                problems.push(
                    &keys_at.index(*place).field("rules"),
                    format_args!("expected the name of a rule, or `{DEFAULT}`, found `{name}`"),
                );
            }
        }
        if has_feed {
            // Nobody knows yet what its keys are called.
            return;
        }
        let rules_at = at.field("rules");
        for (index, access) in rules.iter().enumerate() {
            self.check_names(access, &rules_at.index(index), problems);
        }
        self.check_names(default, &at.field("default"), problems);
    }

    fn check_names(&self, access: &Access, at: &FieldPath<'_>, problems: &mut Problems) {
        let Some(takes) = &access.takes else {
            return;
        };
        for (field, names, known) in [
            ("keys", &takes.ids, &self.ids),
            ("groups", &takes.groups, &self.groups),
        ] {
            for name in names
                .iter()
                .filter(|name| known.binary_search(name).is_err())
            {
                match field {
                    // A key itself may stand here by mistake.
                    "keys" => problems.push(&at.field(field), "expected what a key has as its id"),
                    _ => problems.push(
                        &at.field(field),
                        format_args!("expected what a key has, found {}", Shown(name)),
                    ),
                }
            }
        }
    }
}

/// Whether the secret stands in the document.
pub(super) fn is_inline(raw: &Given<SecretConfig>) -> bool {
    matches!(raw.0, Some(SecretConfig::Inline(_)))
}

/// What hashes presented keys. The secret is not shown, whatever is wrong with it.
pub(super) fn hasher(
    raw: Given<SecretConfig>,
    at: &FieldPath<'_>,
    services: &dyn Services,
    problems: &mut Problems,
) -> Hasher {
    let (field, secret) = match raw.0 {
        None => return Hasher::default(),
        Some(SecretConfig::Inline(secret)) => ("inline", Some(secret)),
        Some(SecretConfig::HostEnvKey(name)) => ("host_env_key", services.environment(&name)),
    };
    let hasher = secret.map(|secret| Hasher::with_secret(secret.as_bytes()));
    match hasher {
        Some(Some(hasher)) => hasher,
        Some(None) => {
            problems.push(
                &at.field(field),
                format_args!("expected a secret of at least {SHORTEST_SECRET} bytes"),
            );
            Hasher::default()
        }
        None => {
            problems.push(
                &at.field(field),
                "expected an environment variable that the VM's configuration passes on \
                 (`environment_variables.host_env_keys`)",
            );
            Hasher::default()
        }
    }
}
