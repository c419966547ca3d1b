//! Which waiting requests a root lets go on.

use crate::request::Stream;
use crate::verdict::{WaitFor, WakeKey};

/// Which waiting requests may go on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wakes {
    pub(crate) place: usize,
    pub(crate) keys: Vec<WakeKey>,
}

impl Wakes {
    /// Whether nobody is woken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether this request waits for one of the keys.
    #[must_use]
    pub fn mean(&self, stream: &Stream) -> bool {
        self.key_of(stream).is_some()
    }

    pub(crate) fn key_of(&self, stream: &Stream) -> Option<WakeKey> {
        match &stream.wait.as_ref()?.what {
            WaitFor::Wake(keys) if stream.place == self.place => {
                keys.iter().copied().find(|key| self.keys.contains(key))
            }
            _ => None,
        }
    }
}
