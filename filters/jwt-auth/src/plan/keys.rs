//! `keys`: those of the document are read; those of servers are known where.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_config::{FieldPath, Problems, Shown};
use gatepost_filter::{Level, Services};
use gatepost_jose::{Algorithm, AlgorithmSet, Jwk, KeySet, KeySetLimits};

use crate::config::{InlineKeys, KeysConfig, SecretConfig};

/// The keys of a provider.
#[derive(Debug)]
pub(crate) enum KeysPlan {
    /// They are here, and stay.
    Fixed(KeySet),
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
}

/// The most secrets of a provider.
const MOST_SECRETS: usize = 64;

pub(super) fn compile_keys(
    raw: KeysConfig<'_>,
    context: &KeysContext<'_>,
    at: &FieldPath<'_>,
    services: &dyn Services,
    problems: &mut Problems,
) -> Option<KeysPlan> {
    let keys = match raw {
        KeysConfig::Inline(InlineKeys(text)) => {
            inline(text.as_bytes(), &at.field("inline"), services, problems)?
        }
        KeysConfig::Secrets(raw) => secrets(raw, &at.field("secrets"), problems),
    };
    let allows = |key: &Jwk| context.algorithms.iter().any(|name| key.allows(name));
    if problems.is_empty() && !keys.keys().any(allows) {
        problems.push(
            at,
            "expected a key for one of the provider's `algorithms`; HS256, HS384 and HS512 are \
             among them only where they are named",
        );
    }
    Some(KeysPlan::Fixed(keys))
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
        let first = dropped.first();
        match first {
            Some(key) => problems.push(at, format_args!("expected a key that can be used: {key}")),
            None => problems.push(at, "expected at least one key"),
        }
    }
    Some(keys)
}

fn secrets(raw: Vec<SecretConfig>, at: &FieldPath<'_>, problems: &mut Problems) -> KeySet {
    if !(1..=MOST_SECRETS).contains(&raw.len()) {
        problems.push(at, format_args!("expected 1 to {MOST_SECRETS} secrets"));
    }
    let mut keys: Vec<Jwk> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let secret_at = at.index(index);
        let Some(key) = secret(raw, &secret_at, problems) else {
            continue;
        };
        if keys.iter().any(|known| known.kid() == key.kid()) {
            problems.push(
                &secret_at.field("kid"),
                "expected a `kid` that no other secret has",
            );
        }
        keys.push(key);
    }
    keys.into_iter().collect()
}

fn secret(raw: SecretConfig, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Jwk> {
    let algorithm = Algorithm::from_name(&raw.algorithm).filter(|name| name.is_symmetric());
    if algorithm.is_none() {
        problems.push(
            &at.field("algorithm"),
            format_args!(
                "expected HS256, HS384 or HS512, found {}",
                Shown(&raw.algorithm)
            ),
        );
    }
    let secret = URL_SAFE_NO_PAD.decode(raw.inline.trim_end_matches('='));
    if secret.is_err() {
        problems.push(&at.field("inline"), "expected base64url (RFC 4648 5)");
    }
    Jwk::from_secret(raw.kid.0, &secret.ok()?, algorithm?)
        .map_err(|error| problems.push(at, error))
        .ok()
}
