//! Texts: the values of headers, parameters, cookies, identities and claims.

use std::fmt;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::expression::Expression;
use super::field::Found;

use crate::limits::{LONGEST_LITERAL, LONGEST_NEEDLE, LONGEST_SUBJECT};
use crate::truth::{Truth, any};
use crate::{Given, OneOrMany, TextMatchConfig, Undecided};

/// Any of these tests; bytes, not characters, are compared.
#[derive(Debug)]
pub(super) struct Text {
    tests: Box<[Test]>,
    ignore_case: bool,
}

#[derive(Debug)]
enum Test {
    Exact(Box<[u8]>),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    Contains(Box<[u8]>),
    Expression(Expression),
}

/// A field that holds a test, and what it holds.
pub(super) struct TextTest {
    kind: Kind,
    values: OneOrMany<String>,
}

/// The tests of a text, by field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Exact,
    Prefix,
    Suffix,
    Contains,
    Regex,
}

/// Why a literal cannot be compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum LiteralError {
    /// Every value starts with, ends with and contains the empty text.
    Empty,
    TooLong(usize),
}

impl Text {
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: TextMatchConfig,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        let tests = TextTest::given([
            (Kind::Exact, config.exact),
            (Kind::Prefix, config.prefix),
            (Kind::Suffix, config.suffix),
            (Kind::Contains, config.contains),
            (Kind::Regex, config.regex),
        ]);
        match <[TextTest; 1]>::try_from(tests) {
            Ok([test]) => Some(Self::of_test(compiler, test, config.ignore_case, at)),
            Err(_) => {
                compiler.problem(
                    at,
                    "expected exactly one of exact, prefix, suffix, contains, regex",
                );
                None
            }
        }
    }

    pub(super) fn of_test(
        compiler: &mut Compiler,
        test: TextTest,
        ignore_case: bool,
        at: &FieldPath<'_>,
    ) -> Self {
        let at = at.field(test.kind.field());
        let kind = test.kind;
        let tests = match test.values {
            OneOrMany::One(value) => Test::compile(compiler, kind, &value, ignore_case, &at)
                .into_iter()
                .collect(),
            OneOrMany::Many(values) => compiler.list(values, &at, |compiler, value, at| {
                Test::compile(compiler, kind, &value, ignore_case, at)
            }),
        };
        Self { tests, ignore_case }
    }

    /// Whether the values are more than expressions may read. They count
    /// together, as if a byte stood between them: a field that is repeated, even
    /// without a value, must not buy more work.
    pub(super) fn cannot_read(&self, fields: &[Found<'_>]) -> bool {
        let values = fields.iter().flatten().flatten();
        let joined = values.fold(0_usize, |length, value| {
            length.saturating_add(value.len()).saturating_add(1)
        });
        joined.saturating_sub(1) > LONGEST_SUBJECT && self.is_expression()
    }

    /// Whether the tests are expressions, which read no more than
    /// [`LONGEST_SUBJECT`].
    pub(super) fn is_expression(&self) -> bool {
        matches!(*self.tests, [Test::Expression(_), ..])
    }

    /// Whether any test passes; `unreadable` is said of a text that an
    /// expression cannot read.
    pub(super) fn matches(&self, text: &[u8], unreadable: Undecided) -> Truth {
        any(self
            .tests
            .iter()
            .map(|test| test.passes(text, self.ignore_case).ok_or(unreadable)))
    }
}

impl TextTest {
    /// The tests that are given.
    pub(super) fn given<const N: usize>(
        fields: [(Kind, Given<OneOrMany<String>>); N],
    ) -> Vec<Self> {
        let test = |(kind, given): (Kind, Given<OneOrMany<String>>)| {
            given.0.map(|values| Self { kind, values })
        };
        fields.into_iter().filter_map(test).collect()
    }
}

impl Kind {
    fn field(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Suffix => "suffix",
            Self::Contains => "contains",
            Self::Regex => "regex",
        }
    }
}

impl Test {
    fn compile(
        compiler: &mut Compiler,
        kind: Kind,
        value: &str,
        ignore_case: bool,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        if kind == Kind::Regex {
            return Expression::compile(compiler, value, ignore_case, at).map(Self::Expression);
        }
        compiler.check(check(kind, value), at)?;
        let literal = value.as_bytes().into();
        Some(match kind {
            Kind::Exact | Kind::Regex => Self::Exact(literal),
            Kind::Prefix => Self::Prefix(literal),
            Kind::Suffix => Self::Suffix(literal),
            Kind::Contains => Self::Contains(literal),
        })
    }

    fn passes(&self, text: &[u8], ignore_case: bool) -> Option<bool> {
        let equal = |part: &[u8], literal: &[u8]| equal(part, literal, ignore_case);
        let part = |length: Option<usize>, is_end: bool| {
            let (start, end) = text.split_at_checked(length?)?;
            Some(if is_end { end } else { start })
        };
        Some(match self {
            Self::Exact(literal) => equal(text, literal),
            Self::Prefix(literal) => {
                part(Some(literal.len()), false).is_some_and(|start| equal(start, literal))
            }
            Self::Suffix(literal) => part(text.len().checked_sub(literal.len()), true)
                .is_some_and(|end| equal(end, literal)),
            Self::Contains(literal) => text
                .windows(literal.len().max(1))
                .any(|window| equal(window, literal)),
            Self::Expression(expression) => return expression.matches(text),
        })
    }
}

/// Whether the bytes are equal, ASCII letters without regard to case where that
/// is asked for.
pub(super) fn equal(part: &[u8], literal: &[u8], ignore_case: bool) -> bool {
    match ignore_case {
        true => part.eq_ignore_ascii_case(literal),
        false => gatepost_bytes::equal(part, literal),
    }
}

fn check(kind: Kind, value: &str) -> Result<(), LiteralError> {
    let longest = match kind {
        Kind::Contains => LONGEST_NEEDLE,
        _ => LONGEST_LITERAL,
    };
    if value.is_empty() && kind != Kind::Exact {
        Err(LiteralError::Empty)
    } else if value.len() > longest {
        Err(LiteralError::TooLong(longest))
    } else {
        Ok(())
    }
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("expected at least one character"),
            Self::TooLong(longest) => write!(f, "expected at most {longest} bytes"),
        }
    }
}
