//! Which bytes a credential may hold.

use gatepost_bytes::find_word;

/// Whether these are visible ASCII characters without `"` and `,`.
pub(super) fn is_legal(text: &[u8]) -> bool {
    let illegal = find_word(text, |word| {
        let invisible = word.below(b'!').or(word.at_least(0x7f));
        invisible.or(word.equal(b'"')).or(word.equal(b','))
    });
    illegal.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_legal_byte(byte: u8) -> bool {
        byte.is_ascii_graphic() && !matches!(byte, b'"' | b',')
    }

    #[test]
    fn each_byte_is_judged_alike_wherever_it_stands() {
        for length in 1..=26 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'~'; length];
                    text[place] = byte;
                    assert_eq!(is_legal(&text), is_legal_byte(byte), "{byte} at {place}");
                }
            }
        }
        assert!(is_legal(b""));
    }

    #[test]
    fn no_pair_of_bytes_hides_one_that_is_illegal() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let expected = is_legal_byte(first) && is_legal_byte(second);
                let mut text = *b"abcdefghij";
                text[3..5].copy_from_slice(&[first, second]);
                assert_eq!(is_legal(&text), expected, "{first} {second}");
                text = *b"abcdefghij";
                text[7..9].copy_from_slice(&[first, second]);
                assert_eq!(is_legal(&text), expected, "{first} {second}");
            }
        }
    }
}
