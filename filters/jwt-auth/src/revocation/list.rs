//! A list of revoked values.

use std::time::Duration;

/// Revoked values: a token that has any of them counts no more.
#[derive(Debug, Default)]
pub(crate) struct RevocationList {
    pub(crate) jti: Sorted,
    pub(crate) sub: Sorted,
    pub(crate) sid: Sorted,
    pub(crate) kid: Sorted,
    /// Tokens issued before, since the Unix epoch, and those that do not say when.
    pub(crate) issued_before: Option<Duration>,
}

/// What of a token may be revoked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Revocable<'a> {
    pub(crate) jti: Option<&'a str>,
    pub(crate) sub: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
    pub(crate) kid: Option<&'a str>,
    /// Since the Unix epoch.
    pub(crate) issued_at: Option<Duration>,
}

impl RevocationList {
    /// Whether nothing is revoked.
    pub(crate) fn is_empty(&self) -> bool {
        let lists = [&self.jti, &self.sub, &self.sid, &self.kid];
        lists.into_iter().all(|values| values.0.is_empty()) && self.issued_before.is_none()
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        [&self.jti, &self.sub, &self.sid, &self.kid]
            .into_iter()
            .map(|values| values.0.len())
            .fold(0, usize::saturating_add)
            .saturating_add(usize::from(self.issued_before.is_some()))
    }

    /// Whether the token counts no more.
    pub(crate) fn revokes(&self, token: &Revocable<'_>) -> bool {
        let is_early = |before: Duration| token.issued_at.is_none_or(|at| at < before);
        self.jti.has(token.jti)
            || self.sub.has(token.sub)
            || self.sid.has(token.sid)
            || self.kid.has(token.kid)
            || self.issued_before.is_some_and(is_early)
    }
}

/// The longest value, in bytes.
const LONGEST_VALUE: usize = 1024;

/// Whether this is a value that can be revoked: 1 to 1024 bytes.
pub(crate) fn is_value(text: &str) -> bool {
    (1..=LONGEST_VALUE).contains(&text.len())
}

/// Texts in order, to be found fast.
#[derive(Debug, Default)]
pub(crate) struct Sorted(Box<[Box<str>]>);

impl Sorted {
    /// Whether `text` is one of them.
    pub(crate) fn has(&self, text: Option<&str>) -> bool {
        let Some(text) = text.filter(|_| !self.0.is_empty()) else {
            return false;
        };
        self.0.binary_search_by(|known| (**known).cmp(text)).is_ok()
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|text| &**text)
    }
}

impl FromIterator<Box<str>> for Sorted {
    fn from_iter<T: IntoIterator<Item = Box<str>>>(texts: T) -> Self {
        let mut texts: Vec<Box<str>> = texts.into_iter().collect();
        texts.sort_unstable();
        texts.dedup();
        Self(texts.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(jti: &[&str], issued_before: Option<u64>) -> RevocationList {
        RevocationList {
            jti: jti.iter().map(|text| Box::from(*text)).collect(),
            issued_before: issued_before.map(Duration::from_secs),
            ..RevocationList::default()
        }
    }

    fn token(jti: Option<&str>, issued_at: Option<u64>) -> Revocable<'_> {
        Revocable {
            jti,
            issued_at: issued_at.map(Duration::from_secs),
            ..Revocable::default()
        }
    }

    #[test]
    fn a_list_revokes_what_it_names_and_nothing_else() {
        let list = list(&["c", "a", "b", "a"], None);
        for named in ["a", "b", "c"] {
            assert!(list.revokes(&token(Some(named), None)));
        }
        for other in [None, Some(""), Some("A"), Some("ab")] {
            assert!(!list.revokes(&token(other, None)));
        }
    }

    #[test]
    fn a_time_revokes_what_was_issued_before_and_what_does_not_say() {
        let list = list(&[], Some(1000));
        assert!(list.revokes(&token(None, Some(999))));
        assert!(!list.revokes(&token(None, Some(1000))));
        assert!(list.revokes(&token(None, None)));
    }

    #[test]
    fn an_empty_list_revokes_nothing() {
        let list = RevocationList::default();
        assert!(list.is_empty());
        assert!(!list.revokes(&token(Some(""), None)));
    }
}
