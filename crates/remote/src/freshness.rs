//! The period that a source asks for (RFC 9111 5.2.2).

use std::time::Duration;

use crate::policy::Policy;

/// How long to wait before the source is asked again: as the policy says, or as
/// the source does, within the policy's bounds.
pub(crate) fn period<'a>(
    policy: &Policy,
    cache_control: impl Iterator<Item = &'a [u8]>,
    age: Option<&[u8]>,
) -> Duration {
    let Some(bounds) = policy.max_age else {
        return policy.refresh;
    };
    let mut max_age = None;
    for directive in cache_control.flat_map(|line| line.split(|byte| *byte == b',')) {
        let directive = directive.trim_ascii();
        let mut parts = directive.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"no-store") || name.eq_ignore_ascii_case(b"no-cache") {
            return bounds.shortest;
        }
        if name.eq_ignore_ascii_case(b"max-age") {
            // Of several, or with one that cannot be read, the least holds.
            let seconds = parts.next().and_then(seconds).unwrap_or(0);
            max_age = Some(max_age.unwrap_or(seconds).min(seconds));
        }
    }
    let Some(max_age) = max_age else {
        return policy.refresh;
    };
    let age = age.and_then(seconds).unwrap_or(0);
    Duration::from_secs(max_age.saturating_sub(age)).clamp(bounds.shortest, bounds.longest)
}

/// A number of seconds (RFC 9111 1.2.2), perhaps quoted; one that is too long for
/// us is very long.
fn seconds(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    let digits = value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_u64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit.saturating_sub(b'0')))
    }))
}
