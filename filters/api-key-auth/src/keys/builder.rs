//! Keys put together: sorted by their digests, in pieces of bounded work.

use super::record::push_record;
use super::set::{Offset, push_set};
use super::{Key, MOST_KEYS};
use crate::digest::KeyDigest;

/// Keys on their way to a [`KeySet`](super::KeySet).
#[derive(Default)]
pub(crate) struct Builder {
    /// Sorted, and each at most half as long as the one before it.
    runs: Vec<Vec<Sorted>>,
    /// Not sorted yet.
    fresh: Vec<Sorted>,
    /// Where each key's record ends in `records`, in the document's order.
    ends: Vec<Offset>,
    records: Vec<u8>,
}

/// A key's digest, and its place in the document.
type Sorted = (KeyDigest, u32);

/// Why keys cannot stand together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BuilderError {
    /// There are more than [`MOST_KEYS`].
    TooMany,
    /// Two of them are one, by their places in the document.
    Twice(u32, u32),
}

impl Builder {
    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Adds a key.
    pub(crate) fn push(&mut self, key: &Key) -> Result<(), BuilderError> {
        if self.ends.len() >= MOST_KEYS {
            return Err(BuilderError::TooMany);
        }
        let place = Offset::try_from(self.ends.len()).map_err(|_| BuilderError::TooMany)?;
        push_record(key, &mut self.records);
        let end = Offset::try_from(self.records.len()).map_err(|_| BuilderError::TooMany)?;
        self.ends.push(end);
        self.fresh.push((key.digest, place));
        Ok(())
    }

    /// Sorts what was added since the last time.
    pub(crate) fn sort(&mut self) -> Result<(), BuilderError> {
        let mut run = std::mem::take(&mut self.fresh);
        run.sort_unstable();
        check_neighbours(&run)?;
        if !run.is_empty() {
            self.runs.push(run);
        }
        Ok(())
    }

    /// Merges two runs, if that is due: a piece of work that grows with the keys, and
    /// is done a few times only. Tells whether it did. At the end all are due.
    pub(crate) fn merge(&mut self, is_end: bool) -> Result<bool, BuilderError> {
        let [.., other, last] = self.runs.as_slice() else {
            return Ok(false);
        };
        if !is_end && last.len().saturating_mul(2) <= other.len() {
            return Ok(false);
        }
        let merged = merge(other, last);
        check_neighbours(&merged)?;
        self.runs.truncate(self.runs.len().saturating_sub(2));
        self.runs.push(merged);
        Ok(true)
    }

    /// The compiled form, once nothing is left to merge.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, BuilderError> {
        self.sort()?;
        while self.merge(true)? {}
        let sorted = self.runs.pop().unwrap_or_default();
        let record = |place: u32| {
            let place = usize::try_from(place).ok()?;
            let start = match place.checked_sub(1) {
                Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
                None => 0,
            };
            let end = usize::try_from(*self.ends.get(place)?).ok()?;
            self.records.get(start..end)
        };
        let keys = sorted
            .iter()
            .map(|(digest, place)| (digest, record(*place).unwrap_or_default()));
        Ok(push_set(keys, self.records.len()))
    }
}

/// Two sorted runs as one.
fn merge(one: &[Sorted], other: &[Sorted]) -> Vec<Sorted> {
    let mut merged = Vec::with_capacity(one.len().saturating_add(other.len()));
    let mut others = other.iter().peekable();
    for key in one {
        while let Some(smaller) = others.next_if(|other| *other < key) {
            merged.push(*smaller);
        }
        merged.push(*key);
    }
    merged.extend(others);
    merged
}

fn check_neighbours(run: &[Sorted]) -> Result<(), BuilderError> {
    for ((digest, place), (next, next_place)) in run.iter().zip(run.iter().skip(1)) {
        if digest == next {
            return Err(BuilderError::Twice(*place, *next_place));
        }
    }
    Ok(())
}
