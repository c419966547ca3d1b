//! Whether bytes are the same.

/// Whether the bytes are the same.
#[inline]
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    // Names that differ mostly do so in this.
    one.len() == other.len() && one.first() == other.first() && equal_words(one, other)
}

/// Of as many bytes in both.
fn equal_words(one: &[u8], other: &[u8]) -> bool {
    let (Some(last), Some(other_last)) = (one.last_chunk::<8>(), other.last_chunk::<8>()) else {
        return equal_short(one, other);
    };
    // The last eight may overlap with what is before them: no byte stands alone.
    if differ(last, other_last) != 0 {
        return false;
    }
    let ((words, _), (others, _)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
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
    true
}

/// For fewer than eight bytes, and as many in both: four at the start and four at the
/// end, which overlap; of three and fewer the first, the middle and the last are all.
fn equal_short(one: &[u8], other: &[u8]) -> bool {
    let ends = |text: &[u8]| {
        let (start, end) = (text.first_chunk()?, text.last_chunk()?);
        Some((u32::from_ne_bytes(*start), u32::from_ne_bytes(*end)))
    };
    match (ends(one), ends(other)) {
        (Some(one), Some(other)) => one == other,
        _ => {
            let middle = one.len() / 2;
            one.first() == other.first()
                && one.get(middle) == other.get(middle)
                && one.last() == other.last()
        }
    }
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
