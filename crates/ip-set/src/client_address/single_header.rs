//! A header of one address that a proxy sets: CF-Connecting-IP, X-Real-IP.

use std::net::IpAddr;

use super::ClientAddressError;
use crate::address::{parse_address, trim_whitespace};
use crate::{AddressError, IpSet};

/// The client's address from a header that holds one address.
///
/// An untrusted peer is the client, whatever the header says. From a trusted
/// peer the header must come exactly once, with one address and no port: some
/// vendors put a port behind an IPv6 address without brackets, which reads as
/// another address.
///
/// # Errors
/// The peer is not known; a trusted peer sent the header not at all, more than
/// once, or with something else than one address.
pub fn from_single_header<'h>(
    lines: impl IntoIterator<Item = &'h [u8]>,
    peer: Option<IpAddr>,
    proxies: &IpSet,
) -> Result<IpAddr, ClientAddressError> {
    let peer = peer.ok_or(ClientAddressError::UnknownPeer)?.to_canonical();
    if !proxies.contains(peer) {
        return Ok(peer);
    }
    let mut lines = lines.into_iter();
    let line = lines.next().ok_or(ClientAddressError::Missing)?;
    if lines.next().is_some() {
        return Err(ClientAddressError::Repeated);
    }
    parse_address(trim_whitespace(line)).map_err(|error| match error {
        AddressError::Empty => ClientAddressError::EmptyEntry,
        _ => ClientAddressError::NotAnAddress,
    })
}
