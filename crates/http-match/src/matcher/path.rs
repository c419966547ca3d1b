//! Paths.

use std::fmt;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::expression::Expression;
use crate::limits::LONGEST_LITERAL;
use crate::normal_path::{NormalPath, normalise_path};
use crate::truth::Truth;
use crate::{PathMatchConfig, Undecided};

/// What one reading of a path is compared with. Letter case counts.
#[derive(Debug)]
pub(super) enum PathPattern {
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
        match (config.exact.0, config.prefix.0, config.regex.0) {
            (Some(path), None, None) => {
                let path = compiler.check(check(path), &at.field("exact"))?;
                Some(Self::Exact(path.into()))
            }
            (None, Some(path), None) => {
                let path = compiler.check(check(path), &at.field("prefix"))?;
                let path = path.strip_suffix(b"/").unwrap_or(&path);
                Some(Self::Prefix(path.into()))
            }
            (None, None, Some(pattern)) => {
                let at = at.field("regex");
                Expression::compile(compiler, &pattern, false, &at).map(Self::Expression)
            }
            _ => {
                compiler.problem(at, "expected exactly one of exact, prefix, regex");
                None
            }
        }
    }

    pub(super) fn matches(&self, path: &[u8]) -> Truth {
        match self {
            Self::Exact(known) => Ok(path == &**known),
            Self::Prefix(known) => Ok(path
                .strip_prefix(&**known)
                .is_some_and(|behind| behind.is_empty() || behind.starts_with(b"/"))),
            Self::Expression(expression) => {
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
