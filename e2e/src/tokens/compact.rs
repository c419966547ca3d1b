//! A token as text, put together by hand: what no honest library makes.

use jwt_simple::reexports::ct_codecs::{Base64UrlSafeNoPadding, Decoder, Encoder};

/// Base64url without padding (RFC 7515 section 2).
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlSafeNoPadding::encode_to_string(bytes).unwrap_or_default()
}

/// The bytes of a segment that [`encoded`] made; none of any other text.
pub fn decoded(segment: &str) -> Vec<u8> {
    Base64UrlSafeNoPadding::decode_to_vec(segment, None).unwrap_or_default()
}

/// The first two segments of a token: what a signature is over.
pub fn unsigned(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    format!("{}.{}", encoded(header), encoded(payload))
}

/// A token with this signature over whatever `sign` is given, right or not.
pub fn with_signature(
    header: impl AsRef<[u8]>,
    payload: impl AsRef<[u8]>,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let input = unsigned(header, payload);
    let signature = sign(input.as_bytes());
    format!("{input}.{}", encoded(signature))
}
