//! What a document's keeper answers.

use std::time::Duration;

use crate::failure::{Failure, FailureKind};
use crate::source::Source;

/// What is to be done now. `E` is the format's error.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Actions<E> {
    /// Ask the source. What comes of it is told by
    /// [`Remote::reply`](crate::Remote::reply) or
    /// [`Remote::call_refused`](crate::Remote::call_refused).
    pub fetch: Option<Fetch>,
    /// Requests of this worker that wait for the document may look again: it
    /// came, or the attempt came to an end without it.
    pub wake: bool,
    /// This worker has another document than before.
    pub changed: bool,
    /// What failed, to be counted and logged. Of all workers one tells each.
    pub failed: Vec<Failure<E>>,
}

impl<E> Default for Actions<E> {
    fn default() -> Self {
        Self {
            fetch: None,
            wake: false,
            changed: false,
            failed: Vec::new(),
        }
    }
}

/// A request to the source: `GET`, without a body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetch {
    /// Names this fetch when its reply is told.
    pub attempt: u64,
    pub(crate) condition: Option<(&'static str, Vec<u8>)>,
}

impl Fetch {
    /// All headers of the request.
    #[must_use]
    pub fn headers<'a>(&'a self, source: &'a Source) -> Vec<(&'a str, &'a [u8])> {
        let mut headers: Vec<(&str, &[u8])> = vec![
            (":method", b"GET"),
            (":path", source.path().as_bytes()),
            (":authority", source.authority().as_bytes()),
            ("accept-encoding", b"identity"),
        ];
        if let Some((name, value)) = &self.condition {
            headers.push((*name, value.as_slice()));
        }
        headers
    }
}

/// What is to be hoped for by one who misses something in the document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Demand {
    /// A newer document has just come: look again now.
    Arrived,
    /// A fetch is under way: wait until
    /// [`Actions::wake`], with a deadline.
    Coming,
    /// It is not there: the source was asked for such a demand less than a cooldown
    /// ago, and this worker has what it answered.
    Answered,
    /// Nobody can say whether it is there: the source did not answer the last demand
    /// and is not asked again before the cooldown is over, or it cannot be asked.
    Unanswered,
}

/// What a worker has of a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State<'a, D> {
    /// The document.
    Ready(&'a D),
    /// Nothing yet, and nothing that failed: a request may wait.
    Loading,
    /// There is none, and no use in waiting.
    Unavailable(Unavailable),
}

/// Why there is no document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unavailable {
    /// None has come yet; the last attempt failed so.
    Failed(FailureKind),
    /// The last success is too long ago, perhaps because of this failure.
    Stale(Option<FailureKind>),
}

/// What an operator watches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status {
    /// The time since the source was asked that gave or confirmed the document
    /// that this worker holds. The wall clock less this is when.
    pub age: Option<Duration>,
    /// Which document that is: a number that only grows, on all workers the same
    /// for the same document; 0 for none.
    pub generation: u64,
    /// How many attempts have failed in a row, on whatever worker.
    pub failures: u32,
    /// How the last of them failed.
    pub last_failure: Option<FailureKind>,
}
