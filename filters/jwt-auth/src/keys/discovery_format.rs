//! How an issuer's metadata become the place of its keys.

use std::fmt;

use gatepost_jose::{Discovery, DiscoveryError, DiscoveryLimits};
use gatepost_remote::{Format, Meta, Step};

/// The metadata of an issuer, which they must name.
#[derive(Clone, Debug)]
pub(super) struct DiscoveryFormat {
    pub(super) issuer: String,
}

/// Where the keys of an issuer are, as it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct KeysAt {
    /// The host, with its port if one is written.
    pub(super) authority: String,
    /// The path, with its query.
    pub(super) path: String,
}

/// Why it is not known where the keys are. The server is at fault.
#[derive(Debug)]
pub(super) enum MetadataError {
    Body(DiscoveryError),
    /// What came through shared data is nothing that we wrote.
    Compiled,
}

impl Format for DiscoveryFormat {
    type Document = KeysAt;
    type Parse = Vec<u8>;
    type Error = MetadataError;

    fn id(&self) -> Vec<u8> {
        // 1: the layout of the compiled form, authority and path on a line each.
        format!("discovery/1/{}", self.issuer).into_bytes()
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Vec<u8>, MetadataError> {
        Ok(body)
    }

    fn step(&self, body: &mut Vec<u8>) -> Step<MetadataError> {
        match Discovery::parse(body, &self.issuer, &DiscoveryLimits::default()) {
            Ok(discovery) => {
                let uri = discovery.jwks_uri();
                Step::Done(format!("{}\n{}", uri.authority(), uri.path()).into_bytes())
            }
            Err(error) => Step::Failed(MetadataError::Body(error)),
        }
    }

    /// Whether the text is a place is seen when it is asked.
    fn load(&self, compiled: &[u8]) -> Result<KeysAt, MetadataError> {
        let text = std::str::from_utf8(compiled).map_err(|_| MetadataError::Compiled)?;
        let (authority, path) = text.split_once('\n').ok_or(MetadataError::Compiled)?;
        Ok(KeysAt {
            authority: authority.to_owned(),
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Compiled => f.write_str("what another worker shared is no place of keys"),
        }
    }
}
