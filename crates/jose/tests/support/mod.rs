//! Keys as documents have them.
#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_jose::{Dropped, Jwk, KeyError, KeySet, KeySetLimits};

/// The modulus of RFC 7517 A.1, RFC 7638 3.1.
pub(crate) const MODULUS: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z\
    wu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6C\
    f0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q\
    NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK\
    gw";

/// The point of RFC 7517 A.1.
pub(crate) const P256_X: &str = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4";
pub(crate) const P256_Y: &str = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM";

/// The public key of RFC 8037 A.2.
pub(crate) const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// `{"kty": "RSA", ...}`, with `more` members in front.
pub(crate) fn rsa(more: &str) -> String {
    format!(r#"{{{more}"kty":"RSA","n":"{MODULUS}","e":"AQAB"}}"#)
}

pub(crate) fn p256(more: &str) -> String {
    format!(r#"{{{more}"kty":"EC","crv":"P-256","x":"{P256_X}","y":"{P256_Y}"}}"#)
}

pub(crate) fn ed25519(more: &str) -> String {
    format!(r#"{{{more}"kty":"OKP","crv":"Ed25519","x":"{ED25519_X}"}}"#)
}

/// A secret of that many bytes, all of them `fill`.
pub(crate) fn secret(more: &str, fill: u8, len: usize) -> String {
    let secret = base64url(&vec![fill; len]);
    format!(r#"{{{more}"kty":"oct","k":"{secret}"}}"#)
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn bytes(base64url: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(base64url).unwrap()
}

pub(crate) fn jwk(text: &str) -> Result<Jwk, KeyError> {
    let limits = gatepost_json::Limits::of_bytes(text.len());
    Jwk::parse(&gatepost_json::parse(text.as_bytes(), limits).unwrap())
}

/// A set of these keys, and what was dropped.
pub(crate) fn key_set(keys: &[String]) -> (KeySet, Vec<Dropped>) {
    let document = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
    KeySet::parse(document.as_bytes(), &KeySetLimits::default()).unwrap()
}
