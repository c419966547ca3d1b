//! A document of keys: `{"keys": [...]}`, read a few keys at a time.
//!
//! The outer object is read here, byte by byte; what stands in the array is cut at its
//! braces and read as any other document is. A cut at the wrong place can only leave
//! what is no JSON.

use std::fmt;

use gatepost_config::{FieldPath, Part, Problems};
use serde::Deserialize;

use super::{Builder, BuilderError, Key, KeySet, MOST_KEYS};
use crate::config::KeyConfig;

/// Reads a whole document at once: for tools and tests. A filter reads it in steps.
///
/// # Errors
/// What is wrong with it.
pub fn read_keys(body: &[u8], accepts_hmac: bool) -> Result<KeySet, DocumentError> {
    let mut parser = Parser::new(body.to_vec(), accepts_hmac);
    loop {
        if let Some(compiled) = parser.step()? {
            return KeySet::decode(&compiled).map_err(|_| DocumentError::Ended);
        }
    }
}

/// A document that is being read.
pub(super) struct Parser {
    body: Vec<u8>,
    at: usize,
    state: State,
    builder: Builder,
    accepts_hmac: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    Start,
    Keys,
    Read,
    Ended,
}

/// Why a body is no document of keys. It is the publisher's fault, or that of whoever
/// stands between; the last good one stays.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DocumentError {
    /// It is not `{"keys": [...]}`, with nothing behind it.
    Outer,
    /// A key is none; where, and what was expected.
    Key(Problems),
    /// A key's text is longer than 32 KiB.
    KeyTooLong(usize),
    /// There are more than [`MOST_KEYS`].
    TooMany,
    /// Two keys are one, by their places.
    Twice(usize, usize),
    /// There is no key: a publisher that has nothing to say is more often broken than
    /// right.
    Empty,
    /// The parser has given its answer before.
    Ended,
}

/// The longest text of one key, in bytes.
const LONGEST_KEY: usize = 32 * 1024;
/// What one step reads: so many bytes, or one key.
const STEP: usize = 64 * 1024;

