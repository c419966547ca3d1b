//! `keys`: those of the document are read; those of servers are known where.

mod discovery;
mod secrets;

use std::time::Duration;

use gatepost_config::{FieldPath, Period, Problems};
use gatepost_filter::{Level, RemoteDefaults, RemotePlan, Services};
use gatepost_jose::{AlgorithmSet, Jwk, KeySet, KeySetLimits};

pub(crate) use self::discovery::DiscoveryPlan;
use self::discovery::compile_discovery;
use self::secrets::compile_secrets;
use crate::config::{InlineKeys, KeysConfig};

/// The keys of a provider.
#[derive(Debug)]
pub(crate) enum KeysPlan {
    /// They are here, and stay.
    Fixed(KeySet),
    /// A server publishes them.
    Remote(Box<RemotePlan>),
    /// A server publishes where they are.
    Discovery(Box<DiscoveryPlan>),
}

impl Default for KeysPlan {
    /// None: every token is refused.
    fn default() -> Self {
        Self::Fixed(KeySet::default())
    }
}

/// What keys hang on beside their own field.
pub(super) struct KeysContext<'a> {
    pub(super) issuer: Option<&'a str>,
    pub(super) algorithms: AlgorithmSet,
    pub(super) cooldown: Option<Period>,
    pub(super) cooldown_at: FieldPath<'a>,
}

/// The longest key set, in bytes: it is read in one piece.
const LONGEST_SET: u64 = 512 * 1024;
const USUAL_COOLDOWN: Duration = Duration::from_secs(10);
const COOLDOWNS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));

pub(super) fn compile_keys(
    raw: KeysConfig<'_>,
    context: &KeysContext<'_>,
    at: &FieldPath<'_>,
    services: &dyn Services,
    problems: &mut Problems,
) -> Option<KeysPlan> {
    let defaults = context.defaults(problems);
    let keys = match raw {
        KeysConfig::Remote(raw) => {
            let plan = raw.compile(&defaults, &at.field("remote"), problems)?;
            return Some(KeysPlan::Remote(Box::new(plan)));
        }
        KeysConfig::Discovery(raw) => {
            let discovery_at = at.field("discovery");
            let issuer = context.issuer;
            let plan = compile_discovery(raw, issuer, &defaults, &discovery_at, problems)?;
            return Some(KeysPlan::Discovery(Box::new(plan)));
        }
        KeysConfig::Inline(InlineKeys(text)) => {
            inline(text.as_bytes(), &at.field("inline"), services, problems)?
        }
        KeysConfig::Secrets(raw) => compile_secrets(raw, &at.field("secrets"), services, problems),
    };
    if context.cooldown.is_some() {
        problems.push(
            &context.cooldown_at,
            "expected only with `remote` or `discovery` keys",
        );
    }
    let allows = |key: &Jwk| context.algorithms.iter().any(|name| key.allows(name));
    if !keys.is_empty() && !keys.keys().any(allows) {
        problems.push(
            at,
            "expected a key for one of the provider's `algorithms`; HS256, HS384 and HS512 are \
             among them only where they are named",
        );
    }
    Some(KeysPlan::Fixed(keys))
}

impl KeysContext<'_> {
    fn defaults(&self, problems: &mut Problems) -> RemoteDefaults {
        let cooldown = self.cooldown.map_or(USUAL_COOLDOWN, Period::get);
        if cooldown < COOLDOWNS.0 || cooldown > COOLDOWNS.1 {
            problems.push(&self.cooldown_at, "expected a time from 1s to 1h");
        }
        RemoteDefaults {
            refresh: Duration::from_secs(300),
            stale_for: Duration::from_secs(24 * 3600),
            cooldown: cooldown.clamp(COOLDOWNS.0, COOLDOWNS.1),
            max_bytes: LONGEST_SET,
            most_bytes: LONGEST_SET,
        }
    }
}

fn inline(
    text: &[u8],
    at: &FieldPath<'_>,
    services: &dyn Services,
    problems: &mut Problems,
) -> Option<KeySet> {
    let (keys, dropped) = match KeySet::parse(text, &KeySetLimits::default()) {
        Ok(read) => read,
        Err(error) => {
            problems.push(at, error);
            return None;
        }
    };
    for key in &dropped {
        services.log(Level::Warn, &format!("{at}: a key is left out: {key}"));
    }
    if keys.is_empty() {
        match dropped.first() {
            Some(key) => problems.push(at, format_args!("expected a key that can be used: {key}")),
            None => problems.push(at, "expected at least one key"),
        }
    }
    Some(keys)
}
