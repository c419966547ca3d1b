//! Reading a JSON text.

use std::collections::BinaryHeap;

use gatepost_bytes::{equal, find_word};

use crate::{Expected, JsonError, Number, Value};

/// What bounds the work and the memory of reading a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The longest text, in bytes.
    pub max_bytes: usize,
    /// How many arrays and objects may stand inside each other; 0 allows none.
    /// A reader recurses that deep, and so does whatever walks or drops the value.
    pub max_depth: u8,
}

impl Limits {
    /// What real documents stay far below.
    pub const DEFAULT_DEPTH: u8 = 32;

    /// Texts of at most `max_bytes`, at most [`Self::DEFAULT_DEPTH`] deep.
    #[must_use]
    pub const fn of_bytes(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            max_depth: Self::DEFAULT_DEPTH,
        }
    }
}

/// Reads a text that is one JSON value (RFC 8259), white space around it allowed.
///
/// # Errors
/// The text is no JSON, too long or too deep, or one that readers take for
/// different values ([`Expected`]).
pub fn parse(text: &[u8], limits: Limits) -> Result<Value, JsonError> {
    let expected = |expected, offset| Err(JsonError { expected, offset });
    if text.len() > limits.max_bytes {
        return expected(Expected::AtMostBytes(limits.max_bytes), limits.max_bytes);
    }
    let text = match str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => return expected(Expected::Utf8, error.valid_up_to()),
    };
    let mut reader = Reader {
        text,
        at: 0,
        max_depth: limits.max_depth,
    };
    let value = reader.value(0)?;
    if reader.peek_token().is_some() {
        return Err(reader.expected(Expected::End));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    /// How many bytes are read; always the start of a character.
    at: usize,
    max_depth: u8,
}

impl<'a> Reader<'a> {
    /// Reads a value that stands inside `depth` arrays and objects.
    fn value(&mut self, depth: u8) -> Result<Value, JsonError> {
        match self.peek_token() {
            Some(b'"') => {
                self.skip(1);
                self.string().map(Value::String)
            }
            Some(b'{') => self.object(self.deeper(depth)?),
            Some(b'[') => self.array(self.deeper(depth)?),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => Err(self.expected(Expected::Value)),
        }
    }

    fn deeper(&self, depth: u8) -> Result<u8, JsonError> {
        if depth >= self.max_depth {
            return Err(self.expected(Expected::AtMostDeep(self.max_depth)));
        }
        Ok(depth.saturating_add(1))
    }

    fn object(&mut self, depth: u8) -> Result<Value, JsonError> {
        let start = self.at;
        let mut members = Vec::new();
        self.skip(1);
        if self.peek_token() == Some(b'}') {
            self.skip(1);
            return Ok(Value::Object(members));
        }
        loop {
            self.take(b'"', Expected::Name)?;
            let name = self.string()?;
            self.take(b':', Expected::Colon)?;
            members.push((name, self.value(depth)?));
            if self.ends(b'}')? {
                break;
            }
        }
        if !names_differ(&members) {
            return Err(JsonError {
                expected: Expected::UniqueNames,
                offset: start,
            });
        }
        Ok(Value::Object(members))
    }

