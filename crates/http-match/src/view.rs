//! One request, read once.

use std::cell::OnceCell;

use crate::authority::{Authority, Host};
use crate::headers::Span;
use crate::target::{Reading, Target};
use crate::{Facts, HeaderNames, Headers, Undecided};
use gatepost_bytes::equal_ignoring_case;

/// What filters see of a request: its headers, its target taken apart, and what
/// filters before them learned.
///
/// Method, host, path and query are those with which the request reached the
/// chain (law 8): a pending change of a pseudo-header shows in
/// [`headers`](Self::headers), and changes no verdict.
#[derive(Debug, Default)]
pub struct RequestView {
    headers: Headers,
    facts: Facts,
    method: Pseudo,
    authority: Pseudo,
    path: Pseudo,
    // Taken apart when somebody asks: many rules ask for neither.
    host: OnceCell<Authority>,
    target: OnceCell<Target>,
}

/// A pseudo-header, as the request came with it.
#[derive(Clone, Copy, Debug, Default)]
struct Pseudo {
    /// Where the first value stands.
    first: Option<Span>,
    is_repeated: bool,
}

impl RequestView {
    /// The view of a request with these headers.
    #[must_use]
    pub fn new(headers: Headers) -> Self {
        let mut view = Self::default();
        view.read(headers);
        view
    }

    /// The view of a request whose headers nobody has read: that of one without
    /// any.
    #[must_use]
    #[inline]
    pub fn unread() -> Self {
        Self::default()
    }

    /// Takes in the headers of a request of which only facts were known.
    #[inline]
    pub fn read(&mut self, headers: Headers) {
        *self = Self {
            facts: std::mem::take(&mut self.facts),
            ..Self::default()
        };
        for (name, value) in headers.pseudo() {
            let pseudo = match name.len() {
                5 if equal_ignoring_case(name, b":path") => &mut self.path,
                7 if equal_ignoring_case(name, b":method") => &mut self.method,
                10 if equal_ignoring_case(name, b":authority") => &mut self.authority,
                _ => continue,
            };
            pseudo.is_repeated = pseudo.first.is_some();
            pseudo.first.get_or_insert(value);
        }
        self.headers = headers;
    }

    /// The headers as they now stand.
    #[must_use]
    #[inline]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Gives a header one value, for those who look later. Whether it had one.
    #[inline]
    pub fn set_header(&mut self, name: &str, value: &[u8]) -> bool {
        self.headers.set(name, value)
    }

    /// Removes ordinary headers; see [`Headers::remove_spelled`].
    #[inline]
    pub fn remove_spelled(&mut self, names: &HeaderNames, removed: impl FnMut(&[u8])) {
        self.headers.remove_spelled(names, removed);
    }

    /// Removes an ordinary header; see [`Headers::remove_named`].
    #[inline]
    pub fn remove_header(&mut self, name: &str, removed: impl FnMut(&[u8])) {
        self.headers.remove_named(name, removed);
    }

    /// What filters learned.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What filters learned, to learn more.
    pub fn facts_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }

    /// `:method`.
    #[must_use]
    #[inline]
    pub fn method(&self) -> Option<&[u8]> {
        self.value(self.method)
    }

    /// The host that the request names, without port and trailing dot.
    ///
    /// # Errors
    /// [`Undecided::UnreadableAuthority`] when `:authority` is missing or names
    /// no host.
    pub fn host(&self) -> Result<Host<'_>, Undecided> {
        let value = self.value(self.authority);
        let read = || match self.authority.is_repeated {
            true => Authority::Unreadable,
            false => Authority::read(value),
        };
        self.host.get_or_init(read).host(value.unwrap_or_default())
    }

    /// `:path` up to `?` or `#`, whatever bytes it holds; nothing when the
    /// request has no `:path`. For logs: a decision asks [`path`](Self::path).
    #[must_use]
    pub fn raw_path(&self) -> Option<&[u8]> {
        self.value(self.path)
            .map(|value| self.target().raw_path(value))
    }

    /// The path in one reading; nothing when the request is one without a path
    /// (CONNECT, `OPTIONS *`).
    ///
    /// # Errors
    /// When the path has no such reading.
    pub fn path(&self, reading: Reading) -> Result<Option<&[u8]>, Undecided> {
        self.target().path(self.path_value(), reading)
    }

    /// Whether the raw and the normalised reading of the path differ, or there
    /// is no one normalised reading.
    #[must_use]
    pub fn readings_differ(&self) -> bool {
        self.target().readings_differ()
    }

    /// What stands between `?` and `#`, still encoded.
    ///
    /// # Errors
    /// [`Undecided::UnreadablePath`] when the request has several `:path`.
    pub fn query(&self) -> Result<Option<&[u8]>, Undecided> {
        self.target().query(self.path_value())
    }

    fn target(&self) -> &Target {
        self.target.get_or_init(|| match self.path.is_repeated {
            true => Target::repeated(),
            false => Target::read(self.method(), self.value(self.path)),
        })
    }

    fn path_value(&self) -> &[u8] {
        self.value(self.path).unwrap_or_default()
    }

    #[inline]
    fn value(&self, pseudo: Pseudo) -> Option<&[u8]> {
        pseudo.first.map(|span| self.headers.slice(span))
    }
}
