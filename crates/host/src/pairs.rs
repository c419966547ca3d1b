//! Header maps as the ABI serializes them: a count, the lengths of every name
//! and value, then the bytes, each followed by NUL. Little-endian `u32`s.

use gatepost_http_match::{Headers, Layout};

/// Reads a header map without copying its bytes; `None` when it is malformed.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<Headers> {
    if bytes.is_empty() {
        return Some(Headers::default());
    }
    let (count, rest) = bytes.split_first_chunk()?;
    let count = size(count);
    // What the lengths alone take must be there: bounds the layout's memory.
    let lengths = rest.as_chunks::<4>().0.as_chunks::<2>().0.get(..count)?;
    let mut layout = Layout::new(size_of_val(lengths).checked_add(4)?, count);
    layout.extend(
        lengths
            .iter()
            .map(|[name, value]| (size(name), size(value))),
    );
    Headers::laid_out(bytes, layout).ok()
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

/// On a machine that cannot say it, what no buffer has.
fn size(bytes: &[u8; 4]) -> usize {
    usize::try_from(u32::from_le_bytes(*bytes)).unwrap_or(usize::MAX)
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
