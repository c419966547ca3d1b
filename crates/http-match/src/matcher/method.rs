//! Methods.

use std::fmt;

use crate::Undecided;
use crate::truth::Truth;

/// Any of these methods. Methods are case-sensitive (RFC 9110 9.1); some
/// servers take `delete` for `DELETE` nevertheless, so a spelling that differs
/// by case only is neither a match nor none.
#[derive(Debug)]
pub(super) struct MethodMatch(Box<[Box<str>]>);

/// The text is no method in upper case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct MethodError;

impl MethodMatch {
    pub(super) fn new(methods: Box<[Box<str>]>) -> Self {
        Self(methods)
    }

    pub(super) fn parse(text: String) -> Result<Box<str>, MethodError> {
        let is_legal =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(is_legal) {
            Ok(text.into())
        } else {
            Err(MethodError)
        }
    }

    pub(super) fn matches(&self, method: Option<&[u8]>) -> Truth {
        let method = method.ok_or(Undecided::UnreadableMethod)?;
        if self.0.iter().any(|known| known.as_bytes() == method) {
            return Ok(true);
        }
        let differs_by_case = |known: &str| known.as_bytes().eq_ignore_ascii_case(method);
        if self.0.iter().any(|known| differs_by_case(known)) {
            return Err(Undecided::UnreadableMethod);
        }
        Ok(false)
    }
}

impl fmt::Display for MethodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a method in upper case, such as `GET`")
    }
}
