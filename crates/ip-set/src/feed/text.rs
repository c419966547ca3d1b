//! A feed of lines, parsed in steps.

use std::fmt;

use super::collect::{Collector, Merging};
use super::entry::Expiry;
use super::{FeedError, FeedList, IfEmpty, LineError};
use crate::{Cidr, Masked};

/// What a line of usual length has; long lines take more of a step.
const USUAL_LINE_BYTES: usize = 64;

/// How many entries are merged in the time in which one is read.
const MERGED_WHILE_READ: usize = 2;

/// How much of a bad line an error keeps, in bytes: more than it shows.
const KEPT: usize = 320;

/// Enough for any character, so that a piece of a comment is never less than
/// one.
const LEAST_PIECE: usize = 4;

/// Parses a body of lines, a bounded piece at a time.
///
/// A line is an address or a CIDR, and then, if the entry expires, white space
/// and `expires=` with an RFC 3339 timestamp. `#` and `;` begin a comment, also
/// behind an entry. Lines may be empty, indented, and end in LF or CRLF. Host
/// bits are cleared and counted: [`FeedList::masked`]. Any other line fails the
/// whole body, because half a list is another list.
pub struct FeedParser {
    phase: Phase,
}

/// How far a parser is.
#[derive(Debug)]
pub enum Progress {
    /// There is work left for another step.
    More,
    /// This is the list.
    Done(FeedList),
    /// The body is no feed.
    Failed(FeedError),
}

impl FeedParser {
    /// The longest line, in bytes, without its comment and its end.
    pub const MAX_LINE_BYTES: usize = 512;

    /// Starts with a body. `is_whole` says that its length was stated
    /// (`Content-Length`) and is right; without that, a body must end with a
    /// line feed.
    #[must_use]
    pub fn new(body: Vec<u8>, is_whole: bool, if_empty: IfEmpty) -> Self {
        Self {
            phase: Phase::Reading(Reading {
                body,
                at: 0,
                line: 1,
                line_start: 0,
                is_in_comment: false,
                is_whole,
                if_empty,
                collector: Collector::default(),
            }),
        }
    }

    /// Does a part of the work: reads up to `entries` lines, at least one, or
    /// merges twice as many sorted entries. 64 bytes count as a line, so a step
    /// reads fewer lines than that when they are long. [`super::SLICE`] is what
    /// to ask for while requests wait.
    ///
    /// After [`Progress::Done`] or [`Progress::Failed`] there is nothing left to
    /// do, and another step fails.
    pub fn step(&mut self, entries: usize) -> Progress {
        let entries = entries.max(1);
        match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Reading(mut reading) => match reading.step(entries) {
                Ok(false) => self.phase = Phase::Reading(reading),
                // The body is dropped before memory is needed for another order.
                Ok(true) => self.phase = Phase::Merging(reading.into_collector().finish()),
                Err(error) => return Progress::Failed(error),
            },
            Phase::Merging(mut merging) => {
                match merging.step(entries.saturating_mul(MERGED_WHILE_READ)) {
                    None => self.phase = Phase::Merging(merging),
                    Some(list) => return Progress::Done(list),
                }
            }
            Phase::Ended => return Progress::Failed(FeedError::Ended),
        }
        Progress::More
    }
}

/// Where it stands only: a body can be long, and a log line may not be.
impl fmt::Debug for FeedParser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match &self.phase {
            Phase::Reading(reading) => Some(reading.line),
            Phase::Merging(_) | Phase::Ended => None,
        };
        f.debug_struct("FeedParser")
            .field("line", &line)
            .finish_non_exhaustive()
    }
}

enum Phase {
    Reading(Reading),
    Merging(Merging),
    Ended,
}

struct Reading {
    body: Vec<u8>,
    at: usize,
    line: usize,
    line_start: usize,
    is_in_comment: bool,
    is_whole: bool,
    if_empty: IfEmpty,
    collector: Collector,
}

