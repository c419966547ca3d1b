//! `revocation`: tokens that count no more.

use std::time::Duration;

use gatepost_config::{FieldPath, Problems, parse_timestamp};
use gatepost_filter::{RemoteDefaults, RemotePlan};

use crate::config::{IfUnavailable, RevocationConfig, RevocationFeedConfig};
use crate::revocation::{RevocationList, is_value};

/// What is revoked of a provider's tokens.
#[derive(Debug, Default)]
pub(crate) struct RevocationPlan {
    pub(crate) list: RevocationList,
    pub(crate) feed: Option<RevocationFeedPlan>,
}

/// A list that a server publishes, as it is to be kept.
#[derive(Debug)]
pub(crate) struct RevocationFeedPlan {
    pub(crate) remote: RemotePlan,
    /// Whether requests do without the list when there is none.
    pub(crate) is_optional: bool,
}

/// The most values of one list of the document.
const MOST_VALUES: usize = 10_000;
/// The longest list of a server, in bytes: it is read in one piece.
const LONGEST_FEED: u64 = 512 * 1024;

pub(super) fn compile_revocation(
    raw: RevocationConfig,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> RevocationPlan {
    for (field, values) in [
        ("jti", &raw.jti),
        ("sub", &raw.sub),
        ("sid", &raw.sid),
        ("kid", &raw.kid),
    ] {
        if values.len() > MOST_VALUES {
            problems.push(
                &at.field(field),
                format_args!("expected at most {MOST_VALUES} values; a feed may have more"),
            );
        }
        if !values.iter().all(|value| is_value(value)) {
            problems.push(&at.field(field), "expected values of 1 to 1024 bytes");
        }
    }
    let issued_before = raw.issued_before.0.and_then(|text| {
        let time = parse_timestamp(&text);
        time.map_err(|error| problems.push(&at.field("issued_before"), error))
            .ok()
    });
    let sorted = |values: Vec<String>| values.into_iter().map(String::into_boxed_str).collect();
    RevocationPlan {
        list: RevocationList {
            jti: sorted(raw.jti),
            sub: sorted(raw.sub),
            sid: sorted(raw.sid),
            kid: sorted(raw.kid),
            issued_before,
        },
        feed: raw
            .feed
            .0
            .and_then(|feed| feed_plan(feed, &at.field("feed"), problems)),
    }
}

fn feed_plan(
    raw: RevocationFeedConfig,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<RevocationFeedPlan> {
    let is_optional = raw.if_unavailable == IfUnavailable::Ignore;
    let document_at = at.field("document");
    if is_optional && (raw.document.wait.0.is_some() || raw.document.before_first_load.0.is_some())
    {
        problems.push(
            &document_at,
            "expected no `wait` and no `before_first_load`: a list that may be ignored is not \
             waited for",
        );
    }
    let defaults = RemoteDefaults {
        refresh: Duration::from_secs(60),
        stale_for: Duration::from_secs(3600),
        cooldown: Duration::from_secs(30),
        max_bytes: LONGEST_FEED,
        most_bytes: LONGEST_FEED,
    };
    Some(RevocationFeedPlan {
        remote: raw.document.compile(&defaults, &document_at, problems)?,
        is_optional,
    })
}