    fn array(&mut self, depth: u8) -> Result<Value, JsonError> {
        let mut elements = Vec::new();
        self.skip(1);
        if self.peek_token() == Some(b']') {
            self.skip(1);
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value(depth)?);
            if self.ends(b']')? {
                return Ok(Value::Array(elements));
            }
        }
    }

    /// Behind a member or an element: `,`, or the end.
    fn ends(&mut self, end: u8) -> Result<bool, JsonError> {
        match self.peek_token() {
            Some(b',') => {
                self.skip(1);
                Ok(false)
            }
            Some(byte) if byte == end => {
                self.skip(1);
                Ok(true)
            }
            _ => Err(self.expected(Expected::CommaOrEnd)),
        }
    }

    fn literal(&mut self, name: &str, value: Value) -> Result<Value, JsonError> {
        if !self.rest().starts_with(name.as_bytes()) {
            return Err(self.expected(Expected::Value));
        }
        self.skip(name.len());
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let len = self.rest().iter().take_while(|byte| is_part(byte)).count();
        let number = self.ahead(len).and_then(Number::parse);
        let number = number.ok_or_else(|| self.expected(Expected::Number))?;
        self.skip(len);
        Ok(Value::Number(number))
    }

    /// Reads what follows the opening quote, and the closing one.
    fn string(&mut self) -> Result<String, JsonError> {
        let mut text = self.plain().to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.skip(1);
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.expected(Expected::NoControlCharacter)),
                None => return Err(self.expected(Expected::Quote)),
            }
            text.push_str(self.plain());
        }
    }

    /// Reads the characters that stand for themselves.
    fn plain(&mut self) -> &'a str {
        let rest = self.rest();
        let len = find_word(rest, |word| {
            word.equal(b'"').or(word.equal(b'\\')).or(word.below(0x20))
        });
        let (start, len) = (self.at, len.unwrap_or(rest.len()));
        self.skip(len);
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Reads an escape, whose `\` comes next.
    fn escape(&mut self) -> Result<char, JsonError> {
        let wrong = self.expected(Expected::Escape);
        self.skip(1);
        let letter = self.peek().ok_or(wrong)?;
        let character = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.skip(1);
                return self.code_point(wrong);
            }
            _ => return Err(wrong),
        };
        self.skip(1);
        Ok(character)
    }

    /// Reads what follows `\u`, and the second of two surrogates.
    fn code_point(&mut self, wrong: JsonError) -> Result<char, JsonError> {
        let lone = JsonError {
            expected: Expected::SurrogatePair,
            offset: wrong.offset,
        };
        let first = self.code_unit().ok_or(wrong)?;
        let second = match first {
            0xd800..=0xdbff if self.rest().starts_with(b"\\u") => {
                self.skip(2);
                Some(self.code_unit().ok_or(wrong)?)
            }
            _ => None,
        };
        let units = [first, second.unwrap_or_default()];
        let len = if second.is_some() { 2 } else { 1 };
        let mut characters = char::decode_utf16(units.into_iter().take(len));
        match (characters.next(), characters.next()) {
            (Some(Ok(character)), None) => Ok(character),
            _ => Err(lone),
        }
    }

    /// Reads four hexadecimal digits.
    fn code_unit(&mut self) -> Option<u16> {
        let digits = self.ahead(4)?;
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.skip(4);
        u16::from_str_radix(digits, 16).ok()
    }

    /// Reads one byte behind white space.
    fn take(&mut self, byte: u8, expected: Expected) -> Result<(), JsonError> {
        if self.peek_token() != Some(byte) {
            return Err(self.expected(expected));
        }
        self.skip(1);
        Ok(())
    }

    /// The next byte behind white space, which is skipped.
    fn peek_token(&mut self) -> Option<u8> {
        loop {
            let next = self.peek()?;
            if !matches!(next, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(next);
            }
            self.skip(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next `len` bytes, if they are there and characters.
    fn ahead(&self, len: usize) -> Option<&'a str> {
        self.text.get(self.at..)?.get(..len)
    }

    fn skip(&mut self, len: usize) {
        self.at = self.at.saturating_add(len);
    }

    fn expected(&self, expected: Expected) -> JsonError {
        JsonError {
            expected,
            offset: self.at,
        }
    }
}

/// Whether no two members share a name: each with each when they are few, which
/// is fastest; sorted when they are many, since a stranger may write thousands.
fn names_differ(members: &[(String, Value)]) -> bool {
    const FEW: usize = 16;
    if members.len() <= FEW {
        let mut rest = members;
        while let Some(((name, _), others)) = rest.split_first() {
            if others
                .iter()
                .any(|(other, _)| equal(other.as_bytes(), name.as_bytes()))
            {
                return false;
            }
            rest = others;
        }
        return true;
    }
    // A heap: sorting a slice takes some 6 KiB of a module for each type.
    let names: BinaryHeap<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.into_sorted_vec();
    names.is_sorted_by(|one, next| one != next)
}
