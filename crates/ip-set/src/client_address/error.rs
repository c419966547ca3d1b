//! Why a request has no client address.

use std::fmt;

/// Why the client's address is not known. Nothing of the header is kept.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ClientAddressError {
    /// The true peer is needed and not known: it has no IP address, or the
    /// proxy does not tell. A matter of configuration.
    UnknownPeer,
    /// A trusted peer, or an unknown one, sent no such header.
    Missing,
    /// Fewer entries than trusted hops, and the true peer is not known.
    TooFewEntries,
    /// The walk met more trusted proxies than it follows.
    TooManyEntries,
    /// An entry is empty: two commas in a row, or one at the end.
    EmptyEntry,
    /// An entry is not an IP address with an optional port.
    NotAnAddress,
    /// A Forwarded node is `unknown` or an obfuscated name: a proxy hides the
    /// address on purpose.
    Hidden,
    /// A Forwarded element does not say whom it was forwarded for.
    NoForParameter,
    /// Forwarded does not follow the syntax of RFC 7239 4.
    Malformed,
    /// Forwarded is longer than is read.
    TooLong,
    /// A header with one address came twice.
    Repeated,
}

impl ClientAddressError {
    /// All errors, for documents and tests.
    pub const ALL: [Self; 11] = [
        Self::UnknownPeer,
        Self::Missing,
        Self::TooFewEntries,
        Self::TooManyEntries,
        Self::EmptyEntry,
        Self::NotAnAddress,
        Self::Hidden,
        Self::NoForParameter,
        Self::Malformed,
        Self::TooLong,
        Self::Repeated,
    ];

    /// A name that does not change, for metrics and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownPeer => "unknown_peer",
            Self::Missing => "missing",
            Self::TooFewEntries => "too_few_entries",
            Self::TooManyEntries => "too_many_entries",
            Self::EmptyEntry => "empty_entry",
            Self::NotAnAddress => "not_an_address",
            Self::Hidden => "hidden",
            Self::NoForParameter => "no_for_parameter",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::Repeated => "repeated",
        }
    }
}

impl fmt::Display for ClientAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownPeer => "the address of the true peer is needed and not known",
            Self::Missing => "expected the header that names the client, found none",
            Self::TooFewEntries => {
                "expected more entries than trusted hops, and the true peer is not known"
            }
            Self::TooManyEntries => "expected at most 20 trusted proxies in a row",
            Self::EmptyEntry => "expected an address between the commas, found nothing",
            Self::NotAnAddress => "expected an IP address with an optional port",
            Self::Hidden => "expected an IP address, found `unknown` or an obfuscated name",
            Self::NoForParameter => "expected a `for` parameter in the Forwarded element",
            Self::Malformed => "expected the Forwarded syntax of RFC 7239",
            Self::TooLong => "expected at most 8192 bytes of Forwarded",
            Self::Repeated => "expected the header once, found it several times",
        })
    }
}

impl std::error::Error for ClientAddressError {}
