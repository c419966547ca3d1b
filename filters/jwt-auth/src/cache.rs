//! Tokens whose signature was found good, by their exact bytes and provider.
//!
//! What is kept are claims, never a verdict. Bounded in number and in bytes,
//! whoever fills it: a table of sets of eight, in which a token that was not asked
//! for lately makes room.

use std::rc::Rc;

use gatepost_bytes::equal;

/// How many tokens share a set.
const WAYS: usize = 8;

/// Verified tokens.
pub(crate) struct Cache<V> {
    slots: Vec<Option<Entry<V>>>,
    /// How many sets there are, less one: a power of two less one.
    mask: usize,
    bytes: usize,
    max_bytes: usize,
    /// Where the next entry is looked for that makes room for others' bytes.
    hand: usize,
}

struct Entry<V> {
    provider: usize,
    token: Box<[u8]>,
    /// What it counts against the limit of bytes.
    size: usize,
    /// Whether it was asked for since the hand last came by.
    is_used: bool,
    value: Rc<V>,
}

impl<V> Cache<V> {
    /// A cache of at most `entries` tokens, rounded up to a power of two, that take
    /// at most `max_bytes`. None are kept if either is 0.
    pub(crate) fn new(entries: usize, max_bytes: usize) -> Self {
        let sets = entries.div_ceil(WAYS).next_power_of_two();
        let slots = if entries == 0 || max_bytes == 0 {
            0
        } else {
            sets.saturating_mul(WAYS)
        };
        let mut table = Vec::new();
        table.resize_with(slots, || None);
        Self {
            slots: table,
            mask: sets.saturating_sub(1),
            bytes: 0,
            max_bytes,
            hand: 0,
        }
    }

    /// What is known of a token of this provider.
    pub(crate) fn get(&mut self, provider: usize, token: &[u8]) -> Option<Rc<V>> {
        let set = self.set(token);
        let entry = self
            .slots
            .get_mut(set)?
            .iter_mut()
            .flatten()
            .find(|entry| entry.is(provider, token))?;
        entry.is_used = true;
        Some(Rc::clone(&entry.value))
    }

    /// Keeps what is known of a verified token; `size` is what it takes in bytes. One
    /// that takes more than an eighth of the limit is not kept.
    pub(crate) fn insert(&mut self, provider: usize, token: &[u8], size: usize, value: Rc<V>) {
        if self.slots.is_empty() || size > self.max_bytes.checked_div(8).unwrap_or(0) {
            return;
        }
        self.remove(provider, token);
        while self.bytes.saturating_add(size) > self.max_bytes {
            self.advance();
        }
        let range = self.set(token);
        let Some(set) = self.slots.get_mut(range) else {
            return;
        };
        let place = match set.iter().position(Option::is_none) {
            Some(free) => free,
            None => victim(set),
        };
        let Some(slot) = set.get_mut(place) else {
            return;
        };
        let freed = slot.as_ref().map_or(0, |entry| entry.size);
        *slot = Some(Entry {
            provider,
            token: token.into(),
            size,
            is_used: false,
            value,
        });
        self.bytes = self.bytes.saturating_sub(freed).saturating_add(size);
    }

    /// Forgets a token.
    pub(crate) fn remove(&mut self, provider: usize, token: &[u8]) {
        let set = self.set(token);
        let Some(set) = self.slots.get_mut(set) else {
            return;
        };
        for slot in set {
            if let Some(entry) = slot.take_if(|entry| entry.is(provider, token)) {
                self.bytes = self.bytes.saturating_sub(entry.size);
            }
        }
    }

