//! What is wrong with a document, and where.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use crate::shown::{Named, Shown};

/// A structural error. Boxed, because every result of every type carries it.
#[derive(Debug)]
pub(crate) struct ReadError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    path: String,
    message: String,
    /// The same without anything of what was found, where the message shows some.
    discreet: Option<String>,
}

impl ReadError {
    /// The path from where reading began: `rules[0].name`; empty for the whole.
    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }

    /// What was expected.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    pub(super) fn inside_member(mut self, name: &str) -> Self {
        if !self.0.path.is_empty() && !self.0.path.starts_with('[') {
            self.0.path.insert(0, '.');
        }
        self.0.path.insert_str(0, name);
        self
    }

    pub(super) fn inside_element(self, index: usize) -> Self {
        self.inside_member(&format!("[{index}]"))
    }

    /// An object has a member too many.
    pub(super) fn another_member(name: &str) -> Self {
        Self::showing(
            format!("expected no member {}", Named(name)),
            "expected no other member".to_owned(),
        )
    }

    /// The error as it may be told of a place where a secret stands.
    pub(super) fn discreetly(mut self) -> Self {
        if let Some(discreet) = self.0.discreet.take() {
            self.0.message = discreet;
        }
        self
    }

    fn new(message: String) -> Self {
        Self(Box::new(Parts {
            path: String::new(),
            message,
            discreet: None,
        }))
    }

    fn showing(message: String, discreet: String) -> Self {
        let mut error = Self::new(message);
        error.0.discreet = Some(discreet);
        error
    }
}

impl Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::showing(
            format!("invalid type: {}, expected {expected}", Found(found)),
            format!("invalid type: {}, expected {expected}", KindOf(found)),
        )
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::showing(
            format!("invalid value: {}, expected {expected}", Found(found)),
            format!("invalid value: {}, expected {expected}", KindOf(found)),
        )
    }

    // What serde says of these shows the name as it stands, however long it is.
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::showing(
            format!("unknown variant {}, {}", Named(variant), OneOf(expected)),
            format!("unknown variant, {}", OneOf(expected)),
        )
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::showing(
            format!("unknown field {}, {}", Named(field), OneOf(expected)),
            format!("unknown field, {}", OneOf(expected)),
        )
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.path, self.0.message)
    }
}

impl std::error::Error for ReadError {}

/// What was found, as JSON names it. Fractions are not printed: the code that
/// prints a double is as large as this crate.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(truth) => write!(f, "boolean `{truth}`"),
            Unexpected::Unsigned(number) => write!(f, "integer `{number}`"),
            Unexpected::Signed(number) => write!(f, "integer `{number}`"),
            Unexpected::Float(_) => f.write_str("a number that is no integer in range"),
            Unexpected::Str(text) => write!(f, "string {}", Shown(text)),
            Unexpected::Unit | Unexpected::Option => f.write_str("null"),
            Unexpected::Seq => f.write_str("array"),
            Unexpected::Map => f.write_str("object"),
            Unexpected::UnitVariant => f.write_str("a variant without content"),
            Unexpected::Other(found) => f.write_str(found),
            _ => f.write_str("something else"),
        }
    }
}

/// The kind of what was found, and nothing of it.
struct KindOf<'a>(Unexpected<'a>);

impl fmt::Display for KindOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(_) => f.write_str("boolean"),
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => f.write_str("integer"),
            Unexpected::Str(_) => f.write_str("string"),
            found => Found(found).fmt(f),
        }
    }
}

/// The names that were expected.
struct OneOf(&'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("expected none"),
            [name] => write!(f, "expected `{name}`"),
            [one, other] => write!(f, "expected `{one}` or `{other}`"),
            [first, others @ ..] => {
                write!(f, "expected one of `{first}`")?;
                others.iter().try_for_each(|name| write!(f, ", `{name}`"))
            }
        }
    }
}
