//! Percent-encoding (RFC 3986 2.1).

use std::borrow::Cow;

/// Decodes every triplet once, and `+` as a space where `plus_is_space`; `None`
/// when a `%` does not start a triplet. Copies only where something is encoded.
pub(crate) fn decode(text: &[u8], plus_is_space: bool) -> Option<Cow<'_, [u8]>> {
    let is_encoded = |byte: &u8| *byte == b'%' || (plus_is_space && *byte == b'+');
    if !text.iter().any(is_encoded) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'%', [high, low, behind @ ..]) => {
                decoded.push(octet(*high, *low)?);
                rest = behind;
            }
            (b'%', _) => return None,
            (b'+', _) if plus_is_space => decoded.push(b' '),
            _ => decoded.push(byte),
        }
    }
    Some(Cow::Owned(decoded))
}

/// The octet of two hexadecimal digits.
pub(crate) fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(u8::try_from);
    let (high, low) = (digit(high)?.ok()?, digit(low)?.ok()?);
    Some(high.checked_shl(4)? | low)
}

/// Appends `byte` as a triplet in upper case (RFC 3986 2.1).
pub fn encode(byte: u8, text: &mut Vec<u8>) {
    let digit = |value: u8| match char::from_digit(u32::from(value), 16) {
        Some(digit) => u8::try_from(digit.to_ascii_uppercase()).unwrap_or(b'0'),
        None => b'0',
    };
    text.extend([b'%', digit(byte >> 4), digit(byte & 0x0f)]);
}
