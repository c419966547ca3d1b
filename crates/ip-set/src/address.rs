//! Reading one address, from whoever printed it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest text of an address: six groups and a dotted quad.
const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();

/// Reads an address in its strict text form.
///
/// IPv4 is four decimal numbers without leading zeros: octal, hexadecimal and
/// short forms, which other readers take for other addresses, are refused.
/// IPv6 is RFC 4291 2.2. No zone (RFC 4007: it means nothing outside the host
/// that wrote it), port, bracket or space. An IPv4-mapped IPv6 address comes
/// back as IPv4.
///
/// # Errors
/// Says what the text is instead.
pub fn parse_address(text: impl AsRef<[u8]>) -> Result<IpAddr, AddressError> {
    parse_as_written(text.as_ref()).map(|address| address.to_canonical())
}

/// Reads a peer as a proxy prints it: `192.0.2.1:443`, `[2001:db8::1]:443`, or
/// without a port (Envoy: `source.address`, `%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%`
/// and its form `_WITHOUT_PORT`).
///
/// # Errors
/// What has no address the world agrees on gets an error of its own: a zone, a
/// Unix socket (Envoy prints its path, or `@` and its abstract name), an
/// internal listener (`envoy://name/id`).
pub fn parse_peer(text: &[u8]) -> Result<IpAddr, AddressError> {
    match text {
        [b'/' | b'@', ..] => Err(AddressError::UnixSocket),
        [b'e', b'n', b'v', b'o', b'y', b':', b'/', b'/', ..] => Err(AddressError::InternalListener),
        _ => parse_with_port(text),
    }
}

/// Reads one element of X-Forwarded-For: an address, with spaces and tabs
/// around it, that may carry a port as some proxies write it (`192.0.2.1:5678`,
/// `[2001:db8::1]:443`).
///
/// Without brackets no port can be told from an IPv6 group, so `::1:443` is the
/// address `::1:443` (RFC 5952 6), not `::1` with a port.
///
/// # Errors
/// As for [`parse_address`]; `unknown` and obfuscated names are no addresses.
pub fn parse_element(text: &[u8]) -> Result<IpAddr, AddressError> {
    parse_with_port(trim_whitespace(text))
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressError {
    /// There is no text.
    Empty,
    /// It is neither IPv4 nor IPv6 in strict text form.
    NotAnAddress,
    /// An IPv6 address with a zone (`fe80::1%eth0`).
    Zone,
    /// The address is followed by something that is no port.
    Port,
    /// The peer is connected through a Unix socket.
    UnixSocket,
    /// The peer is an internal listener of the proxy itself.
    InternalListener,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "expected an IP address, found nothing",
            Self::NotAnAddress => {
                "expected an IPv4 address of four decimal numbers without leading zeros, or an IPv6 address"
            }
            Self::Zone => "expected an IPv6 address without a zone (`%...`)",
            Self::Port => "expected a port from 0 to 65535 behind the address",
            Self::UnixSocket => "expected an IP address, found a Unix socket",
            Self::InternalListener => "expected an IP address, found an internal listener",
        })
    }
}

impl std::error::Error for AddressError {}

/// As [`parse_address`], but an IPv4-mapped address stays IPv6.
pub(crate) fn parse_as_written(text: &[u8]) -> Result<IpAddr, AddressError> {
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if let Some((address, [])) = leading_ipv4(text) {
        return Ok(address.into());
    }
    let address = std::str::from_utf8(text.get(..=LONGEST).unwrap_or(text))
        .ok()
        .and_then(|text| text.parse::<Ipv6Addr>().ok());
    address.map(IpAddr::V6).ok_or_else(|| {
        if text.iter().take(LONGEST).any(|byte| *byte == b'%') {
            AddressError::Zone
        } else {
            AddressError::NotAnAddress
        }
    })
}

