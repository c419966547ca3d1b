//! Bytes compared and searched eight at a time.
//!
//! In a module the standard library compares slices, and looks for one of several bytes,
//! one by one. Time depends on what is compared: not for secrets.

mod equal;
mod find;
mod word;

pub use equal::{equal, equal_ignoring_case};
pub use find::{find, find_word};
pub use word::{Hits, Word};
