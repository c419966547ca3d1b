//! A plain set of addresses.

use std::fmt;
use std::net::IpAddr;

use crate::CidrList;
use crate::bits::Bits;
use crate::cidr_list::Entry;

/// A set of addresses, as merged ranges: trusted proxies, matchers.
///
/// A lookup is a binary search. At most 8 bytes an IPv4 entry and 32 bytes an
/// IPv6 entry of the list it was made from.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct IpSet {
    v4: Edges<u32>,
    v6: Edges<u128>,
}

impl IpSet {
    /// Whether `address` is in the set. An empty set holds nothing.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// Whether the set holds no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.v4.0.is_empty() && self.v6.0.is_empty()
    }

    /// The bytes that the set holds on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.v4.0).saturating_add(size_of_val(&*self.v6.0))
    }
}

impl From<&CidrList> for IpSet {
    fn from(list: &CidrList) -> Self {
        Self {
            v4: Edges::around(list.v4()),
            v6: Edges::around(list.v6()),
        }
    }
}

/// Sizes only: a set can be long, and a log line may not be.
impl fmt::Debug for IpSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IpSet")
            .field("heap_bytes", &self.heap_bytes())
            .finish_non_exhaustive()
    }
}

/// Where the set begins and ends, in turn: each even edge is the first address
/// of a range, each odd edge the first address behind it. A range that reaches
/// the highest address has no end.
#[derive(Clone, Default, Eq, PartialEq)]
struct Edges<A>(Box<[A]>);

impl<A: Bits> Edges<A> {
    /// `entries` are sorted.
    fn around(entries: &[Entry<A>]) -> Self {
        let mut edges = Vec::with_capacity(entries.len().saturating_mul(2));
        let mut reached: Option<A> = None;
        for entry in entries {
            let (first, last) = (entry.first(), entry.last());
            match reached {
                Some(end) if first <= end || end.next() == Some(first) => {
                    reached = Some(end.max(last));
                }
                _ => {
                    edges.extend(reached.and_then(A::next));
                    edges.push(first);
                    reached = Some(last);
                }
            }
        }
        edges.extend(reached.and_then(A::next));
        Self(edges.into_boxed_slice())
    }

    fn contains(&self, address: A) -> bool {
        let edges_passed = self.0.partition_point(|edge| *edge <= address);
        edges_passed % 2 == 1
    }
}
