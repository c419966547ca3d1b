//! The request target: path, query, and the readings of the path.

use crate::Undecided;
use crate::headers::Span;
use crate::limits::LONGEST_PATH;
use crate::normal_path::{NormalPath, is_plainly_normal, normalise_path};
use crate::query::split_path;

/// How a path is read: law 8 asks both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// `:path` up to `?` or `#`, which is what Envoy's router matches.
    Raw,
    /// Its normal form ([`normalise_path`]).
    Normalised,
}

/// `:path`, taken apart. Spans are ranges of its value.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: Span,
    query: Option<Span>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// CONNECT without a path, `OPTIONS *`: nothing that a path could match.
    NoPath,
    /// Raw and normalised are the same.
    Plain,
    Differs(Box<[u8]>),
    Disputed,
    /// `http://host/path`, which Envoy rewrites before any filter runs.
    Absolute,
    Unreadable,
    /// More than one, so that the query cannot be read either.
    Repeated,
}

impl Target {
    pub(crate) fn read(method: Option<&[u8]>, value: Option<&[u8]>) -> Self {
        let Some(value) = value else {
            return match method {
                Some(b"CONNECT") => Self::of_form(Form::NoPath),
                _ => Self::missing(),
            };
        };
        let (path, query, _) = split_path(value);
        let path = Span::new(0, path.len());
        Self {
            path,
            query: query.map(|query| behind(path, query.len())),
            form: Form::of(method, path.of(value)),
        }
    }

    /// The target of a request that has none, and must have one.
    pub(crate) fn missing() -> Self {
        Self::of_form(Form::Unreadable)
    }

    /// The target of a request that has more than one.
    pub(crate) fn repeated() -> Self {
        Self::of_form(Form::Repeated)
    }

    fn of_form(form: Form) -> Self {
        Self {
            path: Span::EMPTY,
            query: None,
            form,
        }
    }

    pub(crate) fn raw_path<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        self.path.of(value)
    }

    pub(crate) fn query<'v>(&self, value: &'v [u8]) -> Result<Option<&'v [u8]>, Undecided> {
        match self.form {
            Form::Repeated => Err(Undecided::UnreadablePath),
            _ => Ok(self.query.map(|span| span.of(value))),
        }
    }

    /// The path as it is read; nothing when the request has none.
    pub(crate) fn path<'v>(
        &'v self,
        value: &'v [u8],
        reading: Reading,
    ) -> Result<Option<&'v [u8]>, Undecided> {
        match (&self.form, reading) {
            (Form::NoPath, _) => Ok(None),
            (Form::Plain, _) | (Form::Differs(_) | Form::Disputed, Reading::Raw) => {
                Ok(Some(self.raw_path(value)))
            }
            (Form::Differs(normal), Reading::Normalised) => Ok(Some(normal)),
            (Form::Disputed, Reading::Normalised) | (Form::Absolute, _) => {
                Err(Undecided::AmbiguousPath)
            }
            (Form::Unreadable | Form::Repeated, _) => Err(Undecided::UnreadablePath),
        }
    }

    pub(crate) fn readings_differ(&self) -> bool {
        matches!(self.form, Form::Differs(_) | Form::Disputed)
    }
}

impl Form {
    fn of(method: Option<&[u8]>, path: &[u8]) -> Self {
        if path == b"*" && method == Some(b"OPTIONS") {
            return Self::NoPath;
        }
        if path.len() > LONGEST_PATH {
            return Self::Unreadable;
        }
        if path.starts_with(b"/") && is_plainly_normal(path) {
            // Which is visible ASCII, too.
            return Self::Plain;
        }
        if !path.iter().all(u8::is_ascii_graphic) {
            return Self::Unreadable;
        }
        if !path.starts_with(b"/") {
            let is_absolute = path.windows(3).any(|window| window == b"://");
            return if is_absolute {
                Self::Absolute
            } else {
                Self::Unreadable
            };
        }
        match normalise_path(path) {
            NormalPath::Same => Self::Plain,
            NormalPath::Differs(normal) => Self::Differs(normal.into()),
            NormalPath::Disputed => Self::Disputed,
        }
    }
}

/// The span of that many bytes behind the `?` that ends the path.
fn behind(path: Span, length: usize) -> Span {
    let start = path.end().saturating_add(1);
    Span::new(start, start.saturating_add(length))
}
