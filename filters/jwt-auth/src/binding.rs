//! Tokens that are bound to the peer's certificate (RFC 8705 3), or to a key of the
//! client (RFC 9449 6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_filter::Services;
use gatepost_json::Value;

use crate::config::CertificateBinding;

/// Why a token is not good for this connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BindingError {
    /// It is bound to another certificate, or to none although it must be.
    NotBound,
    /// The proxy did not say which certificate the peer has.
    Host,
}

/// Whether the token may be used on this connection.
pub(crate) fn check_binding(
    binding: CertificateBinding,
    claims: &Value,
    services: &dyn Services,
) -> Result<(), BindingError> {
    if binding == CertificateBinding::Off {
        return Ok(());
    }
    let bound = claims.member("cnf").and_then(|cnf| cnf.member("x5t#S256"));
    let bound = match bound {
        None if binding == CertificateBinding::IfPresent => return Ok(()),
        None => return Err(BindingError::NotBound),
        Some(bound) => bound.as_str().ok_or(BindingError::NotBound)?,
    };
    let digest = services
        .property("connection\0sha256_peer_certificate_digest")
        .map_err(|_| BindingError::Host)?
        .unwrap_or_default();
    let peer = thumbprint(&digest).ok_or(BindingError::NotBound)?;
    if peer == bound {
        Ok(())
    } else {
        Err(BindingError::NotBound)
    }
}

/// Whether the token is no bearer token: it counts with a proof of the key that
/// `cnf.jkt` names, whatever stands there.
pub(crate) fn is_dpop_bound(claims: &Value) -> bool {
    let cnf = claims.member("cnf");
    cnf.is_some_and(|cnf| cnf.member("jkt").is_some())
}

/// The `x5t#S256` of a certificate by its digest in hexadecimal digits.
fn thumbprint(hex: &[u8]) -> Option<String> {
    let (pairs, rest) = hex.as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut digest = [0_u8; 32];
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = (nibble(*high)? << 4) | nibble(*low)?;
    }
    Some(URL_SAFE_NO_PAD.encode(digest))
}

fn nibble(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_the_digest_in_base64url() {
        // RFC 8705 3.1 gives the thumbprint; these are its bytes.
        let hex = b"6c1e7ee4b7bc8d1f0a2f3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f80";
        let thumbprint = thumbprint(hex).unwrap();
        assert_eq!(thumbprint.len(), 43);
        assert_eq!(URL_SAFE_NO_PAD.decode(thumbprint).unwrap().len(), 32);
    }

    #[test]
    fn what_is_no_digest_is_no_thumbprint() {
        for hex in [
            &b""[..],
            b"00",
            &[b'0'; 63],
            &[b'0'; 65],
            &[b'g'; 64],
            &[0xff; 64],
        ] {
            assert_eq!(thumbprint(hex), None);
        }
    }
}
