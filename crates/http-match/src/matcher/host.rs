//! Hosts.

use std::fmt;
use std::net::Ipv6Addr;

use crate::Host;
use crate::authority::is_name;

/// What the host of a request is compared with. ASCII letters compare without
/// regard to case (RFC 9110 4.2.3).
#[derive(Debug)]
pub(super) enum HostPattern {
    Exact(Box<[u8]>),
    /// `.example.com` of `*.example.com`: one or more labels stand before it.
    Suffix(Box<[u8]>),
    Ipv6(Ipv6Addr),
}

/// The text is no host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct HostError;

impl HostPattern {
    pub(super) fn parse(text: &str) -> Result<Self, HostError> {
        if let Some(literal) = text.strip_prefix('[') {
            let address = literal.strip_suffix(']').ok_or(HostError)?;
            return address.parse().map(Self::Ipv6).map_err(|_| HostError);
        }
        let name = text.strip_prefix("*.").unwrap_or(text);
        if !is_name(name.as_bytes()) {
            return Err(HostError);
        }
        Ok(match text.strip_prefix('*') {
            Some(suffix) => Self::Suffix(suffix.as_bytes().into()),
            None => Self::Exact(text.as_bytes().into()),
        })
    }

    pub(super) fn matches(&self, host: Host<'_>) -> bool {
        match (self, host) {
            (Self::Exact(name), Host::Name(host)) => host.eq_ignore_ascii_case(name),
            (Self::Suffix(suffix), Host::Name(host)) => {
                let labels = host.len().checked_sub(suffix.len());
                labels
                    .filter(|length| *length > 0)
                    .and_then(|length| host.get(length..))
                    .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
            }
            (Self::Ipv6(address), Host::Ipv6(host)) => *address == host,
            (Self::Exact(_) | Self::Suffix(_), Host::Ipv6(_)) | (Self::Ipv6(_), Host::Name(_)) => {
                false
            }
        }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected a host without port, such as `api.example.com`, `*.example.com` or `[::1]`",
        )
    }
}
