//! `secrets`: what checks HS256, HS384 and HS512.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_config::{FieldPath, Problems};
use gatepost_filter::Services;
use gatepost_jose::{Algorithm, Jwk, KeySet};

use crate::config::SecretConfig;

/// The most secrets of a provider.
const MOST_SECRETS: usize = 64;

pub(super) fn compile_secrets(
    raw: Vec<SecretConfig>,
    at: &FieldPath<'_>,
    services: &dyn Services,
    problems: &mut Problems,
) -> KeySet {
    if !(1..=MOST_SECRETS).contains(&raw.len()) {
        problems.push(at, format_args!("expected 1 to {MOST_SECRETS} secrets"));
    }
    let mut keys: Vec<Jwk> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let secret_at = at.index(index);
        let Some(key) = secret(raw, &secret_at, services, problems) else {
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

/// A secret from the document or from the proxy's environment; nothing of it is
/// shown.
fn secret(
    raw: SecretConfig,
    at: &FieldPath<'_>,
    services: &dyn Services,
    problems: &mut Problems,
) -> Option<Jwk> {
    let algorithm = Algorithm::from_name(&raw.algorithm).filter(|name| name.is_symmetric());
    if algorithm.is_none() {
        problems.push(&at.field("algorithm"), "expected HS256, HS384 or HS512");
    }
    let (text, text_at) = match (raw.inline.0, raw.host_env_key.0) {
        (Some(text), None) => (text, at.field("inline")),
        (None, Some(name)) => {
            let name_at = at.field("host_env_key");
            let Some(text) = services.environment(&name) else {
                problems.push(
                    &name_at,
                    "expected the name of a variable of the proxy's environment that the \
                     plugin's `host_env_keys` names, too",
                );
                return None;
            };
            (text, name_at)
        }
        _ => {
            problems.push(at, "expected one of `host_env_key` and `inline`");
            return None;
        }
    };
    let secret = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
    if secret.is_err() {
        problems.push(&text_at, "expected base64url (RFC 4648 5)");
    }
    Jwk::from_secret(raw.kid.0, &secret.ok()?, algorithm?)
        .map_err(|error| problems.push(&text_at, error))
        .ok()
}
