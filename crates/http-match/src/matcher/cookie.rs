//! Cookies.

use std::borrow::Cow;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::field::{FieldTest, Found};
use crate::limits::LONGEST_LITERAL;
use crate::truth::Truth;
use crate::{FieldMatchConfig, Headers, Undecided, percent};

/// A test of each value of a cookie by itself, over all `cookie` lines.
///
/// Servers agree on no more than `;` and `=` (RFC 6265 5.4). Some take quotes
/// away and some do not, some decode percent-encodings and some do not: each of
/// these readings is a value, and one that passes will do. A part without `=`
/// is to some a cookie of that name and to others none: when the name is the
/// one that is looked for, nothing can be said.
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
        let cookies = headers
            .all("cookie")
            .flat_map(|line| line.split(|byte| *byte == b';'));
        self.test
            .holds(&mut cookies.flat_map(|cookie| self.find(cookie.trim_ascii())))
    }

    fn find<'a>(&self, cookie: &'a [u8]) -> impl Iterator<Item = Found<'a>> + use<'a> {
        let mut parts = cookie.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let is_it = self.is_name(name);
        let value = parts.next().map(<[u8]>::trim_ascii);
        let unreadable = (is_it && value.is_none()).then_some(Err(Undecided::UnreadableCookie));
        let readings = value.filter(|_| is_it).map(readings);
        let readings = readings.into_iter().flatten().flatten();
        readings.map(|value| Ok(Some(value))).chain(unreadable)
    }

    fn is_name(&self, name: &[u8]) -> bool {
        name == &*self.name
            || (name.contains(&b'%')
                && percent::decode(name, false).is_some_and(|name| *name == *self.name))
    }
}

/// As it stands, without quotes, decoded.
fn readings(value: &[u8]) -> [Option<Cow<'_, [u8]>>; 3] {
    let quoted = value.strip_prefix(b"\"");
    let bare = quoted.and_then(|value| value.strip_suffix(b"\""));
    let decoded = match bare.unwrap_or(value) {
        encoded if encoded.contains(&b'%') => percent::decode(encoded, false),
        _ => None,
    };
    [Some(Cow::Borrowed(value)), bare.map(Cow::Borrowed), decoded]
}
