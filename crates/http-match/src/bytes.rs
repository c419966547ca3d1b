//! Bytes compared eight at a time: a module compares slices one by one.

/// Whether the bytes are the same.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
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
/// end, which overlap, or one by one.
fn equal_short(one: &[u8], other: &[u8]) -> bool {
    let ends = |text: &[u8]| {
        let (start, end) = (text.first_chunk()?, text.last_chunk()?);
        Some((u32::from_ne_bytes(*start), u32::from_ne_bytes(*end)))
    };
    match (ends(one), ends(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.iter().eq(other),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_differs_is_seen_wherever_it_stands() {
        for length in 0..=72 {
            let text: Vec<u8> = (0..length).map(|place| b'a' + place % 26).collect();
            assert!(equal(&text, &text), "{length}");
            for place in 0..text.len() {
                for bit in 0..8 {
                    let mut other = text.clone();
                    other[place] ^= 1 << bit;
                    assert!(!equal(&text, &other), "{bit} of {place} of {length}");
                    let is_case = bit == 5;
                    assert_eq!(equal_ignoring_case(&text, &other), is_case, "{place}");
                }
            }
        }
    }

    #[test]
    fn a_part_is_not_the_whole() {
        let text = [b'a'; 72];
        for length in 0..text.len() {
            let (part, longer) = (&text[..length], &text[..=length]);
            assert!(!equal(part, longer) && !equal(longer, part), "{length}");
        }
    }
}
