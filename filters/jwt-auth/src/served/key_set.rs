//! The body of a key server, and the key set that it is.

use std::fmt;

use gatepost_jose::{Dropped, Jwk, KeySet, KeySetFormError, KeySetLimits};

/// Why there is no key set.
#[derive(Debug)]
pub(crate) enum KeySetError {
    Body(gatepost_jose::KeySetError),
    /// No key of it can be used; the first, if there is any, for this reason.
    NoUsableKey(Option<Dropped>),
    Compiled(KeySetFormError),
}

/// The most keys: each is checked, which takes a worker's time.
const MOST_KEYS: usize = 64;

/// The compiled form of a body.
pub(super) fn compile(body: &[u8]) -> Result<Vec<u8>, KeySetError> {
    let limits = KeySetLimits {
        max_keys: MOST_KEYS,
        ..KeySetLimits::default()
    };
    let (keys, dropped) = KeySet::parse(body, &limits).map_err(KeySetError::Body)?;
    // A secret that is published is none.
    if keys.keys().all(Jwk::is_secret) {
        return Err(KeySetError::NoUsableKey(dropped.into_iter().next()));
    }
    Ok(keys.encode())
}

/// The key set of a compiled form.
pub(super) fn load(compiled: &[u8]) -> Result<KeySet, KeySetError> {
    KeySet::decode(compiled).map_err(KeySetError::Compiled)
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::NoUsableKey(None) => f.write_str("expected at least one public key"),
            Self::NoUsableKey(Some(dropped)) => {
                write!(f, "expected a public key that can be used: {dropped}")
            }
            Self::Compiled(error) => error.fmt(f),
        }
    }
}
