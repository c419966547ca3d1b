//! The allocator of every module: the C library's, and in front of it lists of small
//! blocks that were given back.
//!
//! A request takes some sixty small blocks and gives them all back. From a list that is
//! some thirty instructions each; the C library, which joins and splits blocks, takes eighty.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: Pooled<System> = Pooled::new(System);

#[cfg(target_feature = "atomics")]
compile_error!("a module has one thread: this allocator is for no other");

/// Blocks of one list differ by less than so many bytes.
const STEP: usize = 16;
/// The smallest block: the C library needs four bytes of its own beside each, and gives
/// whole steps, so blocks are of 12, 28, 44 bytes and waste none.
const SMALLEST: usize = 12;
/// How many lists there are: blocks of up to 2 KiB are kept, 2 MiB of them at most.
const LISTS: usize = 128;
/// How many bytes a list keeps at most. What a large document has given back goes to
/// the C library, which can make large blocks of it.
const KEPT: usize = 16 * 1024;
/// What the C library aligns to in any case. Blocks that need more are its own matter.
const ALIGN: usize = 8;

struct Pooled<A> {
    lists: [List; LISTS],
    behind: A,
}

/// Blocks of one size that were given back.
struct List {
    first: Cell<*mut Block>,
    /// How many bytes more it may keep.
    room: Cell<usize>,
}

impl List {
    const fn new() -> Self {
        Self {
            first: Cell::new(ptr::null_mut()),
            room: Cell::new(KEPT),
        }
    }
}

/// A block that was given back: in it stands which one is next.
struct Block {
    next: *mut Self,
}

impl<A> Pooled<A> {
    const fn new(behind: A) -> Self {
        Self {
            lists: [const { List::new() }; LISTS],
            behind,
        }
    }

    /// The list of such a block, and the size of all blocks in it.
    #[inline]
    fn list(&self, layout: Layout) -> Option<(&List, usize)> {
        if layout.align() > ALIGN {
            return None;
        }
        let number = layout.size().checked_add(STEP - 1 - SMALLEST)? / STEP;
        let list = self.lists.get(number)?;
        Some((list, number.wrapping_mul(STEP).wrapping_add(SMALLEST)))
    }
}

/// The layout of a block that a list may get.
const fn whole(size: usize) -> Layout {
    // SAFETY: `ALIGN` is a power of two, and no list's blocks are near the limit.
    unsafe { Layout::from_size_align_unchecked(size, ALIGN) }
}

// SAFETY: a module has one thread, and nothing else has one of these.
unsafe impl<A> Sync for Pooled<A> {}

