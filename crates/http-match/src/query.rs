//! Query parameters, as they stand in `:path`.

use std::borrow::Cow;

use crate::{Undecided, percent};

/// One parameter of a query, still encoded. Parameters are separated by `&`;
/// names and values are decoded when they are asked for, `+` is a space
/// (application/x-www-form-urlencoded).
#[derive(Clone, Copy)]
pub struct Parameter<'a>(&'a [u8]);

/// The parameters of a query, in order.
pub fn parameters(query: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    query.split(|byte| *byte == b'&').map(Parameter)
}

/// The query of a `:path`: what stands between the first `?` and `#`.
#[must_use]
pub fn query_of(path: &[u8]) -> Option<&[u8]> {
    split_path(path).1
}

/// A `:path` without the parameters that `is_removed`, its other bytes as they
/// are; `None` when none is. With the last parameter goes the `?`.
#[must_use]
pub fn without_parameters(
    path: &[u8],
    is_removed: impl Fn(Parameter<'_>) -> bool,
) -> Option<Vec<u8>> {
    let (before, query, behind) = split_path(path);
    let query = query?;
    let kept: Vec<&[u8]> = parameters(query)
        .filter(|parameter| !is_removed(*parameter))
        .map(|parameter| parameter.0)
        .collect();
    if kept.len() == parameters(query).count() {
        return None;
    }
    let mut path = before.to_vec();
    if !kept.is_empty() {
        path.push(b'?');
        path.extend(kept.join(&b'&'));
    }
    path.extend_from_slice(behind);
    Some(path)
}

/// A `:path` up to `?` or `#`, its query, and the rest, which is empty or begins
/// with `#`.
pub(crate) fn split_path(path: &[u8]) -> (&[u8], Option<&[u8]>, &[u8]) {
    let (before, rest) = split_where(path, |byte| matches!(byte, b'?' | b'#'));
    match rest.split_first() {
        Some((b'?', rest)) => {
            let (query, fragment) = split_where(rest, |byte| byte == b'#');
            (before, Some(query), fragment)
        }
        _ => (before, None, rest),
    }
}

impl<'a> Parameter<'a> {
    /// Whether its decoded name is `name`.
    ///
    /// # Errors
    /// [`Undecided::UnreadableQuery`] when the name has a broken encoding.
    pub fn is_named(self, name: &[u8]) -> Result<bool, Undecided> {
        let own = self.name().ok_or(Undecided::UnreadableQuery)?;
        Ok(*own == *name)
    }

    /// The decoded name; nothing when its encoding is broken.
    #[must_use]
    pub fn name(self) -> Option<Cow<'a, [u8]>> {
        percent::decode(self.split().0, true)
    }

    /// Whether servers that also separate at `;` find a parameter of that name in
    /// what is the value of this one.
    #[must_use]
    pub fn hides(self, name: &[u8]) -> bool {
        self.hidden_names().any(|own| *own == *name)
    }

    /// The decoded names that such servers find there.
    pub fn hidden_names(self) -> impl Iterator<Item = Cow<'a, [u8]>> {
        let behind_semicolons = self.0.split(|byte| *byte == b';').skip(1);
        behind_semicolons.filter_map(|part| Parameter(part).name())
    }

    /// The decoded value, empty when there is no `=`; nothing when its encoding is
    /// broken.
    #[must_use]
    pub fn value(self) -> Option<Cow<'a, [u8]>> {
        percent::decode(self.split().1, true)
    }

    fn split(self) -> (&'a [u8], &'a [u8]) {
        let (name, rest) = split_where(self.0, |byte| byte == b'=');
        (name, rest.get(1..).unwrap_or_default())
    }
}

/// The bytes before the first that `is_it`, and those from there on.
fn split_where(text: &[u8], is_it: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let position = text.iter().position(|byte| is_it(*byte));
    text.split_at_checked(position.unwrap_or(text.len()))
        .unwrap_or((text, &[]))
}
