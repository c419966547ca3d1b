//! What bounds the work of a matcher.

/// The most conditions of one `match`, all lists counted together.
pub(crate) const MOST_CONDITIONS: usize = 4096;

/// The most expressions of one `match`.
pub(crate) const MOST_EXPRESSIONS: usize = 64;

/// How deep `not`, `any` and `all` may stand inside each other.
pub(crate) const DEEPEST_NESTING: usize = 8;

/// The longest literal, in bytes.
pub(crate) const LONGEST_LITERAL: usize = 4096;

/// The longest text that is searched for (`contains`), in bytes: the search
/// costs this times the length of a value, in the worst case.
pub(crate) const LONGEST_NEEDLE: usize = 256;

/// The longest expression as it is written, in bytes.
pub(crate) const LONGEST_EXPRESSION: usize = 1024;

/// The largest compiled expression, in states. A character and each end of a
/// group are one, a class and a choice about two, and what is repeated counts as
/// often as it is repeated.
pub(crate) const MOST_STATES: usize = 512;

/// What an expression reads of a request at most, in bytes; all values of a
/// repeated field together. Matching costs the states of the expression times
/// this, in the worst case: about 5 ms in a module.
pub(crate) const LONGEST_SUBJECT: usize = 1024;

/// The longest path of a request that is read, in bytes, without its query.
pub(crate) const LONGEST_PATH: usize = 32 * 1024;

/// The most names in the path of a claim.
pub(crate) const LONGEST_CLAIM_PATH: usize = 16;