/// A key in which nothing is shown of what is wrong: it may be a key.
#[derive(Deserialize)]
#[serde(transparent)]
struct Entry(#[serde(deserialize_with = "gatepost_config::discreetly")] KeyConfig);

impl Parser {
    pub(super) fn new(body: Vec<u8>, accepts_hmac: bool) -> Self {
        Self {
            body,
            at: 0,
            state: State::Start,
            builder: Builder::default(),
            accepts_hmac,
        }
    }

    /// Goes on; the compiled keys at the end.
    pub(super) fn step(&mut self) -> Result<Option<Vec<u8>>, DocumentError> {
        let result = self.go_on();
        if !matches!(result, Ok(None)) {
            self.state = State::Ended;
        }
        result
    }

    fn go_on(&mut self) -> Result<Option<Vec<u8>>, DocumentError> {
        let is_read = match self.state {
            State::Start => {
                self.start()?;
                false
            }
            State::Keys => false,
            State::Read => true,
            State::Ended => return Err(DocumentError::Ended),
        };
        if self.builder.merge(is_read)? {
            return Ok(None);
        }
        if !is_read {
            self.read_keys()?;
            self.builder.sort()?;
            return Ok(None);
        }
        if self.builder.len() == 0 {
            return Err(DocumentError::Empty);
        }
        Ok(Some(std::mem::take(&mut self.builder).finish()?))
    }

    /// `{"keys": [`
    fn start(&mut self) -> Result<(), DocumentError> {
        for part in [&b"{"[..], b"\"keys\"", b":", b"["] {
            self.expect(part)?;
        }
        self.state = State::Keys;
        Ok(())
    }

    /// Keys, and the end if it comes.
    fn read_keys(&mut self) -> Result<(), DocumentError> {
        let stop = self.at.saturating_add(STEP);
        while self.at < stop {
            if self.peek() == Some(b']') {
                // Not behind a comma.
                let is_first = self.builder.len() == 0;
                return match is_first {
                    true => self.end(),
                    false => Err(DocumentError::Outer),
                };
            }
            self.read_key()?;
            match self.peek() {
                Some(b',') => self.at = self.at.saturating_add(1),
                _ => return self.end(),
            }
        }
        Ok(())
    }

    fn read_key(&mut self) -> Result<(), DocumentError> {
        let place = self.builder.len();
        if self.peek() != Some(b'{') {
            return Err(DocumentError::Outer);
        }
        let rest = self.body.get(self.at..).unwrap_or_default();
        let window = rest.get(..LONGEST_KEY).unwrap_or(rest);
        let Some(length) = object_len(window) else {
            return Err(match window.len() < rest.len() {
                true => DocumentError::KeyTooLong(place),
                false => DocumentError::Outer,
            });
        };
        let text = window.get(..length).unwrap_or_default();
        let root = FieldPath::ROOT;
        let keys = root.field("keys");
        let at = keys.index(place);
        let Entry(raw) = Part::whole(text)
            .map_err(|problems| elsewhere(&problems, &at))?
            .read_at(&at)?;
        let mut problems = Problems::new();
        let key = Key::new(raw, self.accepts_hmac, &at, &mut problems);
        match problems.check(key)? {
            Some(key) => self.builder.push(&key)?,
            None => return Err(DocumentError::Outer),
        }
        self.at = self.at.saturating_add(length);
        Ok(())
    }

    /// `]}` and nothing behind it.
    fn end(&mut self) -> Result<(), DocumentError> {
        self.expect(b"]")?;
        self.expect(b"}")?;
        if self.peek().is_some() {
            return Err(DocumentError::Outer);
        }
        self.state = State::Read;
        Ok(())
    }

    fn expect(&mut self, part: &[u8]) -> Result<(), DocumentError> {
        self.peek();
        let rest = self.body.get(self.at..).unwrap_or_default();
        if !rest.starts_with(part) {
            return Err(DocumentError::Outer);
        }
        self.at = self.at.saturating_add(part.len());
        Ok(())
    }

    /// The next byte behind white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.body.get(self.at..).unwrap_or_default();
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let spaces = rest.iter().take_while(|byte| is_space(byte)).count();
        self.at = self.at.saturating_add(spaces);
        rest.get(spaces).copied()
    }
}

/// How long the object is with which `text` begins; `None` if it does not end.
fn object_len(text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => depth = depth.saturating_add(1),
            b'}' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.checked_add(1);
                }
            }
            _ => {}
        }
    }
    None
}

/// What is wrong with the text of one key, which its reader took for a document.
fn elsewhere(problems: &Problems, at: &FieldPath<'_>) -> DocumentError {
    let message = problems.iter().next().map(|problem| &problem.message);
    DocumentError::Key(Problems::one(
        at,
        message.map_or("expected JSON", String::as_str),
    ))
}

impl From<Problems> for DocumentError {
    fn from(problems: Problems) -> Self {
        Self::Key(problems)
    }
}

impl From<BuilderError> for DocumentError {
    fn from(error: BuilderError) -> Self {
        let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        match error {
            BuilderError::TooMany => Self::TooMany,
            BuilderError::Twice(one, other) => Self::Twice(place(one), place(other)),
        }
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outer => f.write_str(r#"expected {"keys": [...]} and nothing else"#),
            Self::Key(problems) => problems.fmt(f),
            Self::KeyTooLong(place) => {
                write!(f, "keys[{place}]: expected at most {LONGEST_KEY} bytes")
            }
            Self::TooMany => write!(f, "expected at most {MOST_KEYS} keys"),
            Self::Twice(one, other) => write!(
                f,
                "keys[{other}].digest: expected a key of its own, found that of keys[{one}]"
            ),
            Self::Empty => f.write_str("expected at least one key"),
            Self::Ended => f.write_str("expected no step behind the last one"),
        }
    }
}

impl std::error::Error for DocumentError {}
