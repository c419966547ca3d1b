//! Tokens put together by hand, whatever they say.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod issued;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_jose::{Token, TokenClaims, TokenLimits};

/// The header of most tokens here.
pub(crate) const HEADER: &str = r#"{"alg":"ES256","kid":"one"}"#;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A token with a signature that is right in form only.
pub(crate) fn token(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    format!("{}.{}.{}", encode(header), encode(payload), encode([7; 64]))
}

pub(crate) fn parse(token: &str) -> Token<'_> {
    Token::parse(token.as_bytes(), TokenLimits::default()).unwrap()
}

pub(crate) fn claims(payload: &str) -> TokenClaims {
    TokenClaims::unverified(&parse(&token(HEADER, payload))).unwrap()
}
