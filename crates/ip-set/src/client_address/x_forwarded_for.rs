//! X-Forwarded-For: no standard, a list of addresses by custom.

use std::net::IpAddr;

use super::trust::{Entry, MAX_WALKED, by_hops, by_proxies};
use super::{ClientAddressError, Trust};
use crate::AddressError;
use crate::address::parse_element;

/// The client's address from X-Forwarded-For.
///
/// `lines` are the values of all header lines in their order; together they
/// are one list (RFC 9110 5.3). `peer` is the true peer, if it is known.
/// `peer_appended` says whether the rightmost entry is that peer, put there by
/// the proxy that we run in.
///
/// [`Trust::Hops`] with N hops selects the entry behind the N rightmost ones of
/// the header as it stands here. That is Envoy's rule in both modes: where the
/// peer was appended (`use_remote_address: true`) it is the N-th entry of what
/// arrived and, for N = 0, the peer; where it was not, the (N+1)-th. With fewer
/// entries, or without the header, the true peer is the client.
///
/// [`Trust::Proxies`] with an untrusted peer selects the peer and does not look
/// at the header. Otherwise the rightmost untrusted entry is the client, or the
/// leftmost when all are trusted.
///
/// # Errors
/// An entry that the walk comes by is empty or no address (see
/// [`crate::parse_element`]); the walk is longer than [`super::MAX_WALKED`];
/// the peer is needed and not known; a trusted peer sent no header.
pub fn from_x_forwarded_for<'h>(
    lines: impl DoubleEndedIterator<Item = &'h [u8]>,
    peer: Option<IpAddr>,
    peer_appended: bool,
    trust: &Trust,
) -> Result<IpAddr, ClientAddressError> {
    let from_right = last_elements(lines).into_iter();
    match trust {
        Trust::Hops(hops) => by_hops(&mut from_right.map(read), *hops, peer),
        // The appended entry is the peer, which is judged already. It is not
        // read: for a peer on the loopback Envoy appends another address.
        Trust::Proxies(proxies) => {
            let arrived = from_right.skip(usize::from(peer_appended));
            by_proxies(&mut arrived.map(read), proxies, peer)
        }
    }
}

/// The rightmost elements, from the right: the appended one, as many as the walk
/// reads, and one more, so that it can tell that there are more.
fn last_elements<'h>(lines: impl DoubleEndedIterator<Item = &'h [u8]>) -> Vec<&'h [u8]> {
    const MOST: usize = MAX_WALKED as usize + 2;
    let mut elements = Vec::new();
    for line in lines.rev() {
        let wanted = MOST.saturating_sub(elements.len());
        elements.extend(line.rsplit(|byte| *byte == b',').take(wanted));
    }
    elements
}

fn read(element: &[u8]) -> Entry {
    parse_element(element).map_err(|error| match error {
        AddressError::Empty => ClientAddressError::EmptyEntry,
        _ => ClientAddressError::NotAnAddress,
    })
}