// SAFETY: a block comes from the allocator behind, with a layout that its list names and
// that has room for the one that is asked for; or from the list, where it was put when it was
// given back, so that nobody else has it. It goes back with the layout with which it came.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Pooled<A> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((list, size)) = self.list(layout) else {
            return unsafe { self.behind.alloc(layout) };
        };
        let block = list.first.get();
        if block.is_null() {
            return unsafe { self.behind.alloc(whole(size)) };
        }
        // SAFETY: `dealloc` has written it.
        list.first.set(unsafe { (*block).next });
        list.room.set(list.room.get().wrapping_add(size));
        block.cast()
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((list, size)) = self.list(layout) else {
            return unsafe { self.behind.dealloc(block, layout) };
        };
        let Some(room) = list.room.get().checked_sub(size) else {
            return unsafe { self.behind.dealloc(block, whole(size)) };
        };
        let block = block.cast::<Block>();
        // SAFETY: a block has room for `SMALLEST` bytes and is aligned to `ALIGN`.
        unsafe {
            block.write(Block {
                next: list.first.get(),
            });
        }
        list.first.set(block);
        list.room.set(room);
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises of `size`.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.list(layout), self.list(new)) {
            (None, None) => return unsafe { self.behind.realloc(block, layout, size) },
            (Some((_, one)), Some((_, other))) if one == other => return block,
            _ => {}
        }
        let place = unsafe { self.alloc(new) };
        if !place.is_null() {
            let common = layout.size().min(size);
            // SAFETY: both have room for it, and they are not one.
            unsafe {
                ptr::copy_nonoverlapping(block, place, common);
                self.dealloc(block, layout);
            }
        }
        place
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing
    )]

    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    /// Sees to it that blocks come back as they went, and that no two overlap.
    #[derive(Default)]
    struct Watched {
        given: RefCell<BTreeMap<usize, Layout>>,
        fails: Cell<bool>,
    }

    unsafe impl GlobalAlloc for Watched {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if self.fails.get() {
                return ptr::null_mut();
            }
            let block = unsafe { System.alloc(layout) };
            assert!(
                self.given
                    .borrow_mut()
                    .insert(block.addr(), layout)
                    .is_none()
            );
            block
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            assert_eq!(self.given.borrow_mut().remove(&block.addr()), Some(layout));
            unsafe { System.dealloc(block, layout) };
        }
    }

    /// A block that somebody has, and the byte that fills it.
    struct Held {
        block: *mut u8,
        layout: Layout,
        filler: u8,
    }

    impl Held {
        fn fill(&self) {
            unsafe { self.block.write_bytes(self.filler, self.layout.size()) };
        }

        fn check(&self) {
            let bytes = unsafe { std::slice::from_raw_parts(self.block, self.layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == self.filler));
            assert_eq!(self.block.addr() % self.layout.align(), 0);
        }
    }

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn whoever_has_a_block_has_it_alone_until_it_is_given_back() {
        let pool = Pooled::new(Watched::default());
        let mut random = 1_u64;
        let mut next = move |below: usize| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(random >> 33).unwrap() % below
        };
        let mut held: Vec<Held> = Vec::new();
        for turn in 0..200_000_usize {
            let size = match next(4) {
                0 => 1 + next(4096),
                _ => 1 + next(200),
            };
            let filler = u8::try_from(turn % 251).unwrap();
            match next(5) {
                0 | 1 if held.len() < 300 => {
                    let layout = layout(size, 1 << next(6));
                    let block = unsafe { pool.alloc(layout) };
                    held.push(Held {
                        block,
                        layout,
                        filler,
                    });
                    held.last().unwrap().fill();
                }
                2 if !held.is_empty() => {
                    let place = next(held.len());
                    let one = &mut held[place];
                    one.check();
                    one.block = unsafe { pool.realloc(one.block, one.layout, size) };
                    let kept = one.layout.size().min(size);
                    one.layout = layout(size, one.layout.align());
                    let bytes = unsafe { std::slice::from_raw_parts(one.block, kept) };
                    assert!(bytes.iter().all(|byte| *byte == one.filler));
                    one.filler = filler;
                    one.fill();
                }
                _ if !held.is_empty() => {
                    let one = held.swap_remove(next(held.len()));
                    one.check();
                    unsafe { pool.dealloc(one.block, one.layout) };
                }
                _ => {}
            }
        }
        for one in held {
            one.check();
            unsafe { pool.dealloc(one.block, one.layout) };
        }
        let kept: usize = pool.behind.given.borrow().values().map(Layout::size).sum();
        assert!(kept <= LISTS * KEPT, "{kept}");
    }

    #[test]
    fn a_list_keeps_no_more_than_it_may() {
        let pool = Pooled::new(Watched::default());
        let size = layout(100, 1);
        let blocks: Vec<_> = (0..1000).map(|_| unsafe { pool.alloc(size) }).collect();
        for block in blocks {
            unsafe { pool.dealloc(block, size) };
        }
        assert_eq!(pool.behind.given.borrow().len(), KEPT / 108);
    }

    #[test]
    fn a_block_that_was_given_back_is_given_again() {
        let pool = Pooled::new(Watched::default());
        let first = unsafe { pool.alloc(layout(13, 1)) };
        unsafe { pool.dealloc(first, layout(13, 1)) };
        assert_eq!(unsafe { pool.alloc(layout(28, 8)) }, first);
        assert_eq!(unsafe { pool.realloc(first, layout(28, 8), 20) }, first);
    }

    #[test]
    fn without_memory_nothing_is_lost() {
        let pool = Pooled::new(Watched::default());
        let small = unsafe { pool.alloc(layout(8, 8)) };
        unsafe { small.write_bytes(7, 8) };
        pool.behind.fails.set(true);
        assert!(unsafe { pool.alloc(layout(8, 8)) }.is_null());
        assert!(unsafe { pool.realloc(small, layout(8, 8), 5000) }.is_null());
        assert_eq!(unsafe { *small }, 7);
        pool.behind.fails.set(false);
        unsafe { pool.dealloc(small, layout(8, 8)) };
        assert_eq!(unsafe { pool.alloc(layout(8, 8)) }, small);
    }
}
