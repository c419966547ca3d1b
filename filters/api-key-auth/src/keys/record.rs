//! A key as bytes: what all workers share of it.
//!
//! flags, one byte; `not_before` and `expires`, 8 bytes each where the flags say so;
//! the id; groups, rules and attributes, each a count and so many texts. A text is its
//! length in two bytes and UTF-8. All numbers are little-endian.

use std::time::Duration;

use super::key::{Key, LONGEST_VALUE, is_key_id};

/// A key in its bytes.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Record<'a> {
    pub(crate) id: &'a str,
    pub(crate) disabled: bool,
    pub(crate) not_before: Option<Duration>,
    pub(crate) expires: Option<Duration>,
    pub(crate) groups: Vec<&'a str>,
    pub(crate) rules: Option<Vec<&'a str>>,
    pub(crate) attributes: Vec<(&'a str, &'a str)>,
}

const DISABLED: u8 = 1;
const NOT_BEFORE: u8 = 1 << 1;
const EXPIRES: u8 = 1 << 2;
const RULES: u8 = 1 << 3;

impl<'a> Record<'a> {
    /// Reads what [`push_record`] wrote; `None` when these are no such bytes.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let flags = take_byte(&mut rest)?;
        if flags & !(DISABLED | NOT_BEFORE | EXPIRES | RULES) != 0 {
            return None;
        }
        let mut time = |flag: u8| match flags & flag {
            0 => Some(None),
            _ => take_time(&mut rest).map(Some),
        };
        let (not_before, expires) = (time(NOT_BEFORE)?, time(EXPIRES)?);
        let id = take_text(&mut rest).filter(|id| is_key_id(id))?;
        let groups = take_texts(&mut rest)?;
        let rules = match flags & RULES {
            0 => None,
            _ => Some(take_texts(&mut rest)?),
        };
        let count = take_byte(&mut rest)?;
        let mut attributes = Vec::new();
        for _ in 0..count {
            let name = take_text(&mut rest)?;
            let value = take_text(&mut rest).filter(|value| value.len() <= LONGEST_VALUE)?;
            attributes.push((name, value));
        }
        rest.is_empty().then_some(Self {
            id,
            disabled: flags & DISABLED != 0,
            not_before,
            expires,
            groups,
            rules,
            attributes,
        })
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut found = self.attributes.iter().filter(|(known, _)| *known == name);
        found.next().map(|(_, value)| *value)
    }
}

/// Appends the record of a key. What is too long for its length is cut short, and
/// so can never be read back; a key's checks leave nothing too long.
pub(super) fn push_record(key: &Key, bytes: &mut Vec<u8>) {
    let mut flags = 0;
    for (flag, is_set) in [
        (DISABLED, key.disabled),
        (NOT_BEFORE, key.not_before.is_some()),
        (EXPIRES, key.expires.is_some()),
        (RULES, key.rules.is_some()),
    ] {
        if is_set {
            flags |= flag;
        }
    }
    bytes.push(flags);
    for time in [key.not_before, key.expires].into_iter().flatten() {
        bytes.extend(time.as_secs().to_le_bytes());
    }
    push_text(&key.id, bytes);
    push_texts(&key.groups, bytes);
    if let Some(rules) = &key.rules {
        push_texts(rules, bytes);
    }
    push_count(key.attributes.len(), bytes);
    for (name, value) in &key.attributes {
        push_text(name, bytes);
        push_text(value, bytes);
    }
}

fn push_texts(texts: &[String], bytes: &mut Vec<u8>) {
    push_count(texts.len(), bytes);
    for text in texts {
        push_text(text, bytes);
    }
}

fn push_count(count: usize, bytes: &mut Vec<u8>) {
    bytes.push(u8::try_from(count).unwrap_or(u8::MAX));
}

fn push_text(text: &str, bytes: &mut Vec<u8>) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    bytes.extend(length.to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn take_time(rest: &mut &[u8]) -> Option<Duration> {
    let (seconds, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(Duration::from_secs(u64::from_le_bytes(*seconds)))
}

fn take_texts<'a>(rest: &mut &'a [u8]) -> Option<Vec<&'a str>> {
    let count = take_byte(rest)?;
    (0..count).map(|_| take_text(rest)).collect()
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (text, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    std::str::from_utf8(text).ok()
}
