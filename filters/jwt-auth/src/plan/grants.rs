//! `scopes` and `roles`: what a token must have been granted.

use gatepost_config::{FieldPath, Problems};
use gatepost_filter::is_scope_token;
use gatepost_http_match::{ClaimPath, OneOrMany};

use crate::authorize::Grants;
use crate::config::{RolesConfig, ScopesConfig};

/// The most scopes or roles of a list, and the longest, in bytes.
const MOST_WORDS: usize = 256;
const LONGEST_WORD: usize = 256;

pub(super) fn scopes(raw: ScopesConfig, at: &FieldPath<'_>, problems: &mut Problems) -> Grants {
    let usual = ["scope", "scp"].map(|name| OneOrMany::One(name.to_owned()));
    Grants {
        has_words: true,
        claims: match raw.claim.0 {
            None => paths(usual.into(), at, problems),
            Some(claim) => paths(vec![claim], at, problems),
        },
        ..grants((raw.any.0, raw.all.0), SCOPE, at, problems)
    }
}

pub(super) fn roles(raw: RolesConfig, at: &FieldPath<'_>, problems: &mut Problems) -> Grants {
    let usual = || OneOrMany::One("roles".to_owned());
    Grants {
        claims: paths(vec![raw.claim.0.unwrap_or_else(usual)], at, problems),
        ..grants((raw.any.0, raw.all.0), ROLE, at, problems)
    }
}

/// A kind of word: whether a text is one, and what is expected.
type Kind = (fn(&str) -> bool, &'static str);

const SCOPE: Kind = (
    is_scope_token,
    "expected a scope (RFC 6749 3.3): 1 to 256 visible ASCII characters without `\"` and `\\`",
);
const ROLE: Kind = (|text| !text.is_empty(), "expected 1 to 256 bytes");

fn grants(
    (any, all): (Option<Vec<String>>, Option<Vec<String>>),
    kind: Kind,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Grants {
    if any.is_none() && all.is_none() {
        problems.push(at, "expected `any`, `all` or both");
    }
    Grants {
        any: words(any, kind, &at.field("any"), problems),
        all: words(all, kind, &at.field("all"), problems),
        ..Grants::default()
    }
}

fn words(
    given: Option<Vec<String>>,
    (is_good, expected): Kind,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Box<[Box<str>]> {
    let Some(given) = given else {
        return Box::default();
    };
    if !(1..=MOST_WORDS).contains(&given.len()) {
        problems.push(at, format_args!("expected 1 to {MOST_WORDS} words"));
    }
    for (index, word) in given.iter().enumerate() {
        if !is_good(word) || word.len() > LONGEST_WORD {
            problems.push(&at.index(index), expected);
        }
    }
    given.into_iter().map(String::into_boxed_str).collect()
}

fn paths(
    claims: Vec<OneOrMany<String>>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Box<[ClaimPath]> {
    let mut paths = Vec::new();
    for claim in claims {
        match ClaimPath::parse(claim) {
            Ok(path) => paths.push(path),
            Err(error) => problems.push(&at.field("claim"), error),
        }
    }
    paths.into()
}
