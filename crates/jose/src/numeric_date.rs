//! Points in time as claims write them.

use std::time::Duration;

use gatepost_json::{Number, Value};

/// Reads a NumericDate (RFC 7519 2): seconds since 1970-01-01T00:00:00Z, a
/// fraction allowed, to the nanosecond. What lies beyond 2^64 seconds is the end
/// of time, [`Duration::MAX`]; the time before 1970 is none.
///
/// `None` for a negative number and for any other kind of value: a reader that
/// takes `"exp": "0"` for no `exp` never lets a token expire.
pub(crate) fn numeric_date(value: &Value) -> Option<Duration> {
    let number = value.as_number()?;
    if number < Number::integer(0) {
        return None;
    }
    if let Some(seconds) = number.as_integer() {
        return Some(u64::try_from(seconds).map_or(Duration::MAX, Duration::from_secs));
    }
    let nanoseconds = number.times_power_of_ten(9).map(i128::unsigned_abs);
    // What is no integer fits as long as its seconds do.
    let is_in_range = |nanoseconds: &u128| *nanoseconds <= Duration::MAX.as_nanos();
    let date = nanoseconds
        .filter(is_in_range)
        .map(Duration::from_nanos_u128);
    Some(date.unwrap_or(Duration::MAX))
}
