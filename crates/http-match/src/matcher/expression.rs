//! Regular expressions.

use std::fmt;

use gatepost_config::FieldPath;
use regex_lite::{Regex, RegexBuilder};

use super::compile::Compiler;
use crate::limits::{LONGEST_EXPRESSION, LONGEST_SUBJECT, MOST_STATES};

/// An expression that the whole subject must meet; `.` is any character, a line
/// break too. The time is the length of the subject times the states of the
/// expression, and both are limited.
#[derive(Debug)]
pub(super) struct Expression(Regex);

/// What a state takes, in bytes, with the width of pointers: so the same
/// expressions are taken on every target, but for those next to the limit.
const STATE: usize = size_of::<[usize; 4]>();

/// Why a text is no expression that is taken.
#[derive(Debug)]
enum ExpressionError {
    TooLong,
    /// Bad syntax, or larger than the limit once compiled.
    Refused(regex_lite::Error),
}

impl Expression {
    pub(super) fn compile(
        compiler: &mut Compiler,
        pattern: &str,
        ignore_case: bool,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        if !compiler.count_expression(at) {
            return None;
        }
        compiler.check(Self::parse(pattern, ignore_case), at)
    }

    /// `None` when the subject is no UTF-8 or longer than
    /// [`LONGEST_SUBJECT`]: nothing can be said then, and its negation cannot
    /// be said either.
    pub(super) fn matches(&self, subject: &[u8]) -> Option<bool> {
        if subject.len() > LONGEST_SUBJECT {
            return None;
        }
        let subject = std::str::from_utf8(subject).ok()?;
        Some(self.0.is_match(subject))
    }

    fn parse(pattern: &str, ignore_case: bool) -> Result<Self, ExpressionError> {
        if pattern.len() > LONGEST_EXPRESSION {
            return Err(ExpressionError::TooLong);
        }
        let build = |pattern: &str| {
            RegexBuilder::new(pattern)
                .case_insensitive(ignore_case)
                .dot_matches_new_line(true)
                .size_limit(MOST_STATES.saturating_mul(STATE))
                .build()
                .map_err(ExpressionError::Refused)
        };
        // By itself first: `a)|(b` must not become two expressions.
        build(pattern)?;
        // In the mode `x` the end of the wrapper could stand in a comment
        // (`(?x)a #b`): then the line break, which is no part of the expression
        // in that mode, ends the comment.
        build(&format!(r"\A(?:{pattern})\z"))
            .or_else(|_| build(&format!("\\A(?:{pattern}\n)\\z")))
            .map(Self)
    }
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => {
                write!(
                    f,
                    "expected an expression of at most {LONGEST_EXPRESSION} bytes"
                )
            }
            Self::Refused(error) => write!(
                f,
                "expected a regular expression of at most {MOST_STATES} states: {error}; a \
                 character is one, a class two, and what is repeated counts each time"
            ),
        }
    }
}
