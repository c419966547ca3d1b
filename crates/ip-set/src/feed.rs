//! Lists that somebody publishes: from a body to what a request looks into.
//!
//! A [`FeedParser`] reads lines in bounded steps, [`parse_json`] a document in
//! one piece. Both make a [`FeedList`], which goes to other workers as bytes and
//! is kept; the [`FeedTable`] of it answers for a time, until an entry expires.
//! Nothing here knows what time it is.

mod collect;
mod compiled;
mod entry;
mod error;
mod json;
mod list;
mod table;
mod text;

pub use self::compiled::DecodeError;
pub use self::error::{FeedError, LineError};
pub use self::json::parse_json;
pub use self::list::FeedList;
pub use self::table::FeedTable;
pub use self::text::{FeedParser, Progress};

/// How many entries a [`FeedParser::step`] should read while requests wait for
/// the worker: in a module, a step of so many takes 1 to 2 ms, whatever the body.
/// 100,000 entries make 75 steps.
///
/// Measured by `tests/feed_speed.rs`, compiled with the profile `wasm`, in Node 20
/// on one core of an AMD EPYC server: at most 2.3 ms. Native, a step takes a third
/// of that.
pub const SLICE: usize = 2048;

/// What becomes of a body without any entry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum IfEmpty {
    /// It fails: a publisher that has nothing to say is more often broken than
    /// right.
    #[default]
    Fail,
    /// It is a list that matches nothing.
    Accept,
}
