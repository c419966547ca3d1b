//! What is known of a key, once it is checked.

use std::time::Duration;

use gatepost_config::{FieldPath, Name, Problems, Shown, parse_timestamp};
use gatepost_filter::sendable;

use crate::config::KeyConfig;
use crate::digest::{Algorithm, KeyDigest};

/// A key that may be let in: everything about it but the key itself.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) digest: KeyDigest,
    pub(crate) groups: Vec<String>,
    /// `None`: all.
    pub(crate) rules: Option<Vec<String>>,
    /// Each value can be sent in a header.
    pub(crate) attributes: Vec<(String, String)>,
    /// Since the Unix epoch, as `expires`.
    pub(crate) not_before: Option<Duration>,
    pub(crate) expires: Option<Duration>,
    pub(crate) disabled: bool,
}

/// The longest id and the longest name of an attribute, in bytes.
const LONGEST_ID: usize = 64;
/// The longest value of an attribute, in bytes of the header.
pub(super) const LONGEST_VALUE: usize = 1024;
const MOST_GROUPS: usize = 16;
const MOST_RULES: usize = 64;
const MOST_ATTRIBUTES: usize = 16;

impl Key {
    /// Checks an entry of a document. `None` when there is a problem, which is
    /// reported.
    pub(crate) fn new(
        raw: KeyConfig,
        accepts_hmac: bool,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut own = Problems::new();
        let key = Self::check(raw, accepts_hmac, at, &mut own);
        let is_good = own.is_empty();
        problems.extend(own);
        key.filter(|_| is_good)
    }

    fn check(
        raw: KeyConfig,
        accepts_hmac: bool,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let digest = check_digest(&raw.digest, accepts_hmac, &at.field("digest"), problems);
        if !is_key_id(&raw.id) {
            problems.push(
                &at.field("id"),
                format_args!(
                    "expected 1 to {LONGEST_ID} characters from A-Z, a-z, 0-9, `_`, `.` and `-`, \
                     found {}",
                    Shown(&raw.id)
                ),
            );
        }
        let not_before = time(
            raw.not_before.0.as_deref(),
            &at.field("not_before"),
            problems,
        );
        let expires = time(raw.expires.0.as_deref(), &at.field("expires"), problems);
        if let (Some(start), Some(end)) = (not_before, expires)
            && start >= end
        {
            problems.push(&at.field("expires"), "expected a time behind `not_before`");
        }
        let groups_at = at.field("groups");
        check_count(raw.groups.len(), MOST_GROUPS, &groups_at, problems);
        let rules_at = at.field("rules");
        if let Some(rules) = &raw.rules.0 {
            check_count(rules.len(), MOST_RULES, &rules_at, problems);
            if rules.is_empty() {
                problems.push(
                    &rules_at,
                    "expected at least one rule: a key that no rule takes is `disabled`",
                );
            }
        }
        let attributes_at = at.field("attributes");
        check_count(
            raw.attributes.len(),
            MOST_ATTRIBUTES,
            &attributes_at,
            problems,
        );
        for (name, value) in raw.attributes.iter() {
            if !is_key_id(name) {
                problems.push(
                    &attributes_at,
                    format_args!(
                        "expected names of 1 to {LONGEST_ID} characters from A-Z, a-z, 0-9, `_`, \
                         `.` and `-`, found {}",
                        Shown(name)
                    ),
                );
            } else if let Err(error) = sendable(value, LONGEST_VALUE) {
                problems.push(
                    &attributes_at.field(name),
                    format_args!(
                        "expected text of at most {LONGEST_VALUE} bytes that a header can carry: \
                         {error}"
                    ),
                );
            }
        }
        let texts = |names: Vec<Name>| -> Vec<String> {
            names.iter().map(|name| name.as_str().to_owned()).collect()
        };
        Some(Self {
            id: raw.id,
            digest: digest?,
            groups: texts(raw.groups),
            rules: raw.rules.0.map(texts),
            attributes: raw.attributes.into_iter().collect(),
            not_before,
            expires,
            disabled: raw.disabled,
        })
    }
}

/// Whether this is an id of a key: it fits a log line, a record and a header as it
/// stands.
pub(crate) fn is_key_id(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(legal)
}

/// What stands there is not shown: it may be the key itself.
fn check_digest(
    text: &str,
    accepts_hmac: bool,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<KeyDigest> {
    let Some(digest) = KeyDigest::parse(text) else {
        problems.push(
            at,
            "expected `sha256:` or `hmac-sha256:`, and 32 bytes in hexadecimal or in url-safe \
             base64 without padding (`make api-key-digest` makes it of a key)",
        );
        return None;
    };
    if digest.algorithm() == Algorithm::HmacSha256 && !accepts_hmac {
        problems.push(
            at,
            "expected `sha256:`, or the secret of HMAC in `hmac_secret` of the filter's document",
        );
        return None;
    }
    Some(digest)
}

fn time(text: Option<&str>, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Duration> {
    match parse_timestamp(text?) {
        Ok(time) => Some(time),
        Err(error) => {
            problems.push(at, error);
            None
        }
    }
}

fn check_count(count: usize, most: usize, at: &FieldPath<'_>, problems: &mut Problems) {
    if count > most {
        problems.push(at, format_args!("expected at most {most}"));
    }
}
