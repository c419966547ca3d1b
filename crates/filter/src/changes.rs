//! Header writes, kept together until the chain has decided (law 6).

use std::fmt;
use std::ops::Range;

/// The longest header value that we set, in bytes.
pub(crate) const LONGEST_VALUE: usize = 8 * 1024;

/// Pending changes of a header map: one entry, and so one call to the proxy, a
/// changed header.
#[derive(Debug, Default)]
pub struct Changes {
    /// Names and values, one behind the other: few requests change much, and one
    /// piece of memory is cheaper than one for each.
    text: Vec<u8>,
    pending: Vec<Pending>,
    /// The proxy's map may have more than anybody here has seen.
    is_in_doubt: bool,
}

/// What happens to all values of a header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change<'a> {
    /// It has none for certain, and gets this one: the proxy adds a header in half the
    /// time that it takes to replace one.
    Add(&'a [u8]),
    /// They become this one.
    Set(&'a [u8]),
    /// They go.
    Remove,
}

/// A piece of [`Changes::text`].
type Piece = Range<usize>;

/// What is to happen with one header.
#[derive(Debug)]
struct Pending {
    name: Piece,
    /// Its one value; nothing if it goes.
    value: Option<Piece>,
    /// Whether the client sent a copy of it that nobody may see.
    is_removed: bool,
    /// What is left of it when the rest may not be seen.
    shortened: Option<Piece>,
    /// Whether the proxy's map has it: what it has not needs no removal.
    is_there: bool,
}

/// What names and values of a usual request take, in bytes.
const USUAL: usize = 128;

impl Changes {
    /// Gives a header one value, in place of all that it had; `is_there` says
    /// whether it may have had any.
    ///
    /// # Errors
    /// When the value is none that HTTP can carry (RFC 9110 5.5), or longer
    /// than 8 KiB: Envoy would answer the whole request with 503.
    pub fn set(&mut self, name: &[u8], value: &[u8], is_there: bool) -> Result<(), Unsendable> {
        check_value(value)?;
        self.put(name, value, is_there);
        Ok(())
    }

    /// The same with a value that was checked.
    pub(crate) fn put(&mut self, name: &[u8], value: &[u8], is_there: bool) {
        let value = self.store(value);
        self.change(name, is_there, |pending| pending.value = Some(value));
    }

    /// Gives a header that is there a part of what it has; unchecked, as the proxy
    /// has taken the whole. Nobody may see the rest, also when the request is refused.
    pub(crate) fn shorten(&mut self, name: &[u8], value: &[u8]) {
        let value = self.store(value);
        self.change(name, true, |pending| {
            pending.value = Some(value.clone());
            pending.shortened = Some(value);
        });
    }

    /// Removes a header. Only for one that is there, in the map or by
    /// [`set`](Self::set): removing nothing makes Envoy select the route again
    /// all the same.
    pub fn remove(&mut self, name: &[u8]) {
        self.change(name, true, |pending| {
            pending.value = None;
            pending.is_removed = true;
        });
        // It was set by us only: nothing has to happen.
        self.pending
            .retain(|pending| pending.is_there || pending.value.is_some());
    }

    /// The changes, each header once.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Change<'_>)> {
        self.pending.iter().map(|pending| {
            let change = match &pending.value {
                Some(value) if !pending.is_there && !self.is_in_doubt => {
                    Change::Add(piece(&self.text, value))
                }
                Some(value) => Change::Set(piece(&self.text, value)),
                None => Change::Remove,
            };
            (piece(&self.text, &pending.name), change)
        })
    }

    /// From now on what is not known to be there may be there all the same: the headers
    /// could not be read, or the request has waited, and others could write meanwhile.
    pub(crate) fn doubt(&mut self) {
        self.is_in_doubt = true;
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Forgets all but what takes something away, that too over which a value was
    /// set since: a refused request is not forwarded, but access logs still show its
    /// headers.
    pub(crate) fn keep_removals(&mut self) {
        self.pending.retain_mut(|pending| {
            let rest = pending.shortened.take();
            pending.value = rest.filter(|_| !pending.is_removed);
            pending.value.is_some() || pending.is_removed
        });
    }

    /// Changes what is to happen with a header; `is_there` counts if nothing was to.
    fn change(&mut self, name: &[u8], is_there: bool, change: impl FnOnce(&mut Pending)) {
        let text = &self.text;
        let is_it = |known: &&mut Pending| piece(text, &known.name).eq_ignore_ascii_case(name);
        if let Some(known) = self.pending.iter_mut().find(is_it) {
            return change(known);
        }
        let is_there = is_there || is_one_of_the_proxy(name);
        let name = self.store(name);
        if let Some(name) = self.text.get_mut(name.clone()) {
            name.make_ascii_lowercase();
        }
        let mut pending = Pending {
            name,
            value: None,
            is_removed: false,
            shortened: None,
            is_there,
        };
        change(&mut pending);
        self.pending.push(pending);
    }

    fn store(&mut self, text: &[u8]) -> Piece {
        if self.text.is_empty() {
            self.text.reserve(text.len().max(USUAL));
        }
        let start = self.text.len();
        self.text.extend_from_slice(text);
        start..self.text.len()
    }
}

/// Whether the proxy's map may have a header under another name: Envoy takes `host` for
/// `:authority`.
fn is_one_of_the_proxy(name: &[u8]) -> bool {
    name.starts_with(b":") || name.eq_ignore_ascii_case(b"host")
}

fn piece<'t>(text: &'t [u8], piece: &Piece) -> &'t [u8] {
    text.get(piece.clone()).unwrap_or_default()
}

