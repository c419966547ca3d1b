//! Headers.

use std::borrow::Cow;
use std::fmt;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::field::FieldTest;
use crate::truth::Truth;
use crate::{FieldMatchConfig, Headers, Undecided, owned_spelling};

/// A test of each value of a header by itself: lines are not joined, and lists
/// in a value are not split (CVE-2026-26308).
#[derive(Debug)]
pub(super) struct HeaderMatch {
    name: Box<str>,
    test: FieldTest,
}

/// Why a header cannot be matched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum NameError {
    /// Not a token of RFC 9110 5.6.2.
    NotAName,
    /// Envoy has `:authority` in its place.
    IsHost,
    /// Says where a request comes from or went, and any client can set it
    /// (CVE-2023-27487).
    NeedsTrust,
}

impl HeaderMatch {
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: FieldMatchConfig,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        compiler.check(check(&config.name), &at.field("name"));
        let (name, test) = FieldTest::compile(compiler, config, Undecided::UnreadableHeader, at)?;
        Some(Self {
            name: name.into(),
            test,
        })
    }

    pub(super) fn matches(&self, headers: &Headers) -> Truth {
        // White space around a value is no part of it (RFC 9110 5.5).
        let values = headers.all(&self.name).map(<[u8]>::trim_ascii);
        let found = values.map(|value| Ok(Some(Cow::Borrowed(value))));
        self.test.holds(found.collect())
    }
}

/// Headers by which proxies speak of a request. A filter that has a configured
/// trust reads them; a matcher has none.
const NEED_TRUST: [&str; 7] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-client-cert",
    "x-real-ip",
    "true-client-ip",
    "x-original-url",
    "x-rewrite-url",
];

fn check(name: &str) -> Result<(), NameError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=256).contains(&name.len()) || !name.bytes().all(is_token) {
        return Err(NameError::NotAName);
    }
    if name.eq_ignore_ascii_case("host") {
        return Err(NameError::IsHost);
    }
    let is_internal = name
        .as_bytes()
        .get(..8)
        .is_some_and(|start| owned_spelling(start, b"x-envoy-"));
    let needs_trust = |known: &&str| owned_spelling(name.as_bytes(), known.as_bytes());
    if is_internal || NEED_TRUST.iter().any(needs_trust) {
        return Err(NameError::NeedsTrust);
    }
    Ok(())
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAName => {
                "expected the name of an ordinary header; `:method`, `:path` and `:authority` \
                 are matched by methods, paths and hosts"
            }
            Self::IsHost => "expected another header: the host is matched by hosts",
            Self::NeedsTrust => {
                "expected a header that clients may set: this one is believed only where a trust \
                 is configured, and addresses are matched by client_address"
            }
        })
    }
}
