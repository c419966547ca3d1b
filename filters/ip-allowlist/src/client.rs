//! Who asks: the client's address and the peer's identity, as the document says
//! where to find them.

use std::net::IpAddr;

use gatepost_filter::{HostError, Request, Services};
use gatepost_ip_set::client_address::{ClientAddressError, ClientAddressSource};
use gatepost_ip_set::parse_peer;

/// Where the client's address comes from.
#[derive(Debug)]
pub(crate) struct ClientSource {
    pub(crate) source: ClientAddressSource,
    pub(crate) true_peer: Option<TruePeer>,
}

/// Where the true peer's address comes from.
#[derive(Debug)]
pub(crate) enum TruePeer {
    /// The property `source.address`.
    Connection {
        /// Whether an address counts that the listener took from a header.
        takes_forwarded: bool,
    },
    /// The filter state at this property path.
    FilterState(String),
}

/// Why the client's address is not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum UnknownClient {
    /// By what the header says, or the true peer is not known.
    Address(ClientAddressError),
    /// The proxy's `source.address` is what a header says, and nobody has stated
    /// that the listener believes only proxies of ours.
    FromHeader,
}

/// The proxy does not tell who is speaking.
pub(crate) const UNKNOWN_PEER: UnknownClient =
    UnknownClient::Address(ClientAddressError::UnknownPeer);

impl ClientSource {
    /// The client's address.
    ///
    /// # Errors
    /// Why it is not known; a verdict that needs it is a denial then.
    pub(crate) fn resolve(&self, request: &mut Request<'_>) -> Result<IpAddr, UnknownClient> {
        let services = request.services();
        if let (ClientAddressSource::Connection, Some(peer)) = (&self.source, &self.true_peer) {
            // What most documents say, without a way round.
            return peer.read(services)?.ok_or(UNKNOWN_PEER);
        }
        // The values of all lines in their order; none for a source that reads
        // no header.
        let values: Vec<&[u8]> = match self.source.header() {
            Some(name) => request.view().headers().all(name).collect(),
            None => Vec::new(),
        };
        let lines = || values.iter().copied();
        if !self.source.needs_peer() {
            // Hops: the peer, which costs a call, is asked for a short header only.
            let client = self.source.resolve(lines(), None);
            match client {
                Err(ClientAddressError::Missing | ClientAddressError::TooFewEntries)
                    if self.true_peer.is_some() => {}
                client => return client.map_err(UnknownClient::Address),
            }
        }
        let peer = match &self.true_peer {
            Some(peer) => peer.read(services)?,
            None => None,
        };
        self.source
            .resolve(lines(), peer)
            .map_err(UnknownClient::Address)
    }
}

impl TruePeer {
    /// `None` when the proxy does not tell, or tells something that is no
    /// address (a unix socket): the client's address is unknown then.
    fn read(&self, services: &dyn Services) -> Result<Option<IpAddr>, UnknownClient> {
        let (path, takes_forwarded) = match self {
            Self::Connection { takes_forwarded } => ("source\0address", *takes_forwarded),
            Self::FilterState(path) => (path.as_str(), true),
        };
        let mut peer = Ok(None);
        let read = services.with_property(path, &mut |value| {
            peer = if !takes_forwarded && is_from_header(value) {
                Err(UnknownClient::FromHeader)
            } else {
                Ok(parse_peer(value).ok())
            };
        });
        match read {
            Ok(()) => peer,
            Err(_) => Ok(None),
        }
    }
}

/// Envoy gives port 0 to an address that it took from a header; no connection
/// has it.
fn is_from_header(address: &[u8]) -> bool {
    let [host @ .., b':', b'0'] = address else {
        return false;
    };
    host.starts_with(b"[") || (!host.contains(&b':') && parse_peer(host).is_ok())
}

/// Why the peer's identity is not known although there may be one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum UnreadableIdentity {
    /// The proxy refused to tell.
    Host(HostError),
    /// It is no text, or holds a NUL: a certificate would say one thing to us and
    /// another to a reader that stops there (CVE-2025-66220).
    NoText,
}

/// The first URI SAN of the peer's certificate, if there is one.
///
/// # Errors
/// When that cannot be said: "no identity" would pass a rule that asks for the
/// absence of one.
pub(crate) fn peer_identity(request: &Request<'_>) -> Result<Option<String>, UnreadableIdentity> {
    let identity = request
        .services()
        .property("connection\0uri_san_peer_certificate")
        .map_err(UnreadableIdentity::Host)?;
    let Some(identity) = identity.filter(|identity| !identity.is_empty()) else {
        return Ok(None);
    };
    match String::from_utf8(identity) {
        Ok(identity) if !identity.contains('\0') => Ok(Some(identity)),
        _ => Err(UnreadableIdentity::NoText),
    }
}
