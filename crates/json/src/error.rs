//! Why a text is no JSON value that one may rely on.

use std::fmt;

/// What was expected, and where. It is the writer's fault; nothing of the text
/// is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct JsonError {
    /// What the text should have had there.
    pub expected: Expected,
    /// How many bytes stand before that place. For members of one name it is
    /// where their object begins.
    pub offset: usize,
}

/// What a strict reader expects of a text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// Not more than this many bytes ([`Limits::max_bytes`](crate::Limits)).
    AtMostBytes(usize),
    /// Not more than this many arrays and objects inside each other
    /// ([`Limits::max_depth`](crate::Limits)).
    AtMostDeep(u8),
    /// Well-formed UTF-8 (RFC 8259 8.1).
    Utf8,
    /// A value.
    Value,
    /// A name between quotes.
    Name,
    /// `:` behind a name.
    Colon,
    /// `,` or the end of the array or object.
    CommaOrEnd,
    /// Nothing: the value is complete.
    End,
    /// The quote that ends a string.
    Quote,
    /// A control character written as an escape.
    NoControlCharacter,
    /// One of the escapes of RFC 8259 7.
    Escape,
    /// Two surrogates that make one character.
    SurrogatePair,
    /// A number (RFC 8259 6) that a double can hold, and that is an integer of
    /// 128 bits or has at most 19 digits between the zeros around them.
    Number,
    /// Members of different names. RFC 7515 4 and 7519 4 let a reader take the
    /// last one; the next reader takes the first.
    UniqueNames,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at byte {}", self.expected, self.offset)
    }
}

impl std::error::Error for JsonError {}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMostBytes(most) => return write!(f, "at most {most} bytes of JSON, not more"),
            Self::AtMostDeep(most) => return write!(f, "at most {most} levels of JSON, not more"),
            Self::Utf8 => "UTF-8",
            Self::Value => "a JSON value",
            Self::Name => "a member name between quotes",
            Self::Colon => "`:`",
            Self::CommaOrEnd => "`,` or the end of the array or object",
            Self::End => "the end of the JSON text",
            Self::Quote => "the end of a string",
            Self::NoControlCharacter => "an escape in place of a control character",
            Self::Escape => "an escape of RFC 8259",
            Self::SurrogatePair => "a pair of surrogates",
            Self::Number => {
                "a JSON number within the range of a double, of at most 19 digits or an integer"
            }
            Self::UniqueNames => "an object whose member names differ",
        })
    }
}
