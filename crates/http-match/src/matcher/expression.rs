//! Regular expressions.

use std::fmt;

use gatepost_config::FieldPath;
use regex_lite::{Regex, RegexBuilder};

use super::compile::Compiler;
use crate::limits::{LARGEST_EXPRESSION, LONGEST_EXPRESSION, LONGEST_SUBJECT};

/// An expression that the whole subject must meet, in linear time.
#[derive(Debug)]
pub(super) struct Expression(Regex);

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

    /// `None` when the subject is no UTF-8 or longer than 8 KiB: nothing can be
    /// said then, and its negation cannot be said either.
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
                .size_limit(LARGEST_EXPRESSION)
                .build()
                .map_err(ExpressionError::Refused)
        };
        // By itself first: `a)|(b` must not become two expressions.
        build(pattern)?;
        build(&format!(r"\A(?:{pattern})\z")).map(Self)
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
                "expected a regular expression of at most {LARGEST_EXPRESSION} bytes compiled: {error}"
            ),
        }
    }
}
