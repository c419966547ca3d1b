//! Forwarded (RFC 7239): a strict reader, and the client's address from it.

mod node;
mod syntax;

use std::net::IpAddr;

use super::trust::{Entry, MAX_WALKED, by_hops, by_proxies};
use super::{ClientAddressError, Trust};

pub use self::syntax::{Element, Elements, Parameter, elements};

/// How long all lines together may be, in bytes. Quotes make it impossible to
/// read Forwarded from the right alone, so all of it is read.
pub const MAX_BYTES: usize = 8192;

/// The client's address from Forwarded.
///
/// `lines` are the values of all header lines in their order; `peer` is the
/// true peer, if it is known. Each element stands for one proxy and its `for`
/// parameter for whom that proxy served; the walk is that of
/// [`super::from_x_forwarded_for`] where no peer was appended.
///
/// All lines must be well-formed, also left of where the walk ends: an open
/// quote hides what a proxy of ours wrote behind it. A quoted string does not
/// reach from one line into the next.
///
/// # Errors
/// The header is malformed or longer than [`MAX_BYTES`]; an element that the
/// walk comes by has no `for`, hides the address, or holds something else; the
/// reasons of [`super::from_x_forwarded_for`].
pub fn from_forwarded<'h>(
    lines: impl IntoIterator<Item = &'h [u8]>,
    peer: Option<IpAddr>,
    trust: &Trust,
) -> Result<IpAddr, ClientAddressError> {
    match trust {
        Trust::Hops(hops) => by_hops(&mut last_entries(lines)?, *hops, peer),
        Trust::Proxies(proxies) => match peer {
            // An untrusted peer is the client, however bad its header is.
            Some(peer) if proxies.contains(peer) => {
                by_proxies(&mut last_entries(lines)?, proxies, Some(peer))
            }
            peer => by_proxies(&mut std::iter::empty(), proxies, peer),
        },
    }
}

/// The rightmost entries, from the right: one more than the walk reads, so that
/// it can tell that there are more.
fn last_entries<'h>(
    lines: impl IntoIterator<Item = &'h [u8]>,
) -> Result<impl Iterator<Item = Entry>, ClientAddressError> {
    let mut bytes = 0_usize;
    let mut last = Vec::new();
    for line in lines {
        bytes = bytes.saturating_add(line.len());
        if bytes > MAX_BYTES {
            return Err(ClientAddressError::TooLong);
        }
        for element in elements(line) {
            if last.len() > usize::from(MAX_WALKED) {
                last.remove(0);
            }
            last.push(element?);
        }
    }
    Ok(last.into_iter().rev().map(|element| read(&element)))
}

fn read(element: &Element<'_>) -> Entry {
    let node = element
        .parameter("for")
        .ok_or(ClientAddressError::NoForParameter)?;
    node::parse(&node.value())
}
