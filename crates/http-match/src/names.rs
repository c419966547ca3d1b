//! Names of headers, and which of them are one.

use gatepost_bytes::equal;

/// Whether `name` is a spelling of `owned`: letters compare without regard to
/// case and `_` counts as `-`, because servers that put headers into variables
/// (CGI, WSGI) cannot tell `x_sub` from `x-sub`.
#[must_use]
pub fn owned_spelling(name: &[u8], owned: &[u8]) -> bool {
    if equal(name, owned) {
        return true;
    }
    let fold = |byte: &u8| match byte {
        b'_' => b'-',
        other => other.to_ascii_lowercase(),
    };
    for (byte, own) in name.iter().zip(owned) {
        if fold(byte) != fold(own) {
            return false;
        }
    }
    name.len() == owned.len()
}

/// Names of headers that are looked for together, in every spelling
/// ([`owned_spelling`]). Made once; a header whose name has a length that none of
/// them has is told by that alone, however many they are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HeaderNames {
    names: Box<[Box<[u8]>]>,
    /// The lengths that occur: see [`length_bit`].
    lengths: u64,
}

impl HeaderNames {
    /// These names.
    #[must_use]
    pub fn new<N: AsRef<[u8]>>(names: impl IntoIterator<Item = N>) -> Self {
        let mut all: Vec<Box<[u8]>> = Vec::new();
        for name in names {
            let name = name.as_ref();
            if !all.iter().any(|known| owned_spelling(known, name)) {
                all.push(name.into());
            }
        }
        let lengths = all
            .iter()
            .fold(0, |bits, name| bits | length_bit(name.len()));
        Self {
            names: all.into(),
            lengths,
        }
    }

    /// Whether there is no name.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether this is a spelling of one of them.
    #[must_use]
    pub fn contain(&self, name: &[u8]) -> bool {
        self.have_length(name.len()) && self.names.iter().any(|known| owned_spelling(name, known))
    }

    /// Whether one of them may have this length.
    #[inline]
    pub(crate) fn have_length(&self, length: usize) -> bool {
        self.lengths & length_bit(length) != 0
    }
}

/// The bit that stands for a name's length; the last one for all that are longer.
#[inline]
fn length_bit(length: usize) -> u64 {
    1_u64.wrapping_shl(u32::try_from(length).unwrap_or(63).min(63))
}
