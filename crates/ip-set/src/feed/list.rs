//! What a feed says: sorted entries with their expiry.

use std::fmt;
use std::time::Duration;

use super::entry::Dated;
use crate::Cidr;
use crate::bits::Bits;

/// The entries of a feed, sorted and without duplicates: of equal blocks the
/// one that expires last counts.
///
/// 10 bytes an IPv4 entry and 22 an IPv6 entry. It is the material of
/// [`super::FeedTable`]; [`FeedList::encode`] makes bytes of it that other
/// workers [`FeedList::decode`].
#[derive(Clone, Default, Eq, PartialEq)]
pub struct FeedList {
    pub(super) v4: Vec<Dated<u32>>,
    pub(super) v6: Vec<Dated<u128>>,
    pub(super) masked: u32,
}

impl FeedList {
    /// The most entries of a feed, duplicates included.
    pub const MAX_ENTRIES: usize = 1 << 20;

    /// How many different CIDRs are in the list, expired ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.v4.len().saturating_add(self.v6.len())
    }

    /// Whether the list names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// How many entries of the document had host bits set, which were cleared.
    #[must_use]
    pub fn masked(&self) -> u32 {
        self.masked
    }

    /// The CIDRs, each with the time in Unix time from which on it does not
    /// count any more: IPv4 before IPv6, by first address, a block before the
    /// blocks inside of it.
    pub fn iter(&self) -> impl Iterator<Item = (Cidr, Option<Duration>)> {
        self.v4
            .iter()
            .filter_map(shown)
            .chain(self.v6.iter().filter_map(shown))
    }

    /// The bytes that the list holds on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let v4 = self.v4.capacity().saturating_mul(size_of::<Dated<u32>>());
        let v6 = self.v6.capacity().saturating_mul(size_of::<Dated<u128>>());
        v4.saturating_add(v6)
    }
}

/// Sizes only: a feed can be long, and a log line may not be.
impl fmt::Debug for FeedList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedList")
            .field("len", &self.len())
            .field("masked", &self.masked)
            .finish_non_exhaustive()
    }
}

fn shown<A: Bits>(entry: &Dated<A>) -> Option<(Cidr, Option<Duration>)> {
    let (first, prefix_len) = (entry.block.first(), entry.block.prefix_len());
    let cidr = Cidr::containing(first.address(), prefix_len)?;
    Some((cidr, entry.expires.wall()))
}
