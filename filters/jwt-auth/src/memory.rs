//! What is kept of a request's good tokens for its next run (law 13): an internal
//! redirect comes without the token that the first run took away.
//!
//! Not the token, which is a secret, but what it said and which key signed it: the
//! next run judges that anew, by the rules of its path.

use gatepost_jose::{KeyId, TokenClaims};
use gatepost_json::Limits;

/// A token that an earlier run found good.
pub(crate) struct Kept {
    /// Its provider, by the document's order.
    pub(crate) provider: usize,
    pub(crate) key: KeyId,
    pub(crate) kid: Option<Box<str>>,
    pub(crate) payload: Box<[u8]>,
    pub(crate) claims: TokenClaims,
}

/// The layout: provider (4 bytes, least first), the key's digest (32), the length of
/// the `kid` plus one or 0 without one (2), the `kid`, the length of the payload (4),
/// the payload.
pub(crate) fn encode(provider: usize, key: KeyId, kid: Option<&str>, payload: &[u8]) -> Box<[u8]> {
    let size = payload.len().saturating_add(64);
    let mut bytes = Vec::with_capacity(size.saturating_add(kid.map_or(0, str::len)));
    bytes.extend(u32::try_from(provider).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(key.as_bytes());
    let length = kid.map_or(0, |kid| kid.len().saturating_add(1));
    bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(kid.unwrap_or_default().as_bytes());
    bytes.extend(
        u32::try_from(payload.len())
            .unwrap_or(u32::MAX)
            .to_le_bytes(),
    );
    bytes.extend(payload);
    bytes.into()
}

/// Every token of these bytes; none if one of them cannot be read.
pub(crate) fn decode(mut bytes: &[u8], max_depth: u8) -> Option<Vec<Kept>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(take(&mut bytes, max_depth)?);
    }
    Some(all)
}

fn take(bytes: &mut &[u8], max_depth: u8) -> Option<Kept> {
    let provider = u32::from_le_bytes(*take_chunk(bytes)?);
    let key = KeyId::from_bytes(*take_chunk(bytes)?);
    let length = usize::from(u16::from_le_bytes(*take_chunk(bytes)?));
    let kid = match length.checked_sub(1) {
        None => None,
        Some(length) => Some(Box::from(str::from_utf8(take_slice(bytes, length)?).ok()?)),
    };
    let length = usize::try_from(u32::from_le_bytes(*take_chunk(bytes)?)).ok()?;
    let payload = take_slice(bytes, length)?;
    let limits = Limits {
        max_bytes: payload.len(),
        max_depth,
    };
    let claims = TokenClaims::from_value(gatepost_json::parse(payload, limits).ok()?).ok()?;
    Some(Kept {
        provider: usize::try_from(provider).ok()?,
        key,
        kid,
        payload: payload.into(),
        claims,
    })
}

fn take_chunk<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (chunk, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(chunk)
}

fn take_slice<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (slice, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &[u8] = br#"{"sub": "alice"}"#;

    #[test]
    fn what_is_kept_is_read_again() {
        let key = KeyId::from_bytes([7; 32]);
        let one = encode(3, key, Some("k1"), CLAIMS);
        let two = encode(0, key, None, b"{}");
        let kept = decode(&[one, two].concat(), 8).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!((kept[0].provider, kept[0].key), (3, key));
        assert_eq!(kept[0].kid.as_deref(), Some("k1"));
        assert_eq!(kept[0].claims.subject(), Some("alice"));
        assert_eq!(
            (kept[1].kid.as_deref(), &*kept[1].payload),
            (None, &b"{}"[..])
        );
    }

    #[test]
    fn what_is_damaged_is_nothing() {
        let bytes = encode(0, KeyId::from_bytes([7; 32]), Some("k1"), CLAIMS);
        for length in 1..bytes.len() {
            assert!(decode(&bytes[..length], 8).is_none(), "{length}");
        }
        assert!(decode(&encode(0, KeyId::from_bytes([7; 32]), None, b"[]"), 8).is_none());
    }
}
