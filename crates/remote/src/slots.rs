//! The data that all workers of a proxy share, as this crate needs it.

use std::fmt;

/// Slots of bytes that all workers of a proxy share, with every other plugin on
/// it: whatever comes out may be anybody's. Nothing expires, nothing can be
/// removed.
pub trait Slots {
    /// What a slot holds, and the version that [`Swap::IfVersion`] names.
    ///
    /// # Errors
    /// When the proxy refuses the call for any reason but absence.
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, SlotError>;

    /// Writes a slot if `swap` holds, and tells whether it did.
    ///
    /// # Errors
    /// When the proxy refuses the call for any reason but a lost swap.
    fn put(&self, key: &[u8], value: &[u8], swap: Swap) -> Result<bool, SlotError>;
}

/// When a slot may be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Swap {
    /// If nobody has written it yet.
    IfAbsent,
    /// If it still has this version.
    IfVersion(u32),
}

impl Swap {
    /// If the slot is still as it was when `slot` was read.
    pub(crate) fn if_still(slot: Option<&(Vec<u8>, u32)>) -> Self {
        slot.map_or(Self::IfAbsent, |(_, version)| Self::IfVersion(*version))
    }
}

/// The proxy refused a call, with this status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SlotError(pub u32);

impl fmt::Display for SlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy refused shared data with status {}", self.0)
    }
}

impl std::error::Error for SlotError {}
