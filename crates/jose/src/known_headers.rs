//! Headers that need not be read again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gatepost_bytes::equal;

use crate::Token;
use crate::header::Header;

/// Headers of tokens that were verified lately, by their exact bytes: tokens that one
/// key has signed mostly have the same one.
///
/// What a header says depends on its bytes alone, so a token is read the same with
/// these as without. Only verified tokens are kept, so strangers displace nothing.
#[derive(Default)]
pub struct KnownHeaders {
    slots: RefCell<[Option<Known>; SLOTS]>,
    /// Which slot is taken next.
    next: Cell<usize>,
}

/// Enough for the keys of a few issuers, and little to look through for nothing.
const SLOTS: usize = 4;

struct Known {
    /// The segment as it stands in a token.
    text: Box<[u8]>,
    max_depth: u8,
    header: Rc<Header>,
}

impl KnownHeaders {
    /// Keeps the header of a token that was verified, in place of the one that was kept
    /// first.
    pub fn keep(&self, token: &Token<'_>) {
        let (text, header) = token.read_header();
        if self.find(text, token.max_depth()).is_some() {
            return;
        }
        let slot = self.next.get();
        self.next.set(slot.saturating_add(1) % SLOTS);
        if let Some(place) = self.slots.borrow_mut().get_mut(slot) {
            *place = Some(Known {
                text: text.into(),
                max_depth: token.max_depth(),
                header: Rc::clone(header),
            });
        }
    }

    /// The header that is spelled so, read with this limit of depth.
    pub(crate) fn find(&self, text: &[u8], max_depth: u8) -> Option<Rc<Header>> {
        let slots = self.slots.borrow();
        let is_it = |known: &&Known| known.max_depth == max_depth && equal(&known.text, text);
        let known = slots.iter().flatten().find(is_it)?;
        Some(Rc::clone(&known.header))
    }
}