impl Reading {
    /// Whether the end was reached.
    fn step(&mut self, entries: usize) -> Result<bool, FeedError> {
        let worth = entries.saturating_mul(USUAL_LINE_BYTES);
        let reach = self.at.saturating_add(worth).min(self.body.len());
        let lines = self.line.saturating_add(entries);
        if self.at == 0 && self.body.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        }
        while self.at < reach && self.line < lines {
            if self.is_in_comment {
                self.skip_comment(reach)?;
            } else {
                self.read_entry()?;
            }
        }
        if self.at < self.body.len() {
            return Ok(false);
        }
        if !self.is_whole && self.body.last() != Some(&b'\n') {
            return Err(FeedError::Truncated);
        }
        if self.if_empty == IfEmpty::Fail && self.collector.is_empty() {
            return Err(FeedError::Empty);
        }
        Ok(true)
    }

    /// Reads a line, or what stands of it before a comment.
    fn read_entry(&mut self) -> Result<(), FeedError> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let reach = rest.get(..=FeedParser::MAX_LINE_BYTES).unwrap_or(rest);
        let end = reach
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'#' | b';'));
        let text = match end {
            Some(end) => rest.get(..end).unwrap_or_default(),
            None if rest.len() > FeedParser::MAX_LINE_BYTES => {
                return Err(self.failure(LineError::TooLong));
            }
            None if !self.is_whole => return Err(FeedError::Truncated),
            None => rest,
        };
        let ended_by = end.and_then(|end| rest.get(end)).copied();
        let line = match (ended_by, text) {
            (Some(b'\n'), [line @ .., b'\r']) => line,
            _ => text,
        };
        let (read, consumed) = (parse_line(line), text.len());
        if let Some((entry, expires)) = read.map_err(|error| self.failure(error))?
            && !self.collector.push(entry, expires)
        {
            return Err(FeedError::TooManyEntries);
        }
        self.at = self.at.saturating_add(consumed);
        match ended_by {
            Some(b'\n') => self.end_line(),
            Some(_) => self.is_in_comment = true,
            None => {}
        }
        Ok(())
    }

    /// Passes over a comment, or over what stands of it before `reach`.
    fn skip_comment(&mut self, reach: usize) -> Result<(), FeedError> {
        let reach = reach.max(self.at.saturating_add(LEAST_PIECE));
        let rest = self.body.get(self.at..).unwrap_or_default();
        let piece = rest.get(..reach.saturating_sub(self.at)).unwrap_or(rest);
        let stop = piece
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r' | 0));
        let comment = piece.get(..stop.unwrap_or(piece.len())).unwrap_or_default();
        let consumed = match str::from_utf8(comment) {
            Ok(comment) => comment.len(),
            // The last character may go on behind the piece.
            Err(error)
                if error.error_len().is_none() && stop.is_none() && piece.len() < rest.len() =>
            {
                error.valid_up_to()
            }
            Err(_) => return Err(self.failure(LineError::NotText)),
        };
        let behind = stop.and_then(|stop| rest.get(stop..)).unwrap_or_default();
        match behind {
            [b'\n', ..] => {
                self.at = self.at.saturating_add(consumed);
                self.end_line();
            }
            [b'\r', b'\n', ..] => {
                self.at = self.at.saturating_add(consumed).saturating_add(1);
                self.end_line();
            }
            [b'\r', ..] => return Err(self.failure(LineError::CarriageReturn)),
            [_, ..] => return Err(self.failure(LineError::NotText)),
            [] => self.at = self.at.saturating_add(consumed),
        }
        Ok(())
    }

    /// Steps over a line feed.
    fn end_line(&mut self) {
        self.at = self.at.saturating_add(1);
        self.line = self.line.saturating_add(1);
        self.line_start = self.at;
        self.is_in_comment = false;
    }

    fn failure(&self, error: LineError) -> FeedError {
        let rest = self.body.get(self.line_start..).unwrap_or_default();
        let kept = rest.get(..KEPT).unwrap_or(rest);
        let line = kept.split(|byte| *byte == b'\n').next().unwrap_or_default();
        FeedError::Line {
            line: self.line,
            error,
            found: String::from_utf8_lossy(line).into(),
        }
    }

    fn into_collector(self) -> Collector {
        self.collector
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// `None` for a line with nothing but white space.
fn parse_line(line: &[u8]) -> Result<Option<(Masked, Expiry)>, LineError> {
    let line = str::from_utf8(line).map_err(|_| LineError::NotText)?;
    if line.contains('\0') {
        return Err(LineError::NotText);
    }
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let Some(cidr) = words.next() else {
        return Ok(None);
    };
    let entry = Cidr::parse_masking(cidr).map_err(LineError::Cidr)?;
    let expires = match words.next() {
        None => Expiry::NEVER,
        Some(word) => {
            let expires = word
                .strip_prefix("expires=")
                .ok_or(LineError::BehindEntry)?;
            Expiry::parse(expires).map_err(LineError::Expires)?
        }
    };
    if words.next().is_some() {
        return Err(LineError::BehindEntry);
    }
    Ok(Some((entry, expires)))
}
