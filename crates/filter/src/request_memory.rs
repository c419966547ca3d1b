//! What a filter knows of a request beyond its own run (law 13).

use gatepost_remote::fnv1a_128;

use crate::filter::Load;
use crate::request::Request;
use crate::services::{HostError, Services};

/// What a filter keeps of a request for its next run on it. An internal redirect
/// runs the chain again, on headers that the first run has changed; what was
/// established then is recalled, and judged again by the new path's rules.
///
/// It lives in filter state with the life span of the request, which no client
/// writes. Its name holds a hash of the filter's document, so that what was
/// established under another document, by another plugin of the proxy or before a
/// reload, is not taken for one's own. Access logs can show it: no secrets.
#[derive(Clone, Debug)]
pub struct RequestMemory {
    name: String,
    refused: Option<HostError>,
}

/// The most that is kept of a request, in bytes.
const MOST_BYTES: usize = 64 * 1024;

const DECLARE: &str = "declare_property";

impl RequestMemory {
    /// Asks the proxy for it while the filter loads: Envoy has the foreign function
    /// `declare_property`; where it is missing, nothing is kept.
    #[must_use]
    pub fn declare(load: &Load<'_>) -> Self {
        let hash = fnv1a_128(load.document.as_bytes());
        let name = format!("gatepost.{}.kept.{hash:032x}", load.instance);
        let declared = declaration(&name).ok_or(HostError {
            call: DECLARE,
            status: HostError::BAD_ARGUMENT,
        });
        let declared =
            declared.and_then(|argument| load.services.foreign_function(DECLARE, &argument));
        Self {
            name,
            refused: declared.err(),
        }
    }

    /// Why the proxy keeps nothing, if it does not: a request that is redirected
    /// internally is then judged on what its first run has left of it.
    #[must_use]
    pub fn refused(&self) -> Option<HostError> {
        self.refused
    }

    /// Keeps `value`, at most 64 KiB, in place of what was kept.
    ///
    /// # Errors
    /// When the proxy refuses it, or keeps nothing at all. The verdict of this run
    /// does not hang on it.
    pub fn keep(&self, services: &dyn Services, value: &[u8]) -> Result<(), HostError> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        if value.len() > MOST_BYTES {
            return Err(HostError {
                call: "set_property",
                status: HostError::BAD_ARGUMENT,
            });
        }
        services.set_filter_state(&self.name, value)
    }

    /// What an earlier run of the same request kept. Reads a property, about 1 us:
    /// for a request that lacks what the filter needs.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    pub fn recall(&self, request: &Request<'_>) -> Result<Option<Vec<u8>>, HostError> {
        if self.refused.is_some() {
            return Ok(None);
        }
        let kept = request.services().property(&self.name)?;
        Ok(kept.filter(|value| !value.is_empty()))
    }
}

/// `DeclarePropertyArguments` of Envoy, in protobuf: `name`, and `span`
/// (`DownstreamRequest`); `type` is left at `Bytes`.
fn declaration(name: &str) -> Option<Vec<u8>> {
    const NAME: u8 = 1 << 3 | 2;
    const SPAN: u8 = 5 << 3;
    const DOWNSTREAM_REQUEST: u8 = 1;
    // A varint of two bytes: the name is longer than 127 at times, never than 16383.
    let length = u16::try_from(name.len())
        .ok()
        .filter(|length| *length < 1 << 14)?;
    let [low, _] = (length & 0x7f | 0x80).to_le_bytes();
    let [high, _] = (length >> 7).to_le_bytes();
    let mut bytes = vec![NAME, low, high];
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend([SPAN, DOWNSTREAM_REQUEST]);
    Some(bytes)
}
