//! What a stranger wrote, as an error shows it: escaped, and cut.

use std::fmt;

/// How much of a text an error shows, in characters.
const SHOWN: usize = 64;

/// A text between double quotes.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

/// A name between backquotes.
pub(crate) struct Named<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, more) = cut(self.0);
        write!(f, "{start:?}{more}")
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, more) = cut(self.0);
        write!(f, "`{}`{more}", start.escape_debug())
    }
}

/// The part that is shown, and what says that there is more.
fn cut(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(SHOWN) {
        None => (text, ""),
        Some((end, _)) => (text.get(..end).unwrap_or_default(), " and more"),
    }
}
