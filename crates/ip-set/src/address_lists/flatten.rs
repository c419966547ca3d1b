//! From nested blocks to a flat table of pieces.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::memberships::{Interner, MembershipId, NO_LIST};
use super::{AddressLists, AddressListsError, ListId, Member};
use crate::bits::Bits;
use crate::cidr_list::Entry;

/// The address space of a family in pieces. Each piece reaches from its start
/// to the start of the next one; neighbours differ in membership.
#[derive(Clone)]
pub(super) struct Table<A> {
    starts: Box<[A]>,
    memberships: Box<[MembershipId]>,
}

impl<A: Bits> Table<A> {
    /// `lists` are sorted. The blocks are swept twice: the first time counts
    /// the pieces, so that the table is allocated once in its final size.
    /// Linear memory never shrinks, so a table that grows would leave holes of
    /// its own size behind.
    pub(super) fn flatten(
        lists: &[&[Entry<A>]],
        memberships: &mut Interner,
    ) -> Result<Self, AddressListsError> {
        let entries = lists
            .iter()
            .fold(0_usize, |sum, list| sum.saturating_add(list.len()));
        if entries > AddressLists::MAX_ENTRIES {
            return Err(AddressListsError::TooManyEntries);
        }
        let mut pieces = 0_usize;
        sweep(lists, memberships, &mut |_, _| {
            pieces = pieces.saturating_add(1);
        })?;
        let mut starts = Vec::with_capacity(pieces);
        let mut ids = Vec::with_capacity(pieces);
        sweep(lists, memberships, &mut |start, id| {
            starts.push(start);
            ids.push(id);
        })?;
        Ok(Self {
            starts: starts.into_boxed_slice(),
            memberships: ids.into_boxed_slice(),
        })
    }

    pub(super) fn get(&self, address: A) -> MembershipId {
        let pieces_begun = self.starts.partition_point(|start| *start <= address);
        pieces_begun
            .checked_sub(1)
            .and_then(|place| self.memberships.get(place))
            .copied()
            .unwrap_or(NO_LIST)
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.starts).saturating_add(size_of_val(&*self.memberships))
    }
}

/// Walks all blocks in the order of their first addresses and hands each piece
/// to `piece`.
///
/// Two blocks never cross: one holds the other, or they are apart. So the
/// blocks around the current address form a stack, no deeper than the family
/// has prefix lengths, and each block has the membership of the block around it
/// and its own.
fn sweep<A: Bits>(
    lists: &[&[Entry<A>]],
    memberships: &mut Interner,
    piece: &mut dyn FnMut(A, MembershipId),
) -> Result<(), AddressListsError> {
    let mut merged = Merged::new(lists);
    let mut pieces = Pieces::new(piece);
    let mut around: Vec<Open<A>> = Vec::with_capacity(usize::from(A::WIDTH).saturating_add(1));
    let mut joining = Vec::new();
    while let Some((entry, list)) = merged.next() {
        close(&mut around, Some(entry.first()), &mut pieces);
        let outside = around.last().map_or(NO_LIST, |open| open.membership);
        joining.clear();
        joining.push(member(list, entry));
        while let Some(list) = merged.next_equal(entry) {
            joining.push(member(list, entry));
        }
        let membership = memberships.join(outside, &joining)?;
        pieces.begin(entry.first(), membership);
        around.push(Open {
            last: entry.last(),
            membership,
        });
    }
    close(&mut around, None, &mut pieces);
    pieces.end();
    Ok(())
}

/// A block that holds the current address.
struct Open<A> {
    last: A,
    membership: MembershipId,
}

/// Leaves the blocks that end before `address`; all of them for `None`.
fn close<A: Bits>(around: &mut Vec<Open<A>>, address: Option<A>, pieces: &mut Pieces<'_, A>) {
    let ends_before = |open: &mut Open<A>| address.is_none_or(|address| open.last < address);
    while let Some(open) = around.pop_if(ends_before) {
        if let Some(next) = open.last.next() {
            let outside = around.last().map_or(NO_LIST, |open| open.membership);
            pieces.begin(next, outside);
        }
    }
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

/// Passes on only pieces that differ from the one before. A piece waits until
/// the next one begins behind it: where blocks end and begin at one address,
/// the last word counts.
struct Pieces<'p, A> {
    piece: &'p mut dyn FnMut(A, MembershipId),
    passed_on: Option<MembershipId>,
    waiting: (A, MembershipId),
}

impl<'p, A: Bits> Pieces<'p, A> {
    fn new(piece: &'p mut dyn FnMut(A, MembershipId)) -> Self {
        Self {
            piece,
            passed_on: None,
            waiting: (A::LOWEST, NO_LIST),
        }
    }

    fn begin(&mut self, start: A, membership: MembershipId) {
        if start != self.waiting.0 {
            self.end();
        }
        self.waiting = (start, membership);
    }

    fn end(&mut self) {
        let (start, membership) = self.waiting;
        if self.passed_on != Some(membership) {
            (self.piece)(start, membership);
            self.passed_on = Some(membership);
        }
    }
}
