//! Who asks: the client's address and the peer's identity, as the document says
//! where to find them.

use std::net::IpAddr;

use gatepost_filter::{Request, Services};
use gatepost_http_match::RequestView;
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
    Connection,
    /// The filter state of this name.
    FilterState(String),
}

impl ClientSource {
    /// The client's address.
    ///
    /// # Errors
    /// Why it is not known; a verdict that needs it is a denial then.
    pub(crate) fn resolve(
        &self,
        view: &RequestView,
        services: &dyn Services,
    ) -> Result<IpAddr, ClientAddressError> {
        let peer = self.true_peer.as_ref().and_then(|peer| peer.read(services));
        // The values of all lines in their order; none for a source that reads
        // no header.
        let values: Vec<&[u8]> = match self.source.header() {
            Some(name) => view.headers().all(name).collect(),
            None => Vec::new(),
        };
        self.source.resolve(values.into_iter(), peer)
    }
}

impl TruePeer {
    /// `None` when the proxy does not tell, or tells something that is no
    /// address (a unix socket): the client's address is unknown then.
    fn read(&self, services: &dyn Services) -> Option<IpAddr> {
        let value = match self {
            Self::Connection => services.property(&["source", "address"]),
            Self::FilterState(name) => services.property(&["filter_state", name]),
        };
        parse_peer(&value.ok()??).ok()
    }
}

/// The first URI SAN of the peer's certificate, if there is one.
pub(crate) fn peer_identity(request: &Request<'_>) -> Option<String> {
    let property = ["connection", "uri_san_peer_certificate"];
    let identity = request.services().property(&property).ok()??;
    // A NUL would let a certificate say one thing to us and another to a reader
    // that stops there (CVE-2025-66220).
    let identity = String::from_utf8(identity).ok()?;
    (!identity.is_empty() && !identity.contains('\0')).then_some(identity)
}
