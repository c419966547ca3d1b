//! The header map of one message, read once.

use std::fmt;

use crate::names::HeaderNames;
use gatepost_bytes::equal_ignoring_case;

/// The headers of one request: one buffer, and where in it each name and value
/// stands. Values are bytes, not text; a repeated header keeps all its values.
///
/// Names are compared without regard to ASCII case. Pseudo-headers (`:path`)
/// are entries like any other, but nothing removes them.
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
struct Entry {
    name: Span,
    value: Span,
}

/// Where headers stand in a buffer that somebody else has filled: names and values in
/// turn, each with one byte behind it.
#[derive(Debug)]
pub struct Layout {
    entries: Vec<Entry>,
    end: usize,
    has_empty_name: bool,
}

/// A range of the buffer or of a part of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    start: usize,
    end: usize,
}

/// Why bytes and a layout are no header map. Whoever read the map is at fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeadersError {
    /// One lies outside of the buffer.
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

    /// A map over a buffer that somebody else has filled; nothing is copied.
    ///
    /// # Errors
    /// When the buffer ends before the last header does, or a name is empty.
    #[inline]
    pub fn laid_out(bytes: Vec<u8>, layout: Layout) -> Result<Self, HeadersError> {
        // Each stands behind the one before, so if the last is inside, all are.
        if layout.end > bytes.len().saturating_add(1) {
            return Err(HeadersError::OutOfRange);
        }
        if layout.has_empty_name {
            return Err(HeadersError::EmptyName);
        }
        let entries = layout.entries;
        Ok(Self { bytes, entries })
    }

    /// All names and values in order, pseudo-headers included.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries
            .iter()
            .map(|entry| (self.slice(entry.name), self.slice(entry.value)))
    }

    /// All values of the header `name`, in order.
    #[inline]
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.entries
            .iter()
            .filter(move |entry| entry.is_named(name, &self.bytes))
            .map(|entry| self.slice(entry.value))
    }

    /// The first value of the header `name`. For a decision use
    /// [`all`](Self::all) or [`single`](Self::single).
    #[must_use]
    #[inline]
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
    #[inline]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the header `name` one value: the first of its entries gets it, the
    /// others are removed. Whether there was one.
    #[inline]
    pub fn set(&mut self, name: &str, value: &[u8]) -> bool {
        let span = self.store(value);
        let bytes = &self.bytes;
        let mut found = false;
        self.entries.retain_mut(|entry| {
            if !entry.is_named(name, bytes) {
                return true;
            }
            entry.value = span;
            !std::mem::replace(&mut found, true)
        });
        if !found {
            let name = self.store(name.as_bytes());
            self.entries.push(Entry { name, value: span });
        }
        found
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

    /// The ordinary headers with any of these names, in every spelling, in order.
    #[inline]
    pub fn spelled(&self, names: &HeaderNames) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries
            .iter()
            .filter(move |entry| entry.is_spelled(names, &self.bytes))
            .map(|entry| (self.slice(entry.name), self.slice(entry.value)))
    }

    /// Removes the ordinary headers with any of these names, in every spelling, and
    /// tells `removed` the name of each as it was spelled. This hides what a client
    /// must not set. Pseudo-headers stay.
    #[inline]
    pub fn remove_spelled(&mut self, names: &HeaderNames, removed: impl FnMut(&[u8])) {
        self.remove(|entry, bytes| entry.is_spelled(names, bytes), removed);
    }

    /// Removes the ordinary header `name`; see [`remove_spelled`](Self::remove_spelled).
    #[inline]
    pub fn remove_named(&mut self, name: &str, removed: impl FnMut(&[u8])) {
        let is_it =
            |entry: &Entry, bytes: &[u8]| entry.is_named(name, bytes) && !entry.is_pseudo(bytes);
        self.remove(is_it, removed);
    }

    #[inline]
    fn remove(
        &mut self,
        is_removed: impl Fn(&Entry, &[u8]) -> bool,
        mut removed: impl FnMut(&[u8]),
    ) {
        let bytes = &self.bytes;
        self.entries.retain(|entry| {
            let goes = is_removed(entry, bytes);
            if goes {
                removed(entry.name.of(bytes));
            }
            !goes
        });
    }

    /// Name and value of every pseudo-header, where they stand; valid as long as the
    /// map lives.
    #[inline]
    pub(crate) fn pseudo(&self) -> impl Iterator<Item = (&[u8], Span)> {
        self.entries
            .iter()
            .filter(|entry| entry.is_pseudo(&self.bytes))
            .map(|entry| (self.slice(entry.name), entry.value))
    }

    #[inline]
    pub(crate) fn slice(&self, span: Span) -> &[u8] {
        span.of(&self.bytes)
    }

    #[inline]
    fn store(&mut self, text: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        Span {
            start,
            end: self.bytes.len(),
        }
    }
}

impl Layout {
    /// No headers yet; the first one's name begins at `start`. There is room for
    /// `count`, and for a few that are set later.
    #[must_use]
    #[inline]
    pub fn new(start: usize, count: usize) -> Self {
        const SPARE: usize = 4;
        Self {
            entries: Vec::with_capacity(count.saturating_add(SPARE)),
            end: start,
            has_empty_name: false,
        }
    }

    /// The next headers: how long their names and values are.
    #[inline]
    pub fn extend(&mut self, lengths: impl Iterator<Item = (usize, usize)>) {
        let (mut end, mut has_empty_name) = (self.end, self.has_empty_name);
        self.entries.extend(lengths.map(|(name, value)| {
            has_empty_name |= name == 0;
            let name = Span::new(end, end.saturating_add(name));
            let start = name.end.saturating_add(1);
            let value = Span::new(start, start.saturating_add(value));
            end = value.end.saturating_add(1);
            Entry { name, value }
        }));
        (self.end, self.has_empty_name) = (end, has_empty_name);
    }
}

impl Entry {
    /// Most others have a name of another length, which tells at once.
    #[inline]
    fn is_named(&self, name: &str, bytes: &[u8]) -> bool {
        self.name.len() == name.len() && equal_ignoring_case(self.name.of(bytes), name.as_bytes())
    }

    #[inline]
    fn is_spelled(&self, names: &HeaderNames, bytes: &[u8]) -> bool {
        names.have_length(self.name.len())
            && names.contain(self.name.of(bytes))
            && !self.is_pseudo(bytes)
    }

    #[inline]
    fn is_pseudo(&self, bytes: &[u8]) -> bool {
        bytes.get(self.name.start) == Some(&b':')
    }
}

impl Span {
    pub(crate) const EMPTY: Self = Self { start: 0, end: 0 };

    #[inline]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    pub(crate) fn end(self) -> usize {
        self.end
    }

    #[inline]
    fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// The bytes at this span; nothing when it lies outside.
    #[inline]
    pub(crate) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
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
            Self::OutOfRange => "expected headers inside of the header buffer",
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
