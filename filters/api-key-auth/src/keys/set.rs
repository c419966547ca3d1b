//! Keys as requests look into them.
//!
//! The compiled form: the number of keys (4 bytes, little-endian), their digests in
//! ascending order, the ends of their records (4 bytes each), the records.

use std::fmt;

use super::record::Record;
use super::{DecodeError as Error, MOST_KEYS};
use crate::digest::{KeyDigest, Presented};

/// A place among the records.
pub(super) type Offset = u32;

/// Keys, found by their digests.
///
/// What a look-up takes hangs on the number of keys and not on whether there is such a
/// key: the presented key is hashed once for each algorithm, the digest is searched in as many steps as any other, and compared once more, with what
/// was found in its place, in constant time. The order of the search follows the digest
/// of what was presented: who learned from the time of many answers how a known digest
/// begins would still have to find a key for it, which is as hard as guessing the key.
/// With HMAC nobody outside even knows the digest of what he presents.
#[derive(Default)]
pub struct KeySet {
    /// Ascending.
    digests: Vec<[u8; KeyDigest::BYTES]>,
    ends: Vec<Offset>,
    records: Vec<u8>,
}

/// What there is at a digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Found {
    /// No key.
    Nothing,
    /// The key at this place.
    Key(usize),
}

/// Why bytes are no compiled keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DecodeError {
    /// They are cut, or something follows.
    Length,
    /// Digests are not in order, or records not one behind the other.
    Order,
    /// A record is none.
    Record,
}

impl KeySet {
    /// Reads the compiled form.
    ///
    /// # Errors
    /// When these are no bytes that a document was compiled to.
    pub fn decode(compiled: &[u8]) -> Result<Self, DecodeError> {
        let (count, rest) = compiled.split_first_chunk().ok_or(Error::Length)?;
        let count = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(usize::MAX);
        if count > MOST_KEYS {
            return Err(Error::Length);
        }
        let width = count.saturating_mul(KeyDigest::BYTES);
        let (digests, rest) = rest.split_at_checked(width).ok_or(Error::Length)?;
        let (ends, records) = rest
            .split_at_checked(count.saturating_mul(size_of::<Offset>()))
            .ok_or(Error::Length)?;
        let (digests, _) = digests.as_chunks();
        let (ends, _) = ends.as_chunks();
        let set = Self {
            digests: digests.to_vec(),
            ends: ends.iter().map(|end| Offset::from_le_bytes(*end)).collect(),
            records: records.to_vec(),
        };
        set.check()?;
        Ok(set)
    }

    fn check(&self) -> Result<(), DecodeError> {
        let is_ascending = self.digests.is_sorted_by(|one, other| one < other);
        let is_known = |digest: &[u8; KeyDigest::BYTES]| KeyDigest::from_bytes(*digest).is_some();
        if !is_ascending || !self.digests.last().is_none_or(is_known) {
            return Err(Error::Order);
        }
        if !self.ends.is_sorted() {
            return Err(Error::Order);
        }
        let end = self.ends.last().copied().unwrap_or_default();
        if usize::try_from(end) != Ok(self.records.len()) {
            return Err(Error::Length);
        }
        match (0..self.len()).all(|place| self.record(place).is_some()) {
            true => Ok(()),
            false => Err(Error::Record),
        }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// The key that somebody presents.
    #[must_use]
    pub fn find(&self, Presented(digests): &Presented) -> Found {
        let mut found = Found::Nothing;
        for digest in digests.iter().flatten() {
            if let Some(place) = self.place(digest) {
                found = Found::Key(place);
            }
        }
        found
    }

    fn place(&self, digest: &KeyDigest) -> Option<usize> {
        let wanted = digest.as_bytes();
        let place = self.digests.partition_point(|known| known < wanted);
        // Behind the last one another is compared, so that it takes as long.
        let compared = place.min(self.digests.len().saturating_sub(1));
        let known = KeyDigest::from_bytes(*self.digests.get(compared)?)?;
        digest.is(&known).then_some(place)
    }

    /// What is known of the key at a place.
    pub(crate) fn record(&self, place: usize) -> Option<Record<'_>> {
        Record::read(self.record_bytes(place)?)
    }

    /// The same as it stands.
    pub(crate) fn record_bytes(&self, place: usize) -> Option<&[u8]> {
        let start = match place.checked_sub(1) {
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
            None => 0,
        };
        let end = usize::try_from(*self.ends.get(place)?).ok()?;
        self.records.get(start..end)
    }
}

/// The compiled form of keys in ascending order of their digests.
pub(super) fn push_set<'a>(
    keys: impl Clone + ExactSizeIterator<Item = (&'a KeyDigest, &'a [u8])>,
    size: usize,
) -> Vec<u8> {
    let count = keys.len();
    let width = KeyDigest::BYTES.saturating_add(size_of::<Offset>());
    let whole = count.saturating_mul(width).saturating_add(size);
    let mut bytes = Vec::with_capacity(whole.saturating_add(size_of::<u32>()));
    bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    for (digest, _) in keys.clone() {
        bytes.extend(digest.as_bytes());
    }
    let mut end: usize = 0;
    for (_, record) in keys.clone() {
        end = end.saturating_add(record.len());
        bytes.extend(Offset::try_from(end).unwrap_or(Offset::MAX).to_le_bytes());
    }
    for (_, record) in keys {
        bytes.extend(record);
    }
    bytes
}

/// How many keys there are: nothing of them is shown.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeySet").field(&self.len()).finish()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "expected as many bytes as the keys take",
            Self::Order => "expected keys in order",
            Self::Record => "expected a key's record",
        })
    }
}

impl std::error::Error for DecodeError {}