    /// Forgets every token of which `keep` does not hold.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize, &V) -> bool) {
        for slot in &mut self.slots {
            if let Some(entry) = slot.take_if(|entry| !keep(entry.provider, &entry.value)) {
                self.bytes = self.bytes.saturating_sub(entry.size);
            }
        }
    }

    /// The slots in which a token may stand. The end of a signature is as good as
    /// random, and nobody can choose it for a token that is verified; a token that is
    /// not finds a set of eight, and is compared with them whole.
    fn set(&self, token: &[u8]) -> std::ops::Range<usize> {
        let end = token.last_chunk().map_or(0, |end| u64::from_le_bytes(*end));
        // 2^64 divided by the golden ratio: the product's upper half is well mixed.
        let hash = end.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let set = usize::try_from(hash).unwrap_or(0) & self.mask;
        let start = set.saturating_mul(WAYS);
        start..start.saturating_add(WAYS)
    }

    /// Moves the hand to the next slot: a token that was used stays once more.
    fn advance(&mut self) {
        let next = self.hand.saturating_add(1);
        self.hand = if next < self.slots.len() { next } else { 0 };
        let Some(slot) = self.slots.get_mut(self.hand) else {
            return;
        };
        let is_unused = |entry: &mut Entry<V>| !std::mem::replace(&mut entry.is_used, false);
        if let Some(entry) = slot.take_if(is_unused) {
            self.bytes = self.bytes.saturating_sub(entry.size);
        }
    }
}

impl<V> Entry<V> {
    /// Not in constant time: the last eight bytes of a signature are compared at once,
    /// and whoever does not have them learns nothing of the rest.
    fn is(&self, provider: usize, token: &[u8]) -> bool {
        self.provider == provider && equal(&self.token, token)
    }
}

/// Which of a full set makes room: the first that was not used lately.
fn victim<V>(set: &mut [Option<Entry<V>>]) -> usize {
    let unused = set
        .iter()
        .position(|slot| slot.as_ref().is_none_or(|entry| !entry.is_used));
    // All were used: they are equal again, and the first goes.
    for entry in set.iter_mut().flatten() {
        entry.is_used = false;
    }
    unused.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: u32) -> Vec<u8> {
        format!("header.payload.{}", number.wrapping_mul(0x9E37_79B1)).into_bytes()
    }

    #[test]
    fn a_token_is_known_by_all_its_bytes_and_its_provider() {
        let mut cache = Cache::new(8, 10_000);
        cache.insert(1, b"aaaa.bbbb.same-signature", 100, Rc::new(1));
        assert_eq!(
            cache.get(1, b"aaaa.bbbb.same-signature").as_deref(),
            Some(&1)
        );
        assert!(cache.get(1, b"aaaa.bbbc.same-signature").is_none());
        assert!(cache.get(2, b"aaaa.bbbb.same-signature").is_none());
        assert!(cache.get(1, b"").is_none());
    }

    #[test]
    fn it_never_holds_more_than_its_limits() {
        let mut cache = Cache::new(64, 5000);
        for number in 0..10_000 {
            cache.insert(0, &token(number), 100, Rc::new(number));
            assert!(cache.bytes <= 5000);
            let held: Vec<_> = cache.slots.iter().flatten().collect();
            assert!(held.len() <= 50);
            assert_eq!(
                cache.bytes,
                held.iter().map(|entry| entry.size).sum::<usize>()
            );
        }
        assert!(cache.get(0, &token(9999)).is_some());
    }

    #[test]
    fn a_token_that_is_used_outlives_those_that_are_not() {
        let mut cache = Cache::new(8, 1_000_000);
        cache.insert(0, b"used", 10, Rc::new(0));
        for number in 0..100 {
            assert!(cache.get(0, b"used").is_some(), "{number}");
            cache.insert(0, &token(number), 10, Rc::new(number));
        }
    }

    #[test]
    fn what_is_too_large_or_not_wanted_is_not_kept() {
        for (entries, bytes, size) in [(0, 1000, 1), (8, 0, 1), (8, 800, 101)] {
            let mut cache = Cache::new(entries, bytes);
            cache.insert(0, b"token", size, Rc::new(0));
            assert!(cache.get(0, b"token").is_none());
        }
    }

    #[test]
    fn what_is_forgotten_frees_its_bytes() {
        let mut cache = Cache::new(64, 5000);
        for number in 0..20 {
            cache.insert(0, &token(number), 100, Rc::new(number));
        }
        cache.remove(0, &token(3));
        cache.remove(0, &token(3));
        cache.retain(|_, number| number % 2 == 0);
        assert!(cache.get(0, &token(3)).is_none());
        assert!(cache.get(0, &token(4)).is_some());
        let held = cache.slots.iter().flatten().count();
        assert_eq!(cache.bytes, held * 100);
    }
}
