//! An entry of a feed: a block, and until when it counts.

use std::time::Duration;

use gatepost_config::{LATEST_TIMESTAMP, TimestampError, parse_timestamp};

use crate::bits::Bits;
use crate::cidr_list::Entry;

/// A block with its expiry: 10 bytes for IPv4, 22 for IPv6.
///
/// In sorted order a block stands before the blocks inside of it, and of equal
/// blocks the one that counts longest stands last.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Dated<A: Copy> {
    pub(super) block: Entry<A>,
    pub(super) expires: Expiry,
}

/// Until when an entry counts, in seconds of Unix time: from that second on it
/// is gone. Big-endian, so that the order is that of time, and 5 bytes, which
/// reach far beyond the year 9999.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Expiry([u8; Self::BYTES]);

impl Expiry {
    pub(super) const BYTES: usize = 5;
    /// The entry counts for ever.
    pub(super) const NEVER: Self = Self([u8::MAX; Self::BYTES]);

    /// Reads an RFC 3339 timestamp.
    pub(super) fn parse(text: &str) -> Result<Self, TimestampError> {
        let seconds = parse_timestamp(text)?.as_secs();
        let [_, _, _, expires @ ..] = seconds.to_be_bytes();
        Ok(Self(expires))
    }

    /// As it stands in compiled bytes; `None` when it is no point in time.
    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Option<Self> {
        let expires = Self(bytes);
        let wall = expires.wall()?;
        (wall.as_secs() <= LATEST_TIMESTAMP).then_some(expires)
    }

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0
    }

    /// The time in Unix time; `None` for [`Self::NEVER`].
    pub(super) fn wall(self) -> Option<Duration> {
        if self == Self::NEVER {
            return None;
        }
        let [a, b, c, d, e] = self.0;
        let seconds = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        Some(Duration::from_secs(seconds))
    }
}

impl<A: Bits> Dated<A> {
    pub(super) fn counts_at(&self, wall: Duration) -> bool {
        self.expires.wall().is_none_or(|expires| wall < expires)
    }
}
