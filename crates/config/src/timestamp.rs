//! Points in time, as documents and feeds write them: RFC 3339.

use std::fmt;
use std::time::Duration;

const SECONDS_A_MINUTE: u64 = 60;
const SECONDS_AN_HOUR: u64 = 3600;
const SECONDS_A_DAY: u64 = 86_400;

/// 9999-12-31T23:59:59Z in Unix time, the last second of RFC 3339.
pub const LATEST_TIMESTAMP: u64 = 253_402_300_799;

/// Reads a point in time as RFC 3339 writes it: `2026-07-01T08:30:00Z`,
/// `2026-07-01T10:30:00.25+02:00`. The letters may be small (5.6); the date and
/// the time are joined by `T` and nothing else. Seconds since 1970 (Unix time)
/// come back: a fraction is cut off, and a leap second, which can only be the
/// last second of a day in UTC, is the second before it.
///
/// # Errors
/// It is no RFC 3339 timestamp, which a number of seconds is not either; there
/// is no such day or time; the year, as written or in UTC, is not one of 1970
/// to 9999.
pub fn parse_timestamp(text: &str) -> Result<Duration, TimestampError> {
    let mut rest = text.as_bytes();
    let date = Date::take(&mut rest).ok_or(TimestampError::Form)?;
    let [b'T' | b't', after @ ..] = rest else {
        return Err(TimestampError::Form);
    };
    rest = after;
    let time = Time::take(&mut rest).ok_or(TimestampError::Form)?;
    let offset = take_offset(&mut rest).ok_or(TimestampError::Form)?;
    if !rest.is_empty() {
        return Err(TimestampError::Form);
    }
    let local = date
        .days_since_1970()?
        .saturating_mul(SECONDS_A_DAY)
        .saturating_add(time.seconds()?);
    let utc = local
        .checked_add_signed(offset.seconds_to_utc()?)
        .filter(|utc| *utc <= LATEST_TIMESTAMP)
        .ok_or(TimestampError::OutOfRange)?;
    let last_of_a_day = SECONDS_A_DAY.saturating_sub(1);
    if time.is_leap_second() && utc % SECONDS_A_DAY != last_of_a_day {
        return Err(TimestampError::NoSuchTime);
    }
    Ok(Duration::from_secs(utc))
}

/// Why a text is no point in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimestampError {
    /// It is not in the form of RFC 3339.
    Form,
    /// A month, a day, an hour or another part is none.
    NoSuchTime,
    /// Before 1970 or after 9999, as written or in UTC.
    OutOfRange,
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => {
                "expected an RFC 3339 timestamp such as 2026-07-01T08:30:00Z or 2026-07-01T10:30:00+02:00"
            }
            Self::NoSuchTime => "expected a timestamp of a day and a time that exist",
            Self::OutOfRange => "expected a timestamp from 1970 to 9999",
        })
    }
}

impl std::error::Error for TimestampError {}

struct Date {
    year: u64,
    month: u64,
    day: u64,
}

impl Date {
    fn take(rest: &mut &[u8]) -> Option<Self> {
        let year = take_number::<4>(rest)?;
        take_byte(rest, b'-')?;
        let month = take_number::<2>(rest)?;
        take_byte(rest, b'-')?;
        let day = take_number::<2>(rest)?;
        Some(Self { year, month, day })
    }

    fn days_since_1970(&self) -> Result<u64, TimestampError> {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let february = if leap { 29 } else { 28 };
        let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let before = usize::try_from(self.month)
            .ok()
            .and_then(|month| month.checked_sub(1))
            .ok_or(TimestampError::NoSuchTime)?;
        let longest = months.get(before).ok_or(TimestampError::NoSuchTime)?;
        if !(1..=*longest).contains(&self.day) {
            return Err(TimestampError::NoSuchTime);
        }
        let years = days_before(self.year).checked_sub(days_before(1970));
        let months = months.iter().take(before).sum::<u64>();
        Ok(years
            .ok_or(TimestampError::OutOfRange)?
            .saturating_add(months)
            .saturating_add(self.day.saturating_sub(1)))
    }
}

/// The days of all years before this one, as our calendar would have had them
/// from the year 0 on.
fn days_before(year: u64) -> u64 {
    let before = year.saturating_sub(1);
    let leap_days = (before / 4)
        .saturating_sub(before / 100)
        .saturating_add(before / 400);
    year.saturating_mul(365).saturating_add(leap_days)
}

struct Time {
    hour: u64,
    minute: u64,
    second: u64,
}

impl Time {
    /// A fraction is taken and dropped.
    fn take(rest: &mut &[u8]) -> Option<Self> {
        let hour = take_number::<2>(rest)?;
        take_byte(rest, b':')?;
        let minute = take_number::<2>(rest)?;
        take_byte(rest, b':')?;
        let second = take_number::<2>(rest)?;
        if take_byte(rest, b'.').is_some() {
            take_number::<1>(rest)?;
            while take_number::<1>(rest).is_some() {}
        }
        Some(Self {
            hour,
            minute,
            second,
        })
    }

    fn is_leap_second(&self) -> bool {
        self.second == 60
    }

    /// Since midnight.
    fn seconds(&self) -> Result<u64, TimestampError> {
        if self.hour > 23 || self.minute > 59 || self.second > 60 {
            return Err(TimestampError::NoSuchTime);
        }
        let hours = self.hour.saturating_mul(SECONDS_AN_HOUR);
        let minutes = self.minute.saturating_mul(SECONDS_A_MINUTE);
        Ok(hours
            .saturating_add(minutes)
            .saturating_add(self.second.min(59)))
    }
}

/// How far the local time is ahead of UTC, or behind it.
struct Offset {
    is_ahead: bool,
    hours: i64,
    minutes: i64,
}

fn take_offset(rest: &mut &[u8]) -> Option<Offset> {
    let (sign, after) = rest.split_first()?;
    *rest = after;
    let is_ahead = match sign {
        b'Z' | b'z' => {
            return Some(Offset {
                is_ahead: true,
                hours: 0,
                minutes: 0,
            });
        }
        b'+' => true,
        b'-' => false,
        _ => return None,
    };
    let hours = i64::try_from(take_number::<2>(rest)?).ok()?;
    take_byte(rest, b':')?;
    let minutes = i64::try_from(take_number::<2>(rest)?).ok()?;
    Some(Offset {
        is_ahead,
        hours,
        minutes,
    })
}

impl Offset {
    fn seconds_to_utc(&self) -> Result<i64, TimestampError> {
        if self.hours > 23 || self.minutes > 59 {
            return Err(TimestampError::NoSuchTime);
        }
        let minutes = self.hours.saturating_mul(60).saturating_add(self.minutes);
        let seconds = minutes.saturating_mul(60);
        Ok(if self.is_ahead {
            seconds.saturating_neg()
        } else {
            seconds
        })
    }
}

/// Takes exactly `DIGITS` digits.
fn take_number<const DIGITS: usize>(rest: &mut &[u8]) -> Option<u64> {
    let (digits, after) = rest.split_first_chunk::<DIGITS>()?;
    let number = digits.iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        Some(number.saturating_mul(10).saturating_add(u64::from(digit)))
    })?;
    *rest = after;
    Some(number)
}

fn take_byte(rest: &mut &[u8], byte: u8) -> Option<()> {
    let after = rest.strip_prefix(&[byte])?;
    *rest = after;
    Some(())
}
