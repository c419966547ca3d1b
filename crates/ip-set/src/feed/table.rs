//! What a request looks into.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::FeedList;
use super::entry::Dated;
use crate::bits::Bits;
use crate::pieces::{Nest, Table};

/// The entries of a feed that count at some time, compiled.
///
/// A lookup is one binary search. At most 10 bytes an IPv4 entry and 34 bytes an
/// IPv6 entry, and 22 more.
///
/// The table is for the time from which it was built until
/// [`FeedTable::next_expiry`], and is then built again from the [`FeedList`],
/// which has to be kept. The wall clock may also step back, before the time of
/// the build, and then entries count again that had expired: compare, and build
/// again then too.
#[derive(Clone, Default)]
pub struct FeedTable {
    v4: Table<u32, u8>,
    v6: Table<u128, u8>,
    len: usize,
    next_expiry: Option<Duration>,
}

/// The value of an address that no entry holds; no prefix is as long.
const NONE: u8 = u8::MAX;

impl FeedTable {
    /// Compiles the entries that count at `wall`, in Unix time: those without
    /// expiry, and those whose expiry is later. In linear time: 100,000 IPv6
    /// entries take about as long as four steps of [`super::SLICE`].
    #[must_use]
    pub fn build(list: &FeedList, wall: Duration) -> Self {
        let v4 = living(&list.v4, wall).filter_map(|entry| entry.expires.wall());
        let v6 = living(&list.v6, wall).filter_map(|entry| entry.expires.wall());
        let next_expiry = v4.chain(v6).min();
        let len = living(&list.v4, wall)
            .count()
            .saturating_add(living(&list.v6, wall).count());
        Self {
            v4: flatten(&list.v4, wall),
            v6: flatten(&list.v6, wall),
            len,
            next_expiry,
        }
    }

    /// The length of the longest prefix that holds `address`; `None` when no
    /// entry does. An IPv4-mapped address is looked up as IPv4.
    #[must_use]
    pub fn lookup(&self, address: IpAddr) -> Option<u8> {
        let prefix_len = match address.to_canonical() {
            IpAddr::V4(address) => self.v4.get(address.to_bits()),
            IpAddr::V6(address) => self.v6.get(address.to_bits()),
        };
        prefix_len.filter(|prefix_len| *prefix_len != NONE)
    }

    /// How many entries counted at the time of the build.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no entry counted at the time of the build.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// When the next entry expires, in Unix time; `None` when none will.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Duration> {
        self.next_expiry
    }

    /// The bytes that the table holds on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.v4.heap_bytes().saturating_add(self.v6.heap_bytes())
    }
}

/// Sizes only: the table can be large, and a log line may not be.
impl fmt::Debug for FeedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedTable")
            .field("len", &self.len)
            .field("heap_bytes", &self.heap_bytes())
            .finish_non_exhaustive()
    }
}

fn living<A: Bits>(entries: &[Dated<A>], wall: Duration) -> impl Iterator<Item = &Dated<A>> {
    entries.iter().filter(move |entry| entry.counts_at(wall))
}

/// An entry begins a piece and ends one. Room for twice the entries is what
/// most lists need, so it is not worth a second walk to count the pieces.
fn flatten<A: Bits>(entries: &[Dated<A>], wall: Duration) -> Table<A, u8> {
    let most = living(entries, wall)
        .count()
        .saturating_mul(2)
        .saturating_add(1);
    Table::of_at_most(most, |piece| {
        let mut nest = Nest::new(NONE, piece);
        for entry in living(entries, wall) {
            nest.go_to(entry.block.first());
            nest.enter(&entry.block, entry.block.prefix_len());
        }
        nest.finish();
    })
}
