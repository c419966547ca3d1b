//! How an issuer's metadata become the place of its keys.

use std::fmt;
use std::rc::Rc;

use gatepost_config::Shown;
use gatepost_jose::{Discovery, DiscoveryError, DiscoveryLimits};
use gatepost_remote::{Format, Meta, Source, Step};

use crate::plan::DiscoveryPlan;

/// The metadata of an issuer, which they must name, and whose keys must be where the
/// plan lets them be fetched.
#[derive(Clone, Debug)]
pub(super) struct DiscoveryFormat(pub(super) Rc<DiscoveryPlan>);

/// Why it is not known where the keys are. The server is at fault.
#[derive(Debug)]
pub(super) enum MetadataError {
    Body(DiscoveryError),
    /// The keys are at this host.
    Place(String),
    /// What came through shared data is nothing that we wrote.
    Compiled,
}

/// The document is the source of the keys.
impl Format for DiscoveryFormat {
    type Document = Source;
    type Parse = Vec<u8>;
    type Error = MetadataError;

    fn id(&self) -> Vec<u8> {
        self.0.id()
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Vec<u8>, MetadataError> {
        Ok(body)
    }

    fn step(&self, body: &mut Vec<u8>) -> Step<MetadataError> {
        let discovery = Discovery::parse(body, &self.0.issuer, &DiscoveryLimits::default());
        let discovery = match discovery {
            Ok(discovery) => discovery,
            Err(error) => return Step::Failed(MetadataError::Body(error)),
        };
        let uri = discovery.jwks_uri();
        let (authority, path) = (uri.authority(), uri.path());
        match self.0.keys_at(&authority, path) {
            Some(_) => Step::Done(format!("{authority}\n{path}").into_bytes()),
            None => Step::Refused(MetadataError::Place(authority)),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<Source, MetadataError> {
        std::str::from_utf8(compiled)
            .ok()
            .and_then(|text| text.split_once('\n'))
            .and_then(|(authority, path)| self.0.keys_at(authority, path))
            .ok_or(MetadataError::Compiled)
    }
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Place(authority) => write!(
                f,
                "`jwks_uri` names the host {}, which is none of `key_servers`, or no place to \
                 fetch from",
                Shown(authority)
            ),
            Self::Compiled => f.write_str("what another worker shared is no place of keys"),
        }
    }
}
