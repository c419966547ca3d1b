//! What is kept of a request's good tokens for its next run (law 13): an internal
//! redirect comes without the token that the first run took away.
//!
//! Not the token, which is a secret, but what it said and which key signed it: the
//! next run judges that anew, by the rules of its path.

use gatepost_jose::{Algorithm, Jwk, KeyId, KeySet, TokenClaims};
use gatepost_json::Limits;

/// A token that an earlier run found good.
pub(crate) struct Kept {
    /// Its provider, by the document's order.
    pub(crate) provider: usize,
    pub(crate) algorithm: Algorithm,
    pub(crate) signer: KeptSigner,
    pub(crate) kid: Option<Box<str>>,
    pub(crate) payload: Box<[u8]>,
    pub(crate) claims: TokenClaims,
}

/// Which key signed a token, as everybody may read it who reads filter state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeptSigner {
    /// A public key, by its digest.
    Public(KeyId),
    /// A secret, by its place among its provider's: by a digest one could try secrets
    /// out. Secrets stand in the document, whose hash names the memory, so the place
    /// is the same in the next run.
    Secret(u32),
}

impl KeptSigner {
    /// What is kept of a key of this set.
    pub(crate) fn of(key: &Jwk, keys: &KeySet) -> Self {
        if !key.is_secret() {
            return Self::Public(key.id());
        }
        let place = keys.keys().position(|known| known.id() == key.id());
        let place = place.and_then(|place| u32::try_from(place).ok());
        // It is one of them: a place that none has is never taken.
        Self::Secret(place.unwrap_or(u32::MAX))
    }

    /// The key that is meant, if it can be told.
    pub(crate) fn key(self, keys: Option<&KeySet>) -> Option<KeyId> {
        match self {
            Self::Public(key) => Some(key),
            Self::Secret(place) => {
                let place = usize::try_from(place).ok()?;
                let key = keys?.keys().nth(place).filter(|key| key.is_secret());
                key.map(Jwk::id)
            }
        }
    }
}

/// The layout: provider (4 bytes, least first), the algorithm by its place in
/// [`Algorithm::ALL`] (1), [`PUBLIC`] and the key's digest (32) or [`SECRET`] and the
/// secret's place (4), the length of the `kid` plus one or 0 without one (2), the
/// `kid`, the length of the payload (4), the payload.
pub(crate) fn encode(
    provider: usize,
    (algorithm, signer): (Algorithm, KeptSigner),
    kid: Option<&str>,
    payload: &[u8],
) -> Box<[u8]> {
    let size = payload.len().saturating_add(64);
    let mut bytes = Vec::with_capacity(size.saturating_add(kid.map_or(0, str::len)));
    bytes.extend(u32::try_from(provider).unwrap_or(u32::MAX).to_le_bytes());
    let algorithm = Algorithm::ALL.iter().position(|one| *one == algorithm);
    let algorithm = algorithm.and_then(|place| u8::try_from(place).ok());
    bytes.push(algorithm.unwrap_or(u8::MAX));
    match signer {
        KeptSigner::Public(key) => {
            bytes.push(PUBLIC);
            bytes.extend(key.as_bytes());
        }
        KeptSigner::Secret(place) => {
            bytes.push(SECRET);
            bytes.extend(place.to_le_bytes());
        }
    }
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

const PUBLIC: u8 = 0;
const SECRET: u8 = 1;

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
    let [algorithm, kind] = *take_chunk(bytes)?;
    let algorithm = *Algorithm::ALL.get(usize::from(algorithm))?;
    let signer = match kind {
        PUBLIC => KeptSigner::Public(KeyId::from_bytes(*take_chunk(bytes)?)),
        SECRET => KeptSigner::Secret(u32::from_le_bytes(*take_chunk(bytes)?)),
        _ => return None,
    };
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
        algorithm,
        signer,
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
        let public = (
            Algorithm::Es256,
            KeptSigner::Public(KeyId::from_bytes([7; 32])),
        );
        let secret = (Algorithm::Hs512, KeptSigner::Secret(2));
        let one = encode(3, public, Some("k1"), CLAIMS);
        let two = encode(0, secret, None, b"{}");
        let kept = decode(&[one, two].concat(), 8).unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!((kept[0].provider, kept[1].provider), (3, 0));
        assert_eq!((kept[0].algorithm, kept[0].signer), public);
        assert_eq!((kept[1].algorithm, kept[1].signer), secret);
        assert_eq!(kept[0].kid.as_deref(), Some("k1"));
        assert_eq!(kept[0].claims.subject(), Some("alice"));
        assert_eq!(
            (kept[1].kid.as_deref(), &*kept[1].payload),
            (None, &b"{}"[..])
        );
    }

    #[test]
    fn what_is_damaged_is_nothing() {
        let signer = (
            Algorithm::Rs256,
            KeptSigner::Public(KeyId::from_bytes([7; 32])),
        );
        let bytes = encode(0, signer, Some("k1"), CLAIMS);
        for length in 1..bytes.len() {
            assert!(decode(&bytes[..length], 8).is_none(), "{length}");
        }
        assert!(decode(&encode(0, signer, None, b"[]"), 8).is_none());
        for (at, byte) in [(4, 13), (5, 2)] {
            let mut damaged = bytes.clone();
            damaged[at] = byte;
            assert!(decode(&damaged, 8).is_none(), "{at}");
        }
    }
}
