//! Seeded chance.

use std::cell::Cell;

/// A sequence of numbers that a seed repeats (xorshift64*).
pub(crate) struct Chance(Cell<u64>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    pub(crate) fn next(&self) -> u64 {
        let mut state = self.0.get();
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.0.set(state);
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }

    /// True in one of `n` cases.
    pub(crate) fn one_in(&self, n: u64) -> bool {
        self.below(n) == 0
    }
}
