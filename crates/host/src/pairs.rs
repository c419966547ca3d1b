//! Header maps as the ABI serializes them: a count, the lengths of every name
//! and value, then the bytes, each followed by NUL. Little-endian `u32`s.

use std::ops::Range;

use gatepost_http_match::{Entry, Headers};

/// Reads a header map without copying its bytes; `None` when it is malformed.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<Headers> {
    if bytes.is_empty() {
        return Headers::from_parts(bytes, Vec::new()).ok();
    }
    let count = usize::try_from(number(&bytes, 0)?).ok()?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    // What the lengths alone take must be there: bounds the allocation below.
    if at > bytes.len() {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    for index in 0..count {
        let lengths = index.checked_mul(8)?.checked_add(4)?;
        let name = part(&bytes, &mut at, lengths)?;
        let value = part(&bytes, &mut at, lengths.checked_add(4)?)?;
        entries.push(Entry::new(name, value));
    }
    Headers::from_parts(bytes, entries).ok()
}

/// Serializes headers; `None` when they are larger than the ABI can say.
pub(crate) fn encode<'a, I>(pairs: I) -> Option<Vec<u8>>
where
    I: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    I::IntoIter: Clone,
{
    let pairs = pairs.into_iter();
    let count = u32::try_from(pairs.clone().count()).ok()?;
    let mut bytes = count.to_le_bytes().to_vec();
    for (name, value) in pairs.clone() {
        bytes.extend(u32::try_from(name.len()).ok()?.to_le_bytes());
        bytes.extend(u32::try_from(value.len()).ok()?.to_le_bytes());
    }
    for (name, value) in pairs {
        bytes.extend(name);
        bytes.push(0);
        bytes.extend(value);
        bytes.push(0);
    }
    Some(bytes)
}

/// The next name or value, whose length stands at `length_at`.
fn part(bytes: &[u8], at: &mut usize, length_at: usize) -> Option<Range<usize>> {
    let length = usize::try_from(number(bytes, length_at)?).ok()?;
    let end = at.checked_add(length)?;
    let range = *at..end;
    bytes.get(range.clone())?;
    *at = end.checked_add(1)?;
    Some(range)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_back_to_the_byte() {
        let pairs: [(&[u8], &[u8]); 4] = [
            (b":path", b"/"),
            (b"x", b""),
            (b"x", b"\xff\0"),
            (b"y", b"long value"),
        ];
        let headers = decode(encode(pairs).unwrap()).unwrap();
        assert_eq!(headers.iter().collect::<Vec<_>>(), pairs);
    }

    #[test]
    fn a_malformed_map_is_refused() {
        let whole = encode([(&b"a"[..], &b"b"[..]), (b"c", b"d")]).unwrap();
        for length in 1..whole.len() - 1 {
            assert!(decode(whole[..length].to_vec()).is_none(), "{length}");
        }
        assert!(decode(vec![255; 64]).is_none());
        assert_eq!(decode(Vec::new()).unwrap().iter().count(), 0);
    }
}
