//! Header writes, kept together until the chain has decided (law 6).

use std::fmt;

/// The longest header value that we set, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;

/// Pending changes of a header map: one entry, and so one call to the proxy, a
/// changed header.
#[derive(Debug, Default)]
pub struct Changes(Vec<(Vec<u8>, Change)>);

/// What happens to all values of a header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// They become this one.
    Set(Vec<u8>),
    /// They go.
    Remove,
}

impl Changes {
    /// Gives a header one value, in place of all that it had.
    ///
    /// # Errors
    /// When the value is none that HTTP can carry (RFC 9110 5.5), or longer
    /// than 8 KiB: Envoy would answer the whole request with 503.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), Unsendable> {
        check(value)?;
        self.put(name, Change::Set(value.to_vec()));
        Ok(())
    }

    /// Removes a header. Only for one that is there: removing nothing makes
    /// Envoy select the route again all the same.
    pub fn remove(&mut self, name: &[u8]) {
        self.put(name, Change::Remove);
    }

    /// The changes, each header once.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Change)> {
        self.0.iter().map(|(name, change)| (name.as_slice(), change))
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all but removals: a refused request is not forwarded, but access
    /// logs still show its headers.
    pub(crate) fn keep_removals(&mut self) {
        self.0.retain(|(_, change)| *change == Change::Remove);
    }

    fn put(&mut self, name: &[u8], change: Change) {
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, pending)) => *pending = change,
            None => self.0.push((name.to_ascii_lowercase(), change)),
        }
    }
}

/// Why a value cannot be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unsendable {
    /// It holds a control character, such as CR, LF or NUL.
    ControlCharacter,
    /// It is longer than 8 KiB.
    TooLong,
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlCharacter => "a header value holds a control character",
            Self::TooLong => "a header value is longer than 8 KiB",
        })
    }
}

impl std::error::Error for Unsendable {}

fn check(value: &[u8]) -> Result<(), Unsendable> {
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
        changes.remove(b"x-sub");
        changes.set(b"X-Sub", b"alice").unwrap();
        changes.remove(b"x_sub");
        let all: Vec<_> = changes.iter().collect();
        assert_eq!(
            all,
            [(&b"x-sub"[..], &Change::Set(b"alice".to_vec())), (b"x_sub", &Change::Remove)]
        );
        changes.keep_removals();
        assert_eq!(changes.iter().collect::<Vec<_>>(), [(&b"x_sub"[..], &Change::Remove)]);
    }

    #[test]
    fn a_value_that_http_cannot_carry_is_refused() {
        let mut changes = Changes::default();
        for value in [&b"a\rb"[..], b"a\nb", b"a\0b", b"\x7f"] {
            assert_eq!(changes.set(b"x", value), Err(Unsendable::ControlCharacter));
        }
        assert_eq!(changes.set(b"x", &[b'a'; 9000]), Err(Unsendable::TooLong));
        assert!(changes.is_empty());
        assert_eq!(changes.set(b"x", b"a\tb \xff"), Ok(()));
    }
}
