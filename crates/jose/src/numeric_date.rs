//! Points in time as claims write them.

use std::time::Duration;

use gatepost_json::Value;

/// Reads a NumericDate (RFC 7519 2): seconds since 1970-01-01T00:00:00Z, a
/// fraction allowed, to the nanosecond. What lies beyond 2^64 seconds is the end
/// of time, [`Duration::MAX`]; the time before 1970 is none.
///
/// `None` for a negative number and for any other kind of value: a reader that
/// takes `"exp": "0"` for no `exp` never lets a token expire.
pub(crate) fn numeric_date(value: &Value) -> Option<Duration> {
    let number = value.as_number()?;
    if let Some(seconds) = number.as_integer() {
        if seconds < 0 {
            return None;
        }
        return Some(u64::try_from(seconds).map_or(Duration::MAX, Duration::from_secs));
    }
    let seconds = number.as_f64();
    if seconds < 0.0 {
        return None;
    }
    // It is finite and not negative, so all that fails is the range.
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}
