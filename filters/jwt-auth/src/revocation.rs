//! Tokens that count no more.

mod list;

pub(crate) use self::list::{Revocable, RevocationList, is_value};
