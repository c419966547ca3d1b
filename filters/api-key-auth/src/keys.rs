//! Keys: what is known of each, all of them together, and documents of them.

mod builder;
mod document;
mod format;
mod key;
mod record;
mod set;

pub(crate) use self::builder::{Builder, BuilderError};
pub use self::document::{DocumentError, read_keys};
pub(crate) use self::format::KeyFormat;
pub(crate) use self::key::{Key, is_key_id};
pub(crate) use self::record::Record;
pub use self::set::{DecodeError, Found, KeySet};

/// The most keys of one document.
pub const MOST_KEYS: usize = 200_000;
