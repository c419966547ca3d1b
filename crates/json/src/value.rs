//! A JSON value.

use gatepost_bytes::equal;

use crate::{Number, push_json_string};

/// A JSON value. What [`parse`](crate::parse) returns takes at most some 50
/// times the memory of its text, and about twice for ordinary documents.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; integers are exact.
    Number(Number),
    /// Text, any character allowed, NUL too.
    String(String),
    /// Values in order.
    Array(Vec<Self>),
    /// Members in document order. [`parse`](crate::parse) refuses members of one
    /// name; of a value from elsewhere, matchers look at all of them.
    Object(Vec<(String, Self)>),
}

impl Value {
    /// The first member `name` of an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        let is_it = |known: &str| equal(known.as_bytes(), name.as_bytes());
        let (_, value) = self.as_object()?.iter().find(|(known, _)| is_it(known))?;
        Some(value)
    }

    /// The truth of a boolean.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// A number.
    #[must_use]
    pub const fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value as JSON text without white space. [`parse`](crate::parse) makes
    /// an equal value of it, if no two members share a name. It recurses as deep
    /// as the value is.
    #[must_use]
    pub fn write(&self) -> String {
        let mut json = String::new();
        self.push_to(&mut json);
        json
    }

    fn push_to(&self, json: &mut String) {
        match self {
            Self::Null => json.push_str("null"),
            Self::Bool(true) => json.push_str("true"),
            Self::Bool(false) => json.push_str("false"),
            Self::Number(number) => json.push_str(&number.to_string()),
            Self::String(text) => push_json_string(json, text),
            Self::Array(elements) => {
                json.push('[');
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    element.push_to(json);
                }
                json.push(']');
            }
            Self::Object(members) => {
                json.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        json.push(',');
                    }
                    push_json_string(json, name);
                    json.push(':');
                    value.push_to(json);
                }
                json.push('}');
            }
        }
    }
}
