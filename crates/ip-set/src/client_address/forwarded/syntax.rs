//! The syntax of Forwarded (RFC 7239 4), read strictly.

use std::borrow::Cow;

use crate::client_address::ClientAddressError;

/// The elements of one header line, from the left.
///
/// Spaces and tabs may stand around `,` and `;`, as lists have them (RFC 9110
/// 5.6.1), not around `=`. Empty pairs (`a=b;;c=d`) are legal, empty elements
/// are not. The iterator ends behind the first error.
#[must_use]
pub fn elements(line: &[u8]) -> Elements<'_> {
    Elements { rest: Some(line) }
}

/// See [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'h> {
    /// `None` behind the end of the line.
    rest: Option<&'h [u8]>,
}

impl<'h> Iterator for Elements<'h> {
    type Item = Result<Element<'h>, ClientAddressError>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = read_element(self.rest.take()?);
        Some(
            element
                .map(|(element, rest)| {
                    self.rest = rest;
                    element
                })
                .ok_or(ClientAddressError::Malformed),
        )
    }
}

/// What one proxy wrote: at least one parameter, no name twice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Element<'h> {
    parameters: Vec<Parameter<'h>>,
}

impl<'h> Element<'h> {
    /// How many parameters an element may have; RFC 7239 5 defines four. Names
    /// are compared with each other, so the number bounds the work.
    pub const MAX_PARAMETERS: usize = 16;

    /// The parameter with this name, in any case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&Parameter<'h>> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The parameters, from the left.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter<'h>> {
        self.parameters.iter()
    }
}

/// A name and its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameter<'h> {
    name: &'h [u8],
    /// Without the quotes, with the backslashes.
    raw_value: &'h [u8],
}

impl<'h> Parameter<'h> {
    /// The name as it was written.
    #[must_use]
    pub fn name(&self) -> &'h [u8] {
        self.name
    }

    /// The value, without quotes and backslashes.
    #[must_use]
    pub fn value(&self) -> Cow<'h, [u8]> {
        if !self.raw_value.contains(&b'\\') {
            return Cow::Borrowed(self.raw_value);
        }
        let mut value = Vec::with_capacity(self.raw_value.len());
        let mut bytes = self.raw_value.iter().copied();
        while let Some(byte) = bytes.next() {
            value.extend(if byte == b'\\' {
                bytes.next()
            } else {
                Some(byte)
            });
        }
        Cow::Owned(value)
    }
}

/// What was read, and the text behind it.
type Read<'h, T> = Option<(T, &'h [u8])>;

/// The text behind the element is `None` at the end of the line.
fn read_element(line: &[u8]) -> Option<(Element<'_>, Option<&[u8]>)> {
    let mut parameters: Vec<Parameter<'_>> = Vec::new();
    let mut rest = line;
    loop {
        if !matches!(rest, [] | [b',' | b';' | b' ' | b'\t', ..]) {
            let (parameter, behind) = read_parameter(rest)?;
            let known = |other: &Parameter<'_>| other.name.eq_ignore_ascii_case(parameter.name);
            if parameters.iter().any(known) || parameters.len() >= Element::MAX_PARAMETERS {
                return None;
            }
            parameters.push(parameter);
            rest = behind;
        }
        if rest.is_empty() {
            return (!parameters.is_empty()).then_some((Element { parameters }, None));
        }
        let (separator, behind) = skip_whitespace(rest).split_first()?;
        rest = skip_whitespace(behind);
        match separator {
            b';' => {}
            b',' if !parameters.is_empty() => {
                return Some((Element { parameters }, Some(rest)));
            }
            _ => return None,
        }
    }
}

fn read_parameter(text: &[u8]) -> Read<'_, Parameter<'_>> {
    let (name, rest) = read_token(text)?;
    let rest = rest.strip_prefix(b"=")?;
    let (raw_value, rest) = match rest.strip_prefix(b"\"") {
        Some(quoted) => read_quoted(quoted)?,
        None => read_token(rest)?,
    };
    Some((Parameter { name, raw_value }, rest))
}

/// RFC 9110 5.6.2.
fn read_token(text: &[u8]) -> Read<'_, &[u8]> {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let end = text.iter().position(|byte| !is_token(byte));
    match end.unwrap_or(text.len()) {
        0 => None,
        end => text.split_at_checked(end),
    }
}

/// RFC 9110 5.6.4, from behind the opening quote. Bytes above 127 have no place
/// in a node, host or scheme, so they are refused.
fn read_quoted(text: &[u8]) -> Read<'_, &[u8]> {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    let mut bytes = text.iter().enumerate();
    while let Some((place, byte)) = bytes.next() {
        match byte {
            b'"' => {
                let (value, rest) = text.split_at_checked(place)?;
                return Some((value, rest.strip_prefix(b"\"")?));
            }
            b'\\' => {
                bytes.next().filter(|(_, byte)| is_text(byte))?;
            }
            byte if is_text(byte) => {}
            _ => return None,
        }
    }
    None
}

fn skip_whitespace(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    start
        .and_then(|start| text.get(start..))
        .unwrap_or_default()
}
