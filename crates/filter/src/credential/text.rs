//! Which bytes a credential may hold.

/// Whether these are visible ASCII characters without `"` and `,`. A token is long:
/// eight bytes are looked at together.
pub(super) fn is_legal(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b'.'; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let illegal = |word: &[u8; 8]| illegal(u64::from_le_bytes(*word));
    words
        .iter()
        .chain([&last])
        .fold(0, |all, word| all | illegal(word))
        == 0
}

/// Not zero if one of eight bytes is illegal. Sums do not carry from byte to byte
/// unless one has its top bit set, which is illegal itself.
fn illegal(word: u64) -> u64 {
    // Each leaves the top bit of a byte that is so much or more.
    let visible = word.wrapping_add(eight(0x80 - b'!'));
    let delete = word.wrapping_add(eight(0x80 - 0x7f));
    let no_quote = (word ^ eight(b'"')).wrapping_add(eight(0x7f));
    let no_comma = (word ^ eight(b',')).wrapping_add(eight(0x7f));
    (word | delete | !(visible & no_quote & no_comma)) & eight(0x80)
}

/// A byte, eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
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
