//! Base64url as JOSE uses it (RFC 7515 2): one spelling for each sequence of
//! bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes that `text` spells; `None` for padding, for any other character
/// than the 64 of RFC 4648 5, and for bits left over that are not zero.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The one spelling of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_one_spelling() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("AA", b"\0"),
            ("AAE", b"\0\x01"),
            ("-_-_", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes), "{text}");
            assert_eq!(encode(bytes), text);
        }
        for text in [
            "A", "AB", "AAF", "AA==", "AAE=", "AA\n", " AA", "A A", "+/+/", "AA?", "AAAAA", "ÄA",
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }
}
