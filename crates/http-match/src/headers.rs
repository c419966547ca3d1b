//! The header map of one message, read once.

use std::fmt;
use std::ops::Range;

/// The headers of one request: one buffer, and where in it each name and value
/// stands. Values are bytes, not text; a repeated header keeps all its values.
///
/// Names are compared without regard to ASCII case. Pseudo-headers (`:path`)
/// are entries like any other, but [`remove_matching`](Self::remove_matching)
/// never touches them.
///
/// Values are never split or joined. Envoy itself joins repeated lines of the
/// few headers that it knows by name (`accept`, `cookie`) before any filter
/// sees them.
#[derive(Clone, Default)]
pub struct Headers {
    /// Only ever grows, so spans into it stay valid.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// Where one header stands in the buffer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Entry {
    name: Span,
    value: Span,
}

/// A range of the buffer or of a part of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

/// Why bytes and ranges are no header map. Whoever read the map is at fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeadersError {
    /// A range lies outside of the buffer, or ends before it starts.
    OutOfRange,
    /// A header has no name.
    EmptyName,
}

/// A header that may stand once stands several times.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Repeated;

impl Headers {
    /// A map of headers with the given names and values, in this order.
    pub fn new<N, V>(headers: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: AsRef<[u8]>,
        V: AsRef<[u8]>,
    {
        let mut map = Self::default();
        for (name, value) in headers {
            map.append(name.as_ref(), value.as_ref());
        }
        map
    }

    /// A map over a buffer that somebody else has decoded; nothing is copied.
    ///
    /// # Errors
    /// When a range does not lie in `bytes`, or a name is empty.
    pub fn from_parts(bytes: Vec<u8>, entries: Vec<Entry>) -> Result<Self, HeadersError> {
        for entry in &entries {
            let name = bytes.get(entry.name.start..entry.name.end);
            let value = bytes.get(entry.value.start..entry.value.end);
            match (name, value) {
                (Some([]), Some(_)) => return Err(HeadersError::EmptyName),
                (Some(_), Some(_)) => {}
                _ => return Err(HeadersError::OutOfRange),
            }
        }
        Ok(Self { bytes, entries })
    }

    /// All names and values in order, pseudo-headers included.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries
            .iter()
            .map(|entry| (self.slice(entry.name), self.slice(entry.value)))
    }

    /// All values of the header `name`, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The first value of the header `name`. For a decision use
    /// [`all`](Self::all) or [`single`](Self::single).
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The value of a header that may stand only once.
    ///
    /// # Errors
    /// [`Repeated`] when it stands more than once, even with equal values.
    pub fn single(&self, name: &str) -> Result<Option<&[u8]>, Repeated> {
        let mut values = self.all(name);
        let value = values.next();
        match values.next() {
            None => Ok(value),
            Some(_) => Err(Repeated),
        }
    }

    /// `:method`.
    #[must_use]
    pub fn method(&self) -> Option<&[u8]> {
        self.first(":method")
    }

    /// `:scheme`.
    #[must_use]
    pub fn scheme(&self) -> Option<&[u8]> {
        self.first(":scheme")
    }

    /// `:authority`, which Envoy also makes of `Host`.
    #[must_use]
    pub fn authority(&self) -> Option<&[u8]> {
        self.first(":authority")
    }

    /// `:path` as it stands, with its query; absent for CONNECT.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        self.first(":path")
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the header `name` one value: the first of its entries gets it, the
    /// others are removed.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        let is_name = |known: &[u8]| known.eq_ignore_ascii_case(name.as_bytes());
        let span = self.store(value);
        let bytes = &self.bytes;
        let mut found = false;
        self.entries.retain_mut(|entry| {
            if !is_name(entry.name.of(bytes)) {
                return true;
            }
            entry.value = span;
            !std::mem::replace(&mut found, true)
        });
        if !found {
            let name = self.store(name.as_bytes());
            self.entries.push(Entry { name, value: span });
        }
    }

    /// Adds a header behind all others. A header without a name is none and is
    /// left out.
    pub fn append(&mut self, name: &[u8], value: &[u8]) {
        if name.is_empty() {
            return;
        }
        let name = self.store(name);
        let value = self.store(value);
        self.entries.push(Entry { name, value });
    }

    /// Removes every ordinary header whose name `is_removed`, and returns the
    /// names as they were spelled, each spelling once. Pseudo-headers stay.
    ///
    /// With [`owned_spelling`] this hides what a client must not set.
    pub fn remove_matching(&mut self, is_removed: impl Fn(&[u8]) -> bool) -> Vec<Vec<u8>> {
        let bytes = &self.bytes;
        let mut removed: Vec<Vec<u8>> = Vec::new();
        self.entries.retain(|entry| {
            let name = entry.name.of(bytes);
            if name.starts_with(b":") || !is_removed(name) {
                return true;
            }
            if !removed.iter().any(|known| known == name) {
                removed.push(name.to_vec());
            }
            false
        });
        removed
    }

    /// Where the first value of `name` stands; valid as long as the map lives.
    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.entries
            .iter()
            .find(|entry| self.slice(entry.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|entry| entry.value)
    }

    pub(crate) fn slice(&self, span: Span) -> &[u8] {
        span.of(&self.bytes)
    }

    fn store(&mut self, text: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        Span {
            start,
            end: self.bytes.len(),
        }
    }
}

impl Entry {
    /// A header whose name and value stand at these ranges of the buffer, in
    /// bytes. [`Headers::from_parts`] checks them.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)]
    pub fn new(name: Range<usize>, value: Range<usize>) -> Self {
        Self {
            name: Span::new(name.start, name.end),
            value: Span::new(value.start, value.end),
        }
    }
}

impl Span {
    pub(crate) const EMPTY: Self = Self { start: 0, end: 0 };

    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub(crate) fn end(self) -> usize {
        self.end
    }

    /// The bytes at this span; nothing when it lies outside.
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Whether `name` is a spelling of `owned`: letters compare without regard to
/// case and `_` counts as `-`, because servers that put headers into variables
/// (CGI, WSGI) cannot tell `x_sub` from `x-sub`.
#[must_use]
pub fn owned_spelling(name: &[u8], owned: &[u8]) -> bool {
    let fold = |byte: &u8| match byte {
        b'_' => b'-',
        other => other.to_ascii_lowercase(),
    };
    name.len() == owned.len() && name.iter().map(fold).eq(owned.iter().map(fold))
}

/// Names only: values may hold secrets.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for (name, _) in self.iter() {
            list.entry(&format_args!("{}", name.escape_ascii()));
        }
        list.finish()
    }
}

impl fmt::Display for HeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfRange => "expected the ranges of a header inside of the header buffer",
            Self::EmptyName => "expected a header name of at least one byte",
        })
    }
}

impl std::error::Error for HeadersError {}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the header once")
    }
}

impl std::error::Error for Repeated {}
