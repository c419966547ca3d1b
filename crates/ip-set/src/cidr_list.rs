//! A list of CIDRs, as small as its entries.

mod deserialize;
#[cfg(feature = "schema")]
mod schema;

use std::collections::BinaryHeap;
use std::fmt;
use std::net::IpAddr;

use crate::Cidr;
use crate::bits::Bits;

/// A list of CIDRs as a document gives it, sorted and without duplicates.
///
/// 5 bytes an IPv4 entry and 17 an IPv6 entry. It is the material of
/// [`crate::AddressLists`] and [`crate::IpSet`], which answer questions.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct CidrList {
    v4: Vec<Entry<u32>>,
    v6: Vec<Entry<u128>>,
}

impl CidrList {
    /// How many different CIDRs are in the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.v4.len().saturating_add(self.v6.len())
    }

    /// Whether the list names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The CIDRs: IPv4 before IPv6, by first address, a block before the
    /// blocks inside of it.
    pub fn iter(&self) -> impl Iterator<Item = Cidr> {
        let v4 = self.v4.iter().filter_map(|entry| {
            Cidr::containing(IpAddr::V4(entry.first().into()), entry.prefix_len())
        });
        let v6 = self.v6.iter().filter_map(|entry| {
            Cidr::containing(IpAddr::V6(entry.first().into()), entry.prefix_len())
        });
        v4.chain(v6)
    }

    /// The bytes that the list holds on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let v4 = self.v4.capacity().saturating_mul(size_of::<Entry<u32>>());
        let v6 = self.v6.capacity().saturating_mul(size_of::<Entry<u128>>());
        v4.saturating_add(v6)
    }

    /// The IPv4 entries, sorted.
    pub(crate) fn v4(&self) -> &[Entry<u32>] {
        &self.v4
    }

    /// The IPv6 entries, sorted.
    pub(crate) fn v6(&self) -> &[Entry<u128>] {
        &self.v6
    }

    fn push(&mut self, cidr: Cidr) {
        let prefix_len = cidr.prefix_len();
        match cidr.first_address() {
            IpAddr::V4(first) => push(&mut self.v4, Entry::new(first.to_bits(), prefix_len)),
            IpAddr::V6(first) => push(&mut self.v6, Entry::new(first.to_bits(), prefix_len)),
        }
    }

    fn finish(&mut self) {
        sort(&mut self.v4);
        sort(&mut self.v6);
    }
}

impl FromIterator<Cidr> for CidrList {
    fn from_iter<I: IntoIterator<Item = Cidr>>(cidrs: I) -> Self {
        let mut list = Self::default();
        cidrs.into_iter().for_each(|cidr| list.push(cidr));
        list.finish();
        list
    }
}

/// The number of entries only: a list can be long, and a log line may not be.
impl fmt::Debug for CidrList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CidrList")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// A block of one family. Packed, because alignment would add 3 bytes to an
/// IPv4 entry of 5 and 15 to an IPv6 entry of 17.
///
/// In sorted order a block stands before the blocks inside of it.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
#[repr(Rust, packed)]
pub(crate) struct Entry<A: Copy> {
    first: A,
    prefix_len: u8,
}

impl<A: Bits> Entry<A> {
    pub(crate) fn first(&self) -> A {
        self.first
    }

    pub(crate) fn last(&self) -> A {
        let first = self.first;
        first.last_of(self.prefix_len)
    }

    pub(crate) fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    pub(crate) fn new(first: A, prefix_len: u8) -> Self {
        Self { first, prefix_len }
    }
}

/// Grows by a quarter, not to the double: linear memory never shrinks, and a
/// list that has moved leaves a hole of its former size behind.
fn push<A: Bits>(entries: &mut Vec<Entry<A>>, entry: Entry<A>) {
    if entries.len() == entries.capacity() {
        entries.reserve_exact((entries.len() / 4).max(16));
    }
    entries.push(entry);
}

/// A heap sort, in place: in a module it is a twentieth of the code of a general
/// sort, and a published list is mostly sorted already.
fn sort<A: Bits>(entries: &mut Vec<Entry<A>>) {
    if !entries.is_sorted() {
        *entries = BinaryHeap::from(std::mem::take(entries)).into_sorted_vec();
    }
    entries.dedup();
    entries.shrink_to_fit();
}