/// Reads `[address]`; returns the address and what stands behind the bracket.
/// `None` when the text starts with no bracket.
pub(crate) fn parse_bracketed(text: &[u8]) -> Option<Result<(IpAddr, &[u8]), AddressError>> {
    let text = text.strip_prefix(b"[")?;
    let reach = text.get(..=LONGEST).unwrap_or(text);
    let Some(end) = reach.iter().position(|byte| *byte == b']') else {
        return Some(Err(AddressError::NotAnAddress));
    };
    let (inside, behind) = text.split_at_checked(end)?;
    Some(match parse_as_written(inside) {
        Ok(address @ IpAddr::V6(_)) => {
            Ok((address.to_canonical(), behind.get(1..).unwrap_or_default()))
        }
        Ok(IpAddr::V4(_)) | Err(AddressError::Empty) => Err(AddressError::NotAnAddress),
        Err(error) => Err(error),
    })
}

/// Reads the IPv4 address at the start of `text`; returns what stands behind it.
/// The standard library's reader takes six times as long.
pub(crate) fn leading_ipv4(text: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (mut address, mut dots) = (0_u32, 0_u8);
    let mut rest = text;
    loop {
        let (octet, behind) = leading_octet(rest)?;
        address = (address << 8) | u32::from(octet);
        match behind {
            behind if dots == 3 => return Some((address.into(), behind)),
            [b'.', next @ ..] => rest = next,
            _ => return None,
        }
        dots = dots.wrapping_add(1);
    }
}

/// Reads all digits at the start of `text`, which are a number up to 255 without
/// leading zeros; returns what stands behind them.
#[inline]
pub(crate) fn leading_octet(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, mut rest) = text.split_first()?;
    let mut number = digit(*first)?;
    while let Some((byte, behind)) = rest.split_first()
        && let Some(digit) = digit(*byte)
    {
        if number == 0 {
            return None;
        }
        // At most 2559.
        number = number.wrapping_mul(10).wrapping_add(digit);
        if number > 255 {
            return None;
        }
        rest = behind;
    }
    u8::try_from(number).ok().map(|number| (number, rest))
}

/// Whether `text` is a port: 1 to 5 digits, at most 65535.
pub(crate) fn is_port(text: &[u8]) -> bool {
    if text.len() > 5 {
        return false;
    }
    let push = |port: u32, byte: &u8| {
        // Of five digits at most: it fits.
        Some(port.wrapping_mul(10).wrapping_add(digit(*byte)?))
    };
    !text.is_empty()
        && text
            .iter()
            .try_fold(0, push)
            .is_some_and(|port| port <= 65535)
}

fn digit(byte: u8) -> Option<u32> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then(|| digit.into())
}

/// `text` without the spaces and tabs around it (RFC 9110 5.6.3).
pub(crate) fn trim_whitespace(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', inside @ ..] | [inside @ .., b' ' | b'\t'] = text {
        text = inside;
    }
    text
}

fn parse_with_port(text: &[u8]) -> Result<IpAddr, AddressError> {
    match leading_ipv4(text) {
        Some((address, [])) => return Ok(address.into()),
        Some((address, [b':', port @ ..])) if is_port(port) => return Ok(address.into()),
        Some((_, [b':', ..])) => return Err(AddressError::Port),
        _ => {}
    }
    if let Some(bracketed) = parse_bracketed(text) {
        return match bracketed? {
            (address, []) => Ok(address),
            (address, [b':', port @ ..]) if is_port(port) => Ok(address),
            _ => Err(AddressError::Port),
        };
    }
    let error = match parse_address(text) {
        Ok(address) => return Ok(address),
        Err(error) => error,
    };
    let mut parts = text.splitn(2, |byte| *byte == b':');
    let (Some(before), Some(port)) = (parts.next(), parts.next()) else {
        return Err(error);
    };
    match parse_address(before) {
        Ok(address) if is_port(port) => Ok(address),
        Ok(_) => Err(AddressError::Port),
        Err(_) => Err(error),
    }
}
