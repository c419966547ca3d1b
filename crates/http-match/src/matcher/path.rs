//! Paths.

use std::fmt;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::expression::Expression;
use super::text::equal;
use crate::limits::LONGEST_LITERAL;
use crate::normal_path::{NormalPath, normalise_path};
use crate::truth::Truth;
use crate::{PathMatchConfig, Undecided};

/// What one reading of a path is compared with.
#[derive(Debug)]
pub(super) struct PathPattern {
    test: Test,
    ignore_case: bool,
}

#[derive(Debug)]
enum Test {
    Exact(Box<[u8]>),
    /// Without a trailing slash.
    Prefix(Box<[u8]>),
    Expression(Expression),
}

/// Why a configured path cannot be compared with the paths of requests.
#[derive(Debug)]
enum PathError {
    NoSlash,
    TooLong,
    /// Spaces, control characters and what is beyond ASCII must be encoded.
    NotVisible,
    /// Query and fragment are no part of the path.
    QueryOrFragment,
    /// Servers read it in different ways; this is the form to write.
    NotNormal(Vec<u8>),
    Disputed,
}

impl PathPattern {
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: PathMatchConfig,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        let ignore_case = config.ignore_case;
        let test = match (config.exact.0, config.prefix.0, config.regex.0) {
            (Some(path), None, None) => {
                let path = compiler.check(check(path), &at.field("exact"))?;
                Test::Exact(path.into())
            }
            (None, Some(path), None) => {
                let path = compiler.check(check(path), &at.field("prefix"))?;
                let path = path.strip_suffix(b"/").unwrap_or(&path);
                Test::Prefix(path.into())
            }
            (None, None, Some(pattern)) => {
                let at = at.field("regex");
                Test::Expression(Expression::compile(compiler, &pattern, ignore_case, &at)?)
            }
            _ => {
                compiler.problem(at, "expected exactly one of exact, prefix, regex");
                return None;
            }
        };
        Some(Self { test, ignore_case })
    }

    pub(super) fn matches(&self, path: &[u8]) -> Truth {
        match &self.test {
            Test::Exact(known) => Ok(equal(path, known, self.ignore_case)),
            Test::Prefix(known) => {
                let parts = path.split_at_checked(known.len());
                Ok(parts.is_some_and(|(start, behind)| {
                    (behind.is_empty() || behind.starts_with(b"/"))
                        && equal(start, known, self.ignore_case)
                }))
            }
            Test::Expression(expression) => {
                expression.matches(path).ok_or(Undecided::UnreadablePath)
            }
        }
    }
}

fn check(path: String) -> Result<Vec<u8>, PathError> {
    let path = path.into_bytes();
    if !path.starts_with(b"/") {
        return Err(PathError::NoSlash);
    }
    if path.len() > LONGEST_LITERAL {
        return Err(PathError::TooLong);
    }
    if !path.iter().all(u8::is_ascii_graphic) {
        return Err(PathError::NotVisible);
    }
    if path.iter().any(|byte| matches!(byte, b'?' | b'#')) {
        return Err(PathError::QueryOrFragment);
    }
    match normalise_path(&path) {
        NormalPath::Same => Ok(path),
        NormalPath::Differs(normal) => Err(PathError::NotNormal(normal)),
        NormalPath::Disputed => Err(PathError::Disputed),
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlash => f.write_str("expected a path that starts with `/`"),
            Self::TooLong => write!(f, "expected a path of at most {LONGEST_LITERAL} bytes"),
            Self::NotVisible => {
                f.write_str("expected visible ASCII, with everything else percent-encoded")
            }
            Self::QueryOrFragment => {
                f.write_str("expected a path without `?` and `#`; parameters go under `query`")
            }
            Self::NotNormal(normal) => write!(
                f,
                "expected the path in its normal form, `{}`; other spellings of it need a regex",
                normal.escape_ascii()
            ),
            Self::Disputed => f.write_str(
                "expected a path that every server reads in the same way; others need a regex",
            ),
        }
    }
}
