//! `revocation`: tokens that count no more.

use gatepost_config::{FieldPath, Problems, parse_timestamp};

use crate::config::RevocationConfig;
use crate::revocation::{RevocationList, is_value};

/// What is revoked of a provider's tokens.
#[derive(Debug, Default)]
pub(crate) struct RevocationPlan {
    pub(crate) list: RevocationList,
}

/// The most values of one list of the document.
const MOST_VALUES: usize = 10_000;

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
    }
}
