//! Entries in any order, sorted in bounded steps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::net::IpAddr;
use std::vec::IntoIter;

use super::FeedList;
use super::entry::{Dated, Expiry};
use crate::Masked;
use crate::bits::Bits;
use crate::cidr_list::Entry;

/// How many entries are sorted at once. Sorting so few is a step's worth of
/// work, and the most entries make no more than a thousand runs to merge.
const RUN: usize = 1024;

/// The entries of a feed while they are read.
#[derive(Default)]
pub(super) struct Collector {
    v4: Runs<u32>,
    v6: Runs<u128>,
    entries: usize,
    masked: u32,
}

impl Collector {
    /// False when there are [`FeedList::MAX_ENTRIES`] already.
    #[must_use]
    pub(super) fn push(&mut self, entry: Masked, expires: Expiry) -> bool {
        if self.entries >= FeedList::MAX_ENTRIES {
            return false;
        }
        self.entries = self.entries.saturating_add(1);
        if entry.had_host_bits {
            self.masked = self.masked.saturating_add(1);
        }
        let prefix_len = entry.cidr.prefix_len();
        match entry.cidr.first_address() {
            IpAddr::V4(first) => self.v4.push(Dated {
                block: Entry::new(first.to_bits(), prefix_len),
                expires,
            }),
            IpAddr::V6(first) => self.v6.push(Dated {
                block: Entry::new(first.to_bits(), prefix_len),
                expires,
            }),
        }
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    pub(super) fn finish(self) -> Merging {
        Merging {
            v4: self.v4.finish(),
            v6: self.v6.finish(),
            masked: self.masked,
        }
    }
}

/// All entries, on the way to one order.
pub(super) struct Merging {
    v4: Merge<u32>,
    v6: Merge<u128>,
    masked: u32,
}

impl Merging {
    /// Merges at most `entries` entries; the list, once all are merged.
    pub(super) fn step(&mut self, entries: usize) -> Option<FeedList> {
        let left = self.v4.step(entries);
        let left = self.v6.step(left);
        (left > 0).then(|| FeedList {
            v4: std::mem::take(&mut self.v4).finish(),
            v6: std::mem::take(&mut self.v6).finish(),
            masked: self.masked,
        })
    }
}

/// Entries in runs, each sorted once it is full. Runs never move or grow, so no
/// push copies what was read before.
struct Runs<A: Copy> {
    full: Vec<IntoIter<Dated<A>>>,
    filling: Vec<Dated<A>>,
    len: usize,
}

impl<A: Bits> Runs<A> {
    fn push(&mut self, entry: Dated<A>) {
        if self.filling.capacity() == 0 {
            self.filling.reserve_exact(RUN);
        }
        self.filling.push(entry);
        self.len = self.len.saturating_add(1);
        if self.filling.len() >= RUN {
            self.seal();
        }
    }

    fn finish(mut self) -> Merge<A> {
        self.seal();
        let mut merge = Merge {
            heads: BinaryHeap::with_capacity(self.full.len()),
            runs: self.full,
            merged: Vec::with_capacity(self.len),
        };
        for (run, entries) in merge.runs.iter_mut().enumerate() {
            merge
                .heads
                .extend(entries.next().map(|entry| Reverse((entry, run))));
        }
        merge
    }

    /// A heap sort, in place: in a module it is a twentieth of the code of a
    /// general sort.
    fn seal(&mut self) {
        let mut run = std::mem::take(&mut self.filling);
        if !run.is_sorted() {
            run = BinaryHeap::from(run).into_sorted_vec();
        }
        self.full.push(run.into_iter());
    }
}

impl<A: Copy> Default for Runs<A> {
    fn default() -> Self {
        Self {
            full: Vec::new(),
            filling: Vec::new(),
            len: 0,
        }
    }
}

/// Sorted runs, on the way to one sorted list without duplicates.
struct Merge<A: Copy> {
    /// The first entry of each run that is left, and which run that is.
    heads: BinaryHeap<Reverse<(Dated<A>, usize)>>,
    runs: Vec<IntoIter<Dated<A>>>,
    merged: Vec<Dated<A>>,
}

impl<A: Bits> Merge<A> {
    /// Merges at most `entries`; how many of them were not needed. Not zero
    /// means that all are merged.
    fn step(&mut self, entries: usize) -> usize {
        for done in 0..entries {
            let Some(mut head) = self.heads.peek_mut() else {
                return entries.saturating_sub(done);
            };
            let Reverse((entry, run)) = *head;
            // In place: a head that stays the first of all costs two comparisons.
            match self.runs.get_mut(run).and_then(Iterator::next) {
                Some(next) => *head = Reverse((next, run)),
                None => {
                    PeekMut::pop(head);
                    // Its memory is free for others.
                    self.runs.get_mut(run).map(std::mem::take);
                }
            }
            append(&mut self.merged, entry);
        }
        0
    }

    fn finish(mut self) -> Vec<Dated<A>> {
        // A copy of what nearly fills its memory would be work without bound.
        if self.merged.len() <= self.merged.capacity() / 2 {
            self.merged.shrink_to_fit();
        }
        self.merged
    }
}

impl<A: Copy> Default for Merge<A>
where
    Dated<A>: Ord,
{
    fn default() -> Self {
        Self {
            heads: BinaryHeap::new(),
            runs: Vec::new(),
            merged: Vec::new(),
        }
    }
}

/// Of equal blocks the later one counts longer.
fn append<A: Bits>(merged: &mut Vec<Dated<A>>, entry: Dated<A>) {
    match merged.last_mut() {
        Some(last) if last.block == entry.block => *last = entry,
        _ => merged.push(entry),
    }
}
