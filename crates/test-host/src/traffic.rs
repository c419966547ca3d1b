//! What goes through a proxy: requests, what becomes of them, calls of filters.

use std::collections::BTreeMap;
use std::fmt;

use crate::worker::Pairs;

/// A request to send: what stands in its header map and what the proxy knows of
/// its connection.
#[derive(Clone, Debug, Default)]
pub struct RequestParts {
    pub(crate) headers: Pairs,
    pub(crate) properties: BTreeMap<String, Vec<u8>>,
}

/// Headers as they were written, name and value.
pub type Headers = Vec<(String, Vec<u8>)>;

/// All values of a header, as text.
#[must_use]
pub fn values(headers: &Headers, name: &str) -> Vec<String> {
    let found = headers.iter().filter(|(known, _)| known == name);
    found
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        .collect()
}

pub(crate) fn texts(pairs: &Pairs) -> Headers {
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    pairs
        .iter()
        .map(|(name, value)| (text(name), value.clone()))
        .collect()
}

/// What became of a request so far.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It goes to the upstream, with these headers.
    Passed(Headers),
    /// It is answered.
    Replied(LocalReply),
    /// It is held.
    Held,
}

/// `passed`, `403 ip_denied` (status and response code details) or `held`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(_) => f.write_str("passed"),
            Self::Replied(reply) => write!(f, "{} {}", reply.status, reply.details),
            Self::Held => f.write_str("held"),
        }
    }
}

/// A local reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalReply {
    /// The HTTP status.
    pub status: u32,
    /// The response code details.
    pub details: String,
    /// The body.
    pub body: String,
    /// The headers.
    pub headers: Headers,
    /// -1 for none.
    pub grpc_status: i32,
}

/// A call that a filter made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Call {
    /// Its token.
    pub token: u32,
    /// Whether it is a gRPC call.
    pub grpc: bool,
    /// The cluster.
    pub cluster: String,
    /// Its headers.
    pub headers: Headers,
    /// Its body or message.
    pub body: Vec<u8>,
    /// Its timeout.
    pub milliseconds: u32,
}

impl RequestParts {
    /// `GET path` to `example.com` from `192.0.2.1`.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::default()
            .header(":method", "GET")
            .header(":scheme", "http")
            .header(":authority", "example.com")
            .header(":path", path)
            .property("source.address", "192.0.2.1:4711")
    }

    /// With one more header line; the name in lower case, as Envoy's codecs
    /// leave it.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = name.to_ascii_lowercase().into_bytes();
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    /// With all lines of a header replaced by none.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name.as_bytes());
        self
    }

    /// With this property of the connection, by its path with dots.
    #[must_use]
    pub fn property(mut self, path: &str, value: impl AsRef<[u8]>) -> Self {
        self.properties
            .insert(path.to_owned(), value.as_ref().to_vec());
        self
    }

    /// Without a property.
    #[must_use]
    pub fn without_property(mut self, path: &str) -> Self {
        self.properties.remove(path);
        self
    }
}
