//! Whose request is this? The client's address when proxies stand in between.
//!
//! Everything in a header was written by the client until a proxy that we trust
//! says otherwise, so each source here needs a stated trust, headers are walked
//! from the right, which is the end that our own proxies write, and what cannot
//! be read where the walk comes by ends it with an error: skipping it would let
//! a client shift the count.
//!
//! *The true peer* is the other end of the connection, not what a header made
//! of it. All input is bytes as they came; the work is bounded by
//! [`MAX_WALKED`] and [`forwarded::MAX_BYTES`].

mod error;
pub mod forwarded;
mod single_header;
mod trust;
mod x_forwarded_for;

use std::net::IpAddr;

use crate::IpSet;

pub use self::error::ClientAddressError;
pub use self::forwarded::from_forwarded;
pub use self::single_header::from_single_header;
pub use self::trust::{Hops, MAX_WALKED, Trust};
pub use self::x_forwarded_for::from_x_forwarded_for;

/// Where the client's address comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClientAddressSource {
    /// The true peer is the client.
    Connection,
    /// X-Forwarded-For, as [`from_x_forwarded_for`] reads it.
    XForwardedFor {
        /// Which entries are believed.
        trust: Trust,
        /// Whether the proxy has appended the true peer before the header is
        /// read (Envoy: `use_remote_address: true` without
        /// `skip_xff_append`).
        peer_appended: bool,
    },
    /// Forwarded (RFC 7239), as [`from_forwarded`] reads it.
    Forwarded {
        /// Which elements are believed.
        trust: Trust,
    },
    /// A header with one address, as [`from_single_header`] reads it.
    SingleHeader {
        /// The header's name in lower case, such as `cf-connecting-ip`.
        name: Box<str>,
        /// The peers that are believed.
        proxies: IpSet,
    },
}

impl ClientAddressSource {
    /// The lower-case name of the header that [`Self::resolve`] needs.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Connection => None,
            Self::XForwardedFor { .. } => Some("x-forwarded-for"),
            Self::Forwarded { .. } => Some("forwarded"),
            Self::SingleHeader { name, .. } => Some(name),
        }
    }

    /// Whether [`Self::resolve`] cannot succeed without the true peer.
    #[must_use]
    pub fn needs_peer(&self) -> bool {
        match self {
            Self::XForwardedFor { trust, .. } | Self::Forwarded { trust } => {
                matches!(trust, Trust::Proxies(_))
            }
            Self::Connection | Self::SingleHeader { .. } => true,
        }
    }

    /// The client's address. `lines` are the values of all lines of
    /// [`Self::header`] in their order; `peer` is the true peer, if it is known.
    ///
    /// # Errors
    /// Why there is none. A verdict that needs the address is then a denial.
    pub fn resolve<'h>(
        &self,
        lines: impl DoubleEndedIterator<Item = &'h [u8]>,
        peer: Option<IpAddr>,
    ) -> Result<IpAddr, ClientAddressError> {
        match self {
            Self::Connection => peer
                .map(|peer| peer.to_canonical())
                .ok_or(ClientAddressError::UnknownPeer),
            Self::XForwardedFor {
                trust,
                peer_appended,
            } => from_x_forwarded_for(lines, peer, *peer_appended, trust),
            Self::Forwarded { trust } => from_forwarded(lines, peer, trust),
            Self::SingleHeader { proxies, .. } => from_single_header(lines, peer, proxies),
        }
    }
}
