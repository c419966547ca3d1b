//! The host that a request names.

use std::net::Ipv6Addr;

use crate::Undecided;
use crate::headers::Span;

/// The host of a request, without its port.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Host<'a> {
    /// A name or an IPv4 address as it was written, without one trailing dot.
    Name(&'a [u8]),
    /// An address literal: `[::1]`.
    Ipv6(Ipv6Addr),
}

/// `:authority`, taken apart. Spans are ranges of its value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Authority {
    Name(Span),
    Ipv6(Ipv6Addr),
    /// Missing, or no `host [":" port]`: with user information, several ports,
    /// a zone, an empty label, or bytes that no host name has.
    Unreadable,
}

impl Authority {
    pub(crate) fn read(value: Option<&[u8]>) -> Self {
        value.and_then(Self::parse).unwrap_or(Self::Unreadable)
    }

    pub(crate) fn host<'v>(&self, value: &'v [u8]) -> Result<Host<'v>, Undecided> {
        match self {
            Self::Name(span) => Ok(Host::Name(span.of(value))),
            Self::Ipv6(address) => Ok(Host::Ipv6(*address)),
            Self::Unreadable => Err(Undecided::UnreadableAuthority),
        }
    }

    fn parse(value: &[u8]) -> Option<Self> {
        if let Some(literal) = value.strip_prefix(b"[") {
            let end = literal.iter().position(|byte| *byte == b']')?;
            let (address, behind) = literal.split_at_checked(end)?;
            let behind = behind.strip_prefix(b"]")?;
            let port_is_good = behind.is_empty() || behind.strip_prefix(b":").is_some_and(is_port);
            let address = std::str::from_utf8(address).ok()?.parse().ok()?;
            return port_is_good.then_some(Self::Ipv6(address));
        }
        let end = value.iter().position(|byte| *byte == b':');
        let host = match end {
            None => value,
            Some(end) => {
                let (host, port) = value.split_at_checked(end)?;
                if !port.strip_prefix(b":").is_some_and(is_port) {
                    return None;
                }
                host
            }
        };
        let host = host.strip_suffix(b".").unwrap_or(host);
        is_name(host).then(|| Self::Name(Span::new(0, host.len())))
    }
}

/// Whether `host` is a name of non-empty labels of letters, digits, `-` and
/// `_`, at most 253 bytes long (RFC 1035 2.3.4).
pub(crate) fn is_name(host: &[u8]) -> bool {
    let is_legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    host.len() <= 253
        && host
            .split(|byte| *byte == b'.')
            .all(|label| !label.is_empty() && label.iter().all(is_legal))
}

/// A port may be empty (RFC 3986 3.2.3).
fn is_port(text: &[u8]) -> bool {
    text.is_empty()
        || (text.iter().all(u8::is_ascii_digit)
            && std::str::from_utf8(text).is_ok_and(|text| text.parse::<u16>().is_ok()))
}
