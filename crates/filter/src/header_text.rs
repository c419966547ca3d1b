//! Text of claims and keys, as a header value.

use gatepost_http_match::percent_encode;

use crate::changes::{LONGEST_VALUE, Unsendable};

/// A header value that says `text` and nothing else, of at most `longest` bytes (and
/// 8 KiB).
///
/// Visible ASCII and the spaces within stay as they are. Bytes of other characters,
/// `%`, and spaces at either end, which receivers cut off, are percent-encoded
/// (RFC 3986 2.1). So two texts never give one value, and whoever decodes it, once,
/// has the text.
///
/// # Errors
/// When the text holds a control character, tab included, or the value is too long.
pub fn sendable(text: &str, longest: usize) -> Result<Vec<u8>, Unsendable> {
    let longest = longest.min(LONGEST_VALUE);
    if text.len() > longest {
        return Err(Unsendable::TooLong);
    }
    let inner = text.trim_matches(' ');
    let before = text
        .len()
        .saturating_sub(text.trim_start_matches(' ').len());
    let behind = before.saturating_add(inner.len());
    let mut value = Vec::with_capacity(text.len());
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            0..0x20 | 0x7f => return Err(Unsendable::ControlCharacter),
            b' ' if place < before || place >= behind => percent_encode(byte, &mut value),
            b'%' | 0x80.. => percent_encode(byte, &mut value),
            _ => value.push(byte),
        }
    }
    if value.len() > longest {
        return Err(Unsendable::TooLong);
    }
    Ok(value)
}
