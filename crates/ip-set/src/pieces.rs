//! From nested blocks to a flat table of pieces, each with one value.

use crate::bits::Bits;
use crate::cidr_list::Entry;

/// The address space of a family in pieces. Each piece reaches from its start
/// to the start of the next one; neighbours differ in value.
#[derive(Clone, Default)]
pub(crate) struct Table<A, V> {
    starts: Box<[A]>,
    values: Box<[V]>,
}

impl<A: Bits, V: Copy + PartialEq> Table<A, V> {
    /// `sweep` hands every piece to the function that it is given. It is called
    /// twice: the first time counts the pieces, so that the table is allocated
    /// once in its final size. Linear memory never shrinks, so a table that
    /// grows would leave holes of its own size behind.
    pub(crate) fn of<E>(
        mut sweep: impl FnMut(&mut dyn FnMut(A, V)) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut pieces = 0_usize;
        sweep(&mut |_, _| pieces = pieces.saturating_add(1))?;
        let mut starts = Vec::with_capacity(pieces);
        let mut values = Vec::with_capacity(pieces);
        sweep(&mut |start, value| {
            starts.push(start);
            values.push(value);
        })?;
        Ok(Self {
            starts: starts.into_boxed_slice(),
            values: values.into_boxed_slice(),
        })
    }

    /// `sweep` hands every piece to the function that it is given, `most` pieces
    /// at most: for these there is room from the start, and what is left of it
    /// is given back.
    pub(crate) fn of_at_most(most: usize, sweep: impl FnOnce(&mut dyn FnMut(A, V))) -> Self {
        let mut starts = Vec::with_capacity(most);
        let mut values = Vec::with_capacity(most);
        sweep(&mut |start, value| {
            starts.push(start);
            values.push(value);
        });
        Self {
            starts: starts.into_boxed_slice(),
            values: values.into_boxed_slice(),
        }
    }

    /// The value of the piece that holds `address`.
    pub(crate) fn get(&self, address: A) -> Option<V> {
        let pieces_begun = self.starts.partition_point(|start| *start <= address);
        let place = pieces_begun.checked_sub(1)?;
        self.values.get(place).copied()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.starts).saturating_add(size_of_val(&*self.values))
    }
}

/// The blocks that hold the current address of a walk through all blocks in
/// order.
///
/// Two blocks never cross: one holds the other, or they are apart. So the
/// blocks around an address form a stack, no deeper than the family has prefix
/// lengths.
pub(crate) struct Nest<'p, A, V> {
    around: Vec<Open<A, V>>,
    pieces: Pieces<'p, A, V>,
    outside: V,
}

/// A block that holds the current address.
struct Open<A, V> {
    last: A,
    value: V,
}

impl<'p, A: Bits, V: Copy + PartialEq> Nest<'p, A, V> {
    /// `outside` is the value of an address that no block holds.
    pub(crate) fn new(outside: V, piece: &'p mut dyn FnMut(A, V)) -> Self {
        Self {
            around: Vec::with_capacity(usize::from(A::WIDTH).saturating_add(1)),
            pieces: Pieces::new(outside, piece),
            outside,
        }
    }

    /// Goes on to `address`, which leaves the blocks that end before it. The
    /// value of the block that is innermost there.
    pub(crate) fn go_to(&mut self, address: A) -> V {
        self.leave(Some(address));
        self.value()
    }

    /// Enters a block that begins at the current address.
    pub(crate) fn enter(&mut self, block: &Entry<A>, value: V) {
        self.pieces.begin(block.first(), value);
        self.around.push(Open {
            last: block.last(),
            value,
        });
    }

    /// Leaves all blocks and hands out the last piece.
    pub(crate) fn finish(mut self) {
        self.leave(None);
        self.pieces.end();
    }

    fn leave(&mut self, address: Option<A>) {
        let ends_before = |open: &mut Open<A, V>| address.is_none_or(|address| open.last < address);
        while let Some(open) = self.around.pop_if(ends_before) {
            if let Some(next) = open.last.next() {
                let value = self.value();
                self.pieces.begin(next, value);
            }
        }
    }

    fn value(&self) -> V {
        self.around.last().map_or(self.outside, |open| open.value)
    }
}

/// Passes on only pieces that differ from the one before. A piece waits until
/// the next one begins behind it: where blocks end and begin at one address,
/// the last word counts.
struct Pieces<'p, A, V> {
    piece: &'p mut dyn FnMut(A, V),
    passed_on: Option<V>,
    waiting: (A, V),
}

impl<'p, A: Bits, V: Copy + PartialEq> Pieces<'p, A, V> {
    fn new(outside: V, piece: &'p mut dyn FnMut(A, V)) -> Self {
        Self {
            piece,
            passed_on: None,
            waiting: (A::LOWEST, outside),
        }
    }

    fn begin(&mut self, start: A, value: V) {
        if start != self.waiting.0 {
            self.end();
        }
        self.waiting = (start, value);
    }

    fn end(&mut self) {
        let (start, value) = self.waiting;
        if self.passed_on != Some(value) {
            (self.piece)(start, value);
            self.passed_on = Some(value);
        }
    }
}
