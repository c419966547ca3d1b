//! What was found, as an error shows it.

use std::fmt;

/// How much of a text an error shows, in characters.
const SHOWN: usize = 64;

/// A text in quotes, escaped, cut.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            None => write!(f, "{:?}", self.0),
            Some((end, _)) => {
                let start = self.0.get(..end).unwrap_or_default();
                write!(f, "{start:?} and more")
            }
        }
    }
}
