//! An issuer's metadata, and where its keys are.

use std::fmt;

use gatepost_jose::{Discovery, DiscoveryError, DiscoveryLimits};

/// Where the keys of an issuer are, as it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KeysAt {
    /// The host, with its port if one is written.
    pub(crate) authority: String,
    /// The path, with its query.
    pub(crate) path: String,
}

/// Why it is not known where the keys are.
#[derive(Debug)]
pub(crate) enum PlaceError {
    Body(DiscoveryError),
    /// What came through shared data is nothing that we wrote.
    Compiled,
}

/// The compiled form of a body: authority and path on a line each.
pub(super) fn compile(body: &[u8], issuer: &str) -> Result<Vec<u8>, PlaceError> {
    let discovery =
        Discovery::parse(body, issuer, &DiscoveryLimits::default()).map_err(PlaceError::Body)?;
    let uri = discovery.jwks_uri();
    Ok(format!("{}\n{}", uri.authority(), uri.path()).into_bytes())
}

/// The place of a compiled form; whether it is one is seen when it is asked.
pub(super) fn load(compiled: &[u8]) -> Result<KeysAt, PlaceError> {
    let text = std::str::from_utf8(compiled).map_err(|_| PlaceError::Compiled)?;
    let (authority, path) = text.split_once('\n').ok_or(PlaceError::Compiled)?;
    Ok(KeysAt {
        authority: authority.to_owned(),
        path: path.to_owned(),
    })
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Compiled => f.write_str("what another worker shared is no place of keys"),
        }
    }
}