/// Why a value cannot be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unsendable {
    /// It holds a control character, such as CR, LF or NUL.
    ControlCharacter,
    /// It is longer than 8 KiB, or than the document allows.
    TooLong,
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlCharacter => "a header value holds a control character",
            Self::TooLong => "a header value is longer than 8 KiB, or than allowed",
        })
    }
}

impl std::error::Error for Unsendable {}

/// Whether HTTP can carry this value (RFC 9110 5.5), and Envoy takes it.
pub(crate) fn check_value(value: &[u8]) -> Result<(), Unsendable> {
    if value.len() > LONGEST_VALUE {
        return Err(Unsendable::TooLong);
    }
    let control = |byte: &u8| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f;
    if value.iter().any(control) {
        return Err(Unsendable::ControlCharacter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_changed_once_and_the_last_change_counts() {
        let mut changes = Changes::default();
        changes.set(b"X-Sub", b"alice", true).unwrap();
        changes.remove(b"x_sub");
        changes.set(b"x-sub", b"bob", true).unwrap();
        let all: Vec<_> = changes.iter().collect();
        assert_eq!(
            all,
            [
                (&b"x-sub"[..], Change::Set(b"bob")),
                (b"x_sub", Change::Remove)
            ]
        );
    }

    #[test]
    fn what_was_removed_stays_removed_when_the_request_is_refused() {
        let mut changes = Changes::default();
        changes.remove(b"x-sub");
        changes.set(b"x-sub", b"alice", false).unwrap();
        changes.set(b"x-other", b"1", true).unwrap();
        changes.keep_removals();
        assert_eq!(
            changes.iter().collect::<Vec<_>>(),
            [(&b"x-sub"[..], Change::Remove)]
        );
    }

    #[test]
    fn what_was_shortened_stays_short_when_the_request_is_refused() {
        let mut changes = Changes::default();
        changes.shorten(b":path", b"/?a=1");
        changes.set(b":path", b"/rewritten", true).unwrap();
        changes.shorten(b"cookie", b"a=1");
        changes.remove(b"cookie");
        changes.keep_removals();
        assert_eq!(
            changes.iter().collect::<Vec<_>>(),
            [
                (&b":path"[..], Change::Set(b"/?a=1")),
                (b"cookie", Change::Remove)
            ]
        );
    }

    #[test]
    fn what_is_not_there_is_added() {
        let mut changes = Changes::default();
        changes.set(b"x-new", b"1", false).unwrap();
        changes.set(b"x-new", b"2", true).unwrap();
        changes.remove(b"x-old");
        changes.set(b"x-old", b"1", false).unwrap();
        assert_eq!(
            changes.iter().collect::<Vec<_>>(),
            [
                (&b"x-new"[..], Change::Add(b"2")),
                (b"x-old", Change::Set(b"1"))
            ]
        );
    }

    #[test]
    fn what_may_be_there_is_replaced() {
        let mut changes = Changes::default();
        for name in [&b"Host"[..], b":scheme", b"x-new"] {
            changes.set(name, b"1", false).unwrap();
        }
        let known: Vec<_> = changes.iter().map(|(_, change)| change).collect();
        let set = Change::Set(b"1");
        assert_eq!(known, [set, set, Change::Add(b"1")]);
        changes.doubt();
        let doubted: Vec<_> = changes.iter().map(|(_, change)| change).collect();
        assert_eq!(doubted, [set; 3]);
    }

    #[test]
    fn what_only_we_have_set_needs_no_removal() {
        let mut changes = Changes::default();
        changes.set(b"x-new", b"1", false).unwrap();
        changes.remove(b"x-new");
        assert!(changes.is_empty());
        changes.set(b"x-old", b"1", true).unwrap();
        changes.remove(b"x-old");
        assert_eq!(
            changes.iter().collect::<Vec<_>>(),
            [(&b"x-old"[..], Change::Remove)]
        );
    }

    #[test]
    fn a_value_that_http_cannot_carry_is_refused() {
        let mut changes = Changes::default();
        for value in [&b"a\rb"[..], b"a\nb", b"a\0b", b"\x7f"] {
            assert_eq!(
                changes.set(b"x", value, true),
                Err(Unsendable::ControlCharacter)
            );
        }
        assert_eq!(
            changes.set(b"x", &[b'a'; 9000], true),
            Err(Unsendable::TooLong)
        );
        assert!(changes.is_empty());
        assert_eq!(changes.set(b"x", b"a\tb \xff", true), Ok(()));
    }
}
