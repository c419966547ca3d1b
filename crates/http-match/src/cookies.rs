//! Cookies, as they stand in `cookie` lines (RFC 6265 5.4).

use crate::percent;

/// One cookie of a `cookie` line, without the spaces around it.
#[derive(Clone, Copy)]
pub struct Cookie<'a>(&'a [u8]);

/// The cookies of a line, in order.
pub fn cookies(line: &[u8]) -> impl Iterator<Item = Cookie<'_>> {
    line.split(|byte| *byte == b';')
        .map(|cookie| Cookie(cookie.trim_ascii()))
}

/// `cookie` lines without the cookies that `is_removed`, as one line (RFC 9113
/// 8.2.3), empty when no cookie is left; `None` when none is removed.
#[must_use]
pub fn without_cookies<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    is_removed: impl Fn(Cookie<'_>) -> bool,
) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut is_changed = false;
    for line in lines {
        let mut rest = Vec::new();
        for part in line.split(|byte| *byte == b';') {
            if is_removed(Cookie(part.trim_ascii())) {
                is_changed = true;
            } else {
                rest.push(part);
            }
        }
        let rest = rest.join(&b';');
        let rest = rest.trim_ascii();
        if !rest.is_empty() {
            kept.push(rest.to_vec());
        }
    }
    is_changed.then(|| kept.join(&b"; "[..]))
}

impl<'a> Cookie<'a> {
    /// Whether this is its name, as it stands or percent-decoded: some servers
    /// decode names.
    #[must_use]
    pub fn is_named(self, name: &[u8]) -> bool {
        let own = self.split().0;
        own == name
            || (own.contains(&b'%') && percent::decode(own, false).is_some_and(|own| *own == *name))
    }

    /// Its value as it stands, quotes included; nothing when there is no `=`, which
    /// to some servers is a cookie and to others none.
    #[must_use]
    pub fn value(self) -> Option<&'a [u8]> {
        self.split().1
    }

    /// Its value without the quotes around it; nothing when there is no `=`.
    #[must_use]
    pub fn bare_value(self) -> Option<&'a [u8]> {
        self.value()
            .map(|value| without_quotes(value).unwrap_or(value))
    }

    fn split(self) -> (&'a [u8], Option<&'a [u8]>) {
        let mut parts = self.0.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        (name, parts.next().map(<[u8]>::trim_ascii))
    }
}

/// What stands between double quotes, if the value begins and ends with one.
pub(crate) fn without_quotes(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}
