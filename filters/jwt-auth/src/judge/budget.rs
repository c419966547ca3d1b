//! How many signatures may be checked for one request.

use std::cell::Cell;

/// The signatures that were checked for a request. Several tokens, each of which
/// several keys of several providers may have signed, must not hold a worker up: a
/// check in Rust takes up to some milliseconds.
#[derive(Debug, Default)]
pub(crate) struct SignatureChecks(Cell<u8>);

impl SignatureChecks {
    /// The most for one request, also where it waits between them.
    pub(crate) const MOST: u8 = 8;

    /// Counts one more; false if there were as many as may be.
    pub(crate) fn take(&self) -> bool {
        let checked = self.0.get();
        self.0.set(checked.saturating_add(1).min(Self::MOST));
        checked < Self::MOST
    }
}
