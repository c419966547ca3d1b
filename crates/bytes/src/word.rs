//! Eight bytes as one number.

/// Eight bytes, the first of them lowest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Word(u64);

/// Some of the bytes of a [`Word`]. Which is the first is exact; behind it, others may
/// be named that are not meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hits(u64);

impl Word {
    /// The word of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// The bytes that are this one.
    #[must_use]
    pub const fn equal(self, byte: u8) -> Hits {
        Self(self.0 ^ eight(byte)).below(1)
    }

    /// The bytes that are less than this one, which is at most 128.
    #[must_use]
    pub const fn below(self, limit: u8) -> Hits {
        // A byte that is less borrows from the one behind it, but none before it has.
        Hits(self.0.wrapping_sub(eight(limit)) & !self.0 & eight(0x80))
    }

    /// The bytes that are this one or more; it is from 1 to 128.
    #[must_use]
    pub const fn at_least(self, limit: u8) -> Hits {
        // Only a byte that is one of them carries into the one behind it.
        let carried = self.0.wrapping_add(eight(0x80_u8.wrapping_sub(limit)));
        Hits((carried | self.0) & eight(0x80))
    }
}

impl Hits {
    /// What is in one of both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The place of the first, from 0 to 7.
    #[must_use]
    pub const fn first(self) -> Option<usize> {
        match self.0 {
            0 => None,
            hits => Some((hits.trailing_zeros() >> 3) as usize),
        }
    }
}

/// A byte, eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}
