//! Cookies.

use std::borrow::Cow;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::field::{FieldTest, Found};
use crate::cookies::without_quotes;
use crate::limits::LONGEST_LITERAL;
use crate::truth::Truth;
use crate::{Cookie, FieldMatchConfig, Headers, Undecided, cookies, percent};

/// A test of each value of a cookie by itself, over all `cookie` lines.
///
/// Servers agree on no more than `;` and `=` (RFC 6265 5.4). Some take quotes
/// away and some do not, some decode percent-encodings and some do not: each of
/// these readings is a value, counts against the limit of an expression, and one
/// that passes will do. A part without `=` is to some a cookie of that name and
/// to others none: when the name is the one that is looked for, nothing can be
/// said.
#[derive(Debug)]
pub(super) struct CookieMatch {
    name: Box<[u8]>,
    test: FieldTest,
}

impl CookieMatch {
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: FieldMatchConfig,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        let is_legal = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b'=' | b',');
        if !(1..=LONGEST_LITERAL).contains(&config.name.len()) || !config.name.bytes().all(is_legal)
        {
            compiler.problem(
                &at.field("name"),
                "expected the name of a cookie: visible ASCII without `=`, `;` and `,`",
            );
        }
        let (name, test) = FieldTest::compile(compiler, config, Undecided::UnreadableCookie, at)?;
        Some(Self {
            name: name.into_bytes().into(),
            test,
        })
    }

    pub(super) fn matches(&self, headers: &Headers) -> Truth {
        let mut found = Vec::new();
        for cookie in headers.all("cookie").flat_map(cookies) {
            self.find(cookie, &mut found);
        }
        self.test.holds(found)
    }

    fn find<'a>(&self, cookie: Cookie<'a>, found: &mut Vec<Found<'a>>) {
        if !cookie.is_named(&self.name) {
            return;
        }
        match cookie.value() {
            Some(value) => {
                let readings = readings(value).into_iter().flatten();
                found.extend(readings.map(|value| Ok(Some(value))));
            }
            None => found.push(Err(Undecided::UnreadableCookie)),
        }
    }
}

/// As it stands, without quotes, decoded.
fn readings(value: &[u8]) -> [Option<Cow<'_, [u8]>>; 3] {
    let bare = without_quotes(value);
    let decoded = match bare.unwrap_or(value) {
        encoded if encoded.contains(&b'%') => percent::decode(encoded, false),
        _ => None,
    };
    [Some(Cow::Borrowed(value)), bare.map(Cow::Borrowed), decoded]
}
