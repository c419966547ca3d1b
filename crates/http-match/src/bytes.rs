//! Bytes compared eight at a time: a module compares slices one by one.

/// Whether the bytes are the same.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let ((words, rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let ((fours, words), (other_fours, others)) = (words.as_chunks::<4>(), others.as_chunks::<4>());
    for ([a, b, c, d], [e, f, g, h]) in fours.iter().zip(other_fours) {
        if differ(a, e) | differ(b, f) | differ(c, g) | differ(d, h) != 0 {
            return false;
        }
    }
    for (word, other) in words.iter().zip(others) {
        if differ(word, other) != 0 {
            return false;
        }
    }
    for (byte, other) in rest.iter().zip(other_rest) {
        if byte != other {
            return false;
        }
    }
    true
}

/// Whether the bytes are the same but for the case of ASCII letters; mostly they are
/// the same.
#[must_use]
pub fn equal_ignoring_case(one: &[u8], other: &[u8]) -> bool {
    equal(one, other) || one.eq_ignore_ascii_case(other)
}

/// 0 if they do not.
fn differ(word: &[u8; 8], other: &[u8; 8]) -> u64 {
    u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*other)
}
