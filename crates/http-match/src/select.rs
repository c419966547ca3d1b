//! Which rules a request meets, under both readings of its path.

use crate::{Matcher, Reading, RequestView, Undecided};

/// The first rule that matches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Selection {
    /// The rule at this index.
    Rule(usize),
    /// No rule: the default holds.
    None,
    /// It cannot be said; the caller denies.
    Undecided(Undecided),
}

/// The first of `rules` that matches.
///
/// A rule about which nothing can be said ends the search: the rules behind it
/// count only when it does not match. When the two readings of the path select
/// different rules, or none and one, the answer is
/// [`Undecided::AmbiguousPath`], unless the rule that the raw reading selects
/// accepts that ([`Matcher::accepts_ambiguous_path`]).
pub fn select_first<'m, R>(rules: R, view: &RequestView) -> Selection
where
    R: IntoIterator<Item = &'m Matcher>,
    R::IntoIter: Clone,
{
    let rules = rules.into_iter();
    let raw = first(rules.clone(), view, Reading::Raw);
    if !view.readings_differ() {
        return raw.into();
    }
    let is_accepted = match raw {
        Err(_) => true,
        Ok(None) => false,
        Ok(Some(index)) => accepts(rules.clone(), index),
    };
    if is_accepted || first(rules, view, Reading::Normalised) == raw {
        return raw.into();
    }
    Selection::Undecided(Undecided::AmbiguousPath)
}

/// All of `rules` that match, as indices in document order.
///
/// # Errors
/// When it cannot be said of one of them whether it matches;
/// [`Undecided::AmbiguousPath`] when the two readings of the path differ about
/// one that does not accept that.
pub fn select_all<'m, R>(rules: R, view: &RequestView) -> Result<Vec<usize>, Undecided>
where
    R: IntoIterator<Item = &'m Matcher>,
{
    let mut selected = Vec::new();
    for (index, rule) in rules.into_iter().enumerate() {
        if rule.matches(view)? {
            selected.push(index);
        }
    }
    Ok(selected)
}

impl From<Result<Option<usize>, Undecided>> for Selection {
    fn from(first: Result<Option<usize>, Undecided>) -> Self {
        match first {
            Ok(Some(index)) => Self::Rule(index),
            Ok(None) => Self::None,
            Err(undecided) => Self::Undecided(undecided),
        }
    }
}

fn first<'m>(
    rules: impl Iterator<Item = &'m Matcher>,
    view: &RequestView,
    reading: Reading,
) -> Result<Option<usize>, Undecided> {
    for (index, rule) in rules.enumerate() {
        if rule.matches_reading(view, reading)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn accepts<'m>(mut rules: impl Iterator<Item = &'m Matcher>, index: usize) -> bool {
    rules
        .nth(index)
        .is_some_and(Matcher::accepts_ambiguous_path)
}
