//! Why a body is no feed.

use std::fmt;

use gatepost_config::{Problems, Shown, TimestampError};

use super::{FeedList, FeedParser};
use crate::CidrError;

/// Why a body was refused. It is the publisher's fault, or that of whoever
/// stands between; the last good list stays.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FeedError {
    /// A line is no entry.
    Line {
        /// Which one, from 1.
        line: usize,
        /// What is wrong with it.
        error: LineError,
        /// How the line begins.
        found: Box<str>,
    },
    /// A JSON document is no list of entries.
    Document(Problems),
    /// There are more than [`FeedList::MAX_ENTRIES`].
    TooManyEntries,
    /// Nobody said how long the body is, and its last line has no end: a part
    /// may be missing, and `10.1.2.3` may have been `10.1.2.34`.
    Truncated,
    /// There is no entry.
    Empty,
    /// The parser has given its answer before.
    Ended,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineError {
    /// Its first word is no CIDR.
    Cidr(CidrError),
    /// Its `expires=` is no point in time.
    Expires(TimestampError),
    /// Something else follows the CIDR.
    BehindEntry,
    /// It is longer than [`FeedParser::MAX_LINE_BYTES`] without its comment.
    TooLong,
    /// It is not UTF-8, or holds a NUL.
    NotText,
    /// A carriage return stands in a comment without a line feed behind it: what
    /// follows may have been meant as a line.
    CarriageReturn,
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, error, found } => {
                write!(f, "line {line}: {error}, found {}", Shown(found))
            }
            Self::Document(problems) => problems.fmt(f),
            Self::TooManyEntries => {
                write!(f, "expected at most {} entries", FeedList::MAX_ENTRIES)
            }
            Self::Truncated => f.write_str(
                "expected a line feed behind the last line, because the length was not stated: the body may be truncated",
            ),
            Self::Empty => f.write_str("expected at least one entry"),
            Self::Ended => f.write_str("expected no step behind the last one"),
        }
    }
}

impl std::error::Error for FeedError {}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(error) => error.fmt(f),
            Self::Expires(error) => error.fmt(f),
            Self::BehindEntry => f.write_str(
                "expected `expires=` and an RFC 3339 timestamp, a comment or nothing behind the CIDR",
            ),
            Self::TooLong => write!(
                f,
                "expected at most {} bytes before a comment",
                FeedParser::MAX_LINE_BYTES
            ),
            Self::NotText => f.write_str("expected UTF-8 without NUL"),
            Self::CarriageReturn => {
                f.write_str("expected a line feed behind a carriage return")
            }
        }
    }
}

impl std::error::Error for LineError {}
