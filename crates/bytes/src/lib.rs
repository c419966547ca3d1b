//! Bytes compared and searched eight at a time.
//!
//! The standard library's ways to do so are calls of the C library's, which in a
//! module go byte by byte. Time depends on what is compared: not for secrets.

mod equal;
mod find;
mod word;

pub use equal::{equal, equal_ignoring_case};
pub use find::{find, find_word};
pub use word::{Hits, Word};
