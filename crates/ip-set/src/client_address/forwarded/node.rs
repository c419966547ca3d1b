//! Nodes: who took part in a request (RFC 7239 6).

use std::net::IpAddr;

use crate::address::{is_port, parse_address, parse_bracketed};
use crate::client_address::ClientAddressError;

/// The address of a node. IPv6 stands in brackets; a port, of digits or
/// obfuscated, may follow any node.
pub(super) fn parse(node: &[u8]) -> Result<IpAddr, ClientAddressError> {
    let (name, port) = match parse_bracketed(node) {
        Some(Ok((address, port))) => (Name::Address(address), port),
        Some(Err(_)) => return Err(ClientAddressError::NotAnAddress),
        None => {
            let end = node.iter().position(|byte| *byte == b':');
            let (name, port) = node
                .split_at_checked(end.unwrap_or(node.len()))
                .ok_or(ClientAddressError::NotAnAddress)?;
            (parse_name(name)?, port)
        }
    };
    match port {
        [] => {}
        [b':', port @ ..] if is_port(port) || is_obfuscated(port) => {}
        _ => return Err(ClientAddressError::NotAnAddress),
    }
    match name {
        Name::Address(address) => Ok(address),
        Name::Hidden => Err(ClientAddressError::Hidden),
    }
}

enum Name {
    Address(IpAddr),
    Hidden,
}

fn parse_name(name: &[u8]) -> Result<Name, ClientAddressError> {
    if name.eq_ignore_ascii_case(b"unknown") || is_obfuscated(name) {
        return Ok(Name::Hidden);
    }
    parse_address(name)
        .map(Name::Address)
        .map_err(|_| ClientAddressError::NotAnAddress)
}

/// `obfnode` and `obfport`: an underscore and at least one more character.
fn is_obfuscated(text: &[u8]) -> bool {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    matches!(text, [b'_', _, ..]) && text.iter().all(legal)
}
