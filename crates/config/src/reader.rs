//! From JSON text to raw types, with the path of what is wrong.
//!
//! `serde_json` has judged the text before: this only walks over what is known
//! to be JSON. Its own deserializer would do that too, but it is compiled anew
//! for every type (90 KiB of a module), takes an array for a struct, and knows
//! no paths.

mod access;
mod error;
mod text;

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{Error, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use self::access::{Elements, Members, OneMember};
pub(crate) use self::error::ReadError;

/// The deepest nesting of objects and arrays.
const DEEPEST: usize = 128;

/// The name under which a type asks for a value as it stands, unread.
pub(crate) const UNREAD: &str = "gatepost::Part";

/// The name under which a type asks that errors show nothing of what was found.
pub(crate) const DISCREET: &str = "gatepost::discreetly";

/// A place in a JSON text. Reading a value moves it behind that value.
pub(crate) struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: usize,
}

/// A number, as narrow as it was written.
enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl<'de> Reader<'de> {
    /// At the start of a text that is one JSON value.
    pub(crate) fn new(text: &'de str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// Goes into an object or array, if one starts here.
    fn open(&mut self, bracket: u8, expected: &dyn Expected) -> Result<(), ReadError> {
        if self.peek() != bracket {
            return Err(self.unexpected(expected));
        }
        if self.depth >= DEEPEST {
            return Err(ReadError::custom("expected at most 128 levels"));
        }
        self.depth = self.depth.saturating_add(1);
        self.step();
        Ok(())
    }

    /// Goes to the next member or element of what is open; false at its end,
    /// which is left then.
    fn next(&mut self, closing: u8) -> bool {
        if self.peek() == b',' {
            self.step();
        }
        if self.peek() != closing {
            return true;
        }
        self.depth = self.depth.saturating_sub(1);
        self.step();
        false
    }

    fn string(&mut self, expected: &dyn Expected) -> Result<Cow<'de, str>, ReadError> {
        if self.peek() != b'"' {
            return Err(self.unexpected(expected));
        }
        let raw = self.slice(text::string_len);
        text::unescape(raw).ok_or_else(|| {
            ReadError::custom(r"expected pairs of surrogates in `\u` escapes, found one alone")
        })
    }

    fn number(&mut self, expected: &dyn Expected) -> Result<Number, ReadError> {
        if !matches!(self.peek(), b'-' | b'0'..=b'9') {
            return Err(self.unexpected(expected));
        }
        let digits = self.slice(text::number_len);
        if let Ok(number) = digits.parse() {
            return Ok(Number::Unsigned(number));
        }
        if let Ok(number) = digits.parse::<i64>() {
            // `-0` is no negative number.
            return Ok(u64::try_from(number).map_or(Number::Signed(number), Number::Unsigned));
        }
        text::double(digits).map(Number::Float).ok_or_else(|| {
            ReadError::custom("expected a number of at most 15 digits, and an exponent up to 22")
        })
    }

    fn boolean(&mut self, expected: &dyn Expected) -> Result<bool, ReadError> {
        match self.peek() {
            b't' | b'f' => Ok(self.slice(text::word_len) == "true"),
            _ => Err(self.unexpected(expected)),
        }
    }

    fn null(&mut self, expected: &dyn Expected) -> Result<(), ReadError> {
        if self.peek() != b'n' {
            return Err(self.unexpected(expected));
        }
        self.slice(text::word_len);
        Ok(())
    }

    /// What stands here instead of `expected`.
    fn unexpected(&mut self, expected: &dyn Expected) -> ReadError {
        match self.peek() {
            b'{' => ReadError::invalid_type(Unexpected::Map, expected),
            b'[' => ReadError::invalid_type(Unexpected::Seq, expected),
            b'n' => ReadError::invalid_type(Unexpected::Unit, expected),
            b'"' => match self.string(expected) {
                Ok(text) => ReadError::invalid_type(Unexpected::Str(&text), expected),
                Err(error) => error,
            },
            b't' | b'f' => match self.boolean(expected) {
                Ok(truth) => ReadError::invalid_type(Unexpected::Bool(truth), expected),
                Err(error) => error,
            },
            b'-' | b'0'..=b'9' => match self.number(expected) {
                Ok(number) => ReadError::invalid_type(number.as_unexpected(), expected),
                Err(error) => error,
            },
            _ => ReadError::custom("expected JSON"),
        }
    }

    /// The value here as it stands, unread.
    fn unread(&mut self) -> &'de str {
        self.peek();
        self.slice(text::value_len)
    }

    /// The part of the text that `len` measures from here.
    fn slice(&mut self, len: fn(&[u8]) -> usize) -> &'de str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let len = len(rest.as_bytes());
        self.at = self.at.saturating_add(len);
        rest.get(..len).unwrap_or_default()
    }

    /// The next byte behind white space; 0, which JSON text does not hold, at
    /// the end.
    fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at).copied() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return byte;
            }
            self.step();
        }
        0
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }
}

impl Number {
    fn as_unexpected(&self) -> Unexpected<'static> {
        match self {
            Self::Unsigned(number) => Unexpected::Unsigned(*number),
            Self::Signed(number) => Unexpected::Signed(*number),
            Self::Float(number) => Unexpected::Float(*number),
        }
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Unsigned(number) => visitor.visit_u64(number),
            Self::Signed(number) => visitor.visit_i64(number),
            Self::Float(number) => visitor.visit_f64(number),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.peek() {
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'"' => self.deserialize_str(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let truth = self.boolean(&visitor)?;
        visitor.visit_bool(truth)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.number(&visitor)?.visit(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let text = self.string(&visitor)?;
        visitor.visit_str(&text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.peek() == b'n' {
            self.null(&visitor)?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.null(&visitor)?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if name == UNREAD {
            return visitor.visit_borrowed_str(self.unread());
        }
        let value = visitor.visit_newtype_struct(self);
        match name {
            DISCREET => value.map_err(ReadError::discreetly),
            _ => value,
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.open(b'[', &visitor)?;
        let mut elements = Elements::of(self);
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.open(b'{', &visitor)?;
        let mut members = Members::of(self);
        let value = visitor.visit_map(&mut members)?;
        members.end()?;
        Ok(value)
    }

    /// An object: an array would do for other readers.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_map(visitor)
    }

    /// `"variant"`, or `{"variant": content}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if self.peek() != b'{' {
            let variant = self.string(&visitor)?;
            return visitor.visit_enum(StrDeserializer::new(&variant));
        }
        self.open(b'{', &visitor)?;
        visitor.visit_enum(OneMember::of(self))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.unread();
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char bytes byte_buf unit_struct tuple
        tuple_struct
    }
}
