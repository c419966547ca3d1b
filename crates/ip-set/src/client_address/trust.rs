//! Which entries of a chain of proxies are believed.

use std::net::IpAddr;

use super::ClientAddressError;
use crate::IpSet;

/// How many entries are walked from the right, at most. Envoy gives up behind
/// as many (`xff_trusted_cidrs`).
pub const MAX_WALKED: u8 = 20;

/// What is believed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Trust {
    /// A fixed number of our own proxies stands between the client and the
    /// proxy that we run in. Counts as Envoy's `xff_num_trusted_hops` does.
    Hops(Hops),
    /// These proxies, wherever they stand in the chain. The true peer must be
    /// one of them, or else it is the client itself.
    Proxies(IpSet),
}

/// A number of trusted hops, below [`MAX_WALKED`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hops(u8);

impl Hops {
    /// The most that can be stated.
    pub const MAX: u8 = MAX_WALKED.saturating_sub(1);

    /// No proxy in front.
    pub const NONE: Self = Self(0);

    /// `None` above [`Self::MAX`].
    #[must_use]
    pub const fn new(hops: u8) -> Option<Self> {
        if hops <= Self::MAX {
            Some(Self(hops))
        } else {
            None
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// An entry of the chain: read only when the walk comes by.
pub(super) type Entry = Result<IpAddr, ClientAddressError>;

/// Counts off `hops` entries from the right; the next one is the client. With
/// fewer entries the true peer is, as in Envoy: a proxy of ours always adds an
/// entry, so a short chain means that the request did not come through them.
pub(super) fn by_hops(
    from_right: &mut dyn Iterator<Item = Entry>,
    hops: Hops,
    peer: Option<IpAddr>,
) -> Result<IpAddr, ClientAddressError> {
    let mut shortfall = ClientAddressError::Missing;
    for (place, entry) in (0..=hops.0).zip(from_right) {
        let address = entry?;
        if place == hops.0 {
            return Ok(address);
        }
        shortfall = ClientAddressError::TooFewEntries;
    }
    peer.map(|peer| peer.to_canonical()).ok_or(shortfall)
}

/// Walks over trusted proxies; the first other address is the client. When all
/// are trusted, the leftmost is. `from_right` does not hold the peer.
///
/// A trusted peer that sends no header is an error, not the client: a client
/// could have made it drop the header (`Connection: x-forwarded-for`,
/// CVE-2022-31813) to come in under the proxy's own address.
pub(super) fn by_proxies(
    from_right: &mut dyn Iterator<Item = Entry>,
    proxies: &IpSet,
    peer: Option<IpAddr>,
) -> Result<IpAddr, ClientAddressError> {
    let peer = peer.ok_or(ClientAddressError::UnknownPeer)?.to_canonical();
    if !proxies.contains(peer) {
        return Ok(peer);
    }
    let mut leftmost = None;
    for entry in (&mut *from_right).take(usize::from(MAX_WALKED)) {
        let address = entry?;
        if !proxies.contains(address) {
            return Ok(address);
        }
        leftmost = Some(address);
    }
    if from_right.next().is_some() {
        return Err(ClientAddressError::TooManyEntries);
    }
    leftmost.ok_or(ClientAddressError::Missing)
}
