//! Many sorted lists in one walk, and the table that comes of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::memberships::{Interner, MembershipId, NO_LIST};
use super::{AddressLists, AddressListsError, ListId, Member};
use crate::bits::Bits;
use crate::cidr_list::Entry;
use crate::pieces::{Nest, Table};

/// `lists` are sorted.
pub(super) fn flatten<A: Bits>(
    lists: &[&[Entry<A>]],
    memberships: &mut Interner,
) -> Result<Table<A, MembershipId>, AddressListsError> {
    let entries = lists
        .iter()
        .fold(0_usize, |sum, list| sum.saturating_add(list.len()));
    if entries > AddressLists::MAX_ENTRIES {
        return Err(AddressListsError::TooManyEntries);
    }
    Table::of(|piece| sweep(lists, memberships, piece))
}

/// Walks all blocks in the order of their first addresses and hands each piece
/// to `piece`. A block has the membership of the block around it and its own.
fn sweep<A: Bits>(
    lists: &[&[Entry<A>]],
    memberships: &mut Interner,
    piece: &mut dyn FnMut(A, MembershipId),
) -> Result<(), AddressListsError> {
    let mut merged = Merged::new(lists);
    let mut nest = Nest::new(NO_LIST, piece);
    let mut joining = Vec::new();
    while let Some((entry, list)) = merged.next() {
        let outside = nest.go_to(entry.first());
        joining.clear();
        joining.push(member(list, entry));
        while let Some(list) = merged.next_equal(entry) {
            joining.push(member(list, entry));
        }
        nest.enter(&entry, memberships.join(outside, &joining)?);
    }
    nest.finish();
    Ok(())
}

fn member<A: Bits>(list: ListId, entry: Entry<A>) -> Member {
    Member {
        list,
        prefix_len: entry.prefix_len(),
    }
}

/// The entries of all lists in order, equal ones by list.
struct Merged<'a, A: Copy> {
    heads: BinaryHeap<Reverse<(Entry<A>, ListId)>>,
    rest: Vec<std::slice::Iter<'a, Entry<A>>>,
}

impl<'a, A: Bits> Merged<'a, A> {
    fn new(lists: &[&'a [Entry<A>]]) -> Self {
        let mut merged = Self {
            heads: BinaryHeap::with_capacity(lists.len()),
            rest: lists.iter().map(|list| list.iter()).collect(),
        };
        // MAX_LISTS keeps every place inside of the type.
        for list in (0..=u16::MAX).take(lists.len()) {
            merged.refill(ListId(list));
        }
        merged
    }

    fn next(&mut self) -> Option<(Entry<A>, ListId)> {
        let Reverse((entry, list)) = self.heads.pop()?;
        self.refill(list);
        Some((entry, list))
    }

    /// The list of the next entry, if that is the same block as `entry`.
    fn next_equal(&mut self, entry: Entry<A>) -> Option<ListId> {
        let Reverse((next, _)) = self.heads.peek()?;
        if *next != entry {
            return None;
        }
        self.next().map(|(_, list)| list)
    }

    fn refill(&mut self, list: ListId) {
        if let Some(entry) = self.rest.get_mut(list.index()).and_then(Iterator::next) {
            self.heads.push(Reverse((*entry, list)));
        }
    }
}
