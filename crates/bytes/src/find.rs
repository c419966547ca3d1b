//! Where a byte stands.

use crate::{Hits, Word};

/// The place of the first `byte`.
#[must_use]
pub fn find(text: &[u8], byte: u8) -> Option<usize> {
    find_word(text, |word| word.equal(byte))
}

/// The place of the first byte that `hits` names.
#[inline]
#[must_use]
pub fn find_word(text: &[u8], hits: impl Fn(Word) -> Hits) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        if let Some(place) = hits(Word::new(*word)).first() {
            return number.checked_mul(8)?.checked_add(place);
        }
    }
    let mut last = [0; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let place = hits(Word::new(last)).first()?;
    (place < rest.len()).then_some(text.len().checked_sub(rest.len())?.checked_add(place)?)
}
