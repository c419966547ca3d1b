//! A map for the many requests at hand.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// By the number of a context. The proxy counts them up, so nobody outside can
/// choose numbers that meet, and a multiplication spreads them.
pub(crate) type IdMap<T> = HashMap<u32, T, BuildHasherDefault<IdHasher>>;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdHasher(u64);

/// 2^64 divided by the golden ratio: neighbours land far apart (Fibonacci hashing).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for IdHasher {
    fn write_u32(&mut self, id: u32) {
        self.0 = u64::from(id).wrapping_mul(SPREAD);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(SPREAD);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
