//! One request, read once.

use crate::authority::{Authority, Host};
use crate::headers::{Repeated, Span};
use crate::target::{Reading, Target};
use crate::{Facts, Headers, Undecided};

/// What filters see of a request: its headers, its target taken apart, and what
/// filters before them learned.
///
/// Method, host, path and query are those with which the request reached the
/// chain (law 8): a pending change of a pseudo-header shows in
/// [`headers`](Self::headers), and changes no verdict.
#[derive(Debug)]
pub struct RequestView {
    headers: Headers,
    facts: Facts,
    method: Option<Span>,
    authority_value: Option<Span>,
    authority: Authority,
    path_value: Option<Span>,
    target: Target,
}

impl RequestView {
    /// The view of a request with these headers.
    #[must_use]
    pub fn new(headers: Headers) -> Self {
        let method = headers.span(":method");
        let authority_value = headers.span(":authority");
        let path_value = headers.span(":path");
        let slice = |span: Option<Span>| span.map(|span| headers.slice(span));
        let target = match headers.single(":path") {
            Ok(_) => Target::read(slice(method), slice(path_value)),
            Err(Repeated) => Target::repeated(),
        };
        let authority = match headers.single(":authority") {
            Ok(value) => Authority::read(value),
            Err(Repeated) => Authority::Unreadable,
        };
        Self {
            method,
            authority_value,
            authority,
            path_value,
            target,
            facts: Facts::default(),
            headers,
        }
    }

    /// The view of a request whose headers nobody has read: that of one without
    /// any.
    #[must_use]
    pub fn unread() -> Self {
        Self {
            headers: Headers::default(),
            facts: Facts::default(),
            method: None,
            authority_value: None,
            authority: Authority::Unreadable,
            path_value: None,
            target: Target::missing(),
        }
    }

    /// Takes in the headers of a request of which only facts were known.
    pub fn read(&mut self, headers: Headers) {
        let facts = std::mem::take(&mut self.facts);
        *self = Self::new(headers);
        self.facts = facts;
    }

    /// The headers as they now stand.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Gives a header one value, for those who look later.
    pub fn set_header(&mut self, name: &str, value: &[u8]) {
        self.headers.set(name, value);
    }

    /// Removes ordinary headers; see [`Headers::remove_matching`].
    pub fn remove_headers(&mut self, is_removed: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
        self.headers.remove_matching(is_removed)
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
    pub fn method(&self) -> Option<&[u8]> {
        self.method.map(|span| self.headers.slice(span))
    }

    /// The host that the request names, without port and trailing dot.
    ///
    /// # Errors
    /// [`Undecided::UnreadableAuthority`] when `:authority` is missing or names
    /// no host.
    pub fn host(&self) -> Result<Host<'_>, Undecided> {
        self.authority.host(self.value(self.authority_value))
    }

    /// `:path` up to `?` or `#`, whatever bytes it holds; nothing when the
    /// request has no `:path`. For logs: a decision asks [`path`](Self::path).
    #[must_use]
    pub fn raw_path(&self) -> Option<&[u8]> {
        self.path_value
            .map(|span| self.target.raw_path(self.headers.slice(span)))
    }

    /// The path in one reading; nothing when the request is one without a path
    /// (CONNECT, `OPTIONS *`).
    ///
    /// # Errors
    /// When the path has no such reading.
    pub fn path(&self, reading: Reading) -> Result<Option<&[u8]>, Undecided> {
        self.target.path(self.value(self.path_value), reading)
    }

    /// Whether the raw and the normalised reading of the path differ, or there
    /// is no one normalised reading.
    #[must_use]
    pub fn readings_differ(&self) -> bool {
        self.target.readings_differ()
    }

    /// What stands between `?` and `#`, still encoded.
    ///
    /// # Errors
    /// [`Undecided::UnreadablePath`] when the request has several `:path`.
    pub fn query(&self) -> Result<Option<&[u8]>, Undecided> {
        self.target.query(self.value(self.path_value))
    }

    fn value(&self, span: Option<Span>) -> &[u8] {
        span.map(|span| self.headers.slice(span))
            .unwrap_or_default()
    }
}
