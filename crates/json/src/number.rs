//! Numbers without rounding.

use std::cmp::Ordering;
use std::fmt;

use crate::decimal::Decimal;

/// A number as it was written: no double, and nothing is rounded. Integers of up to
/// 128 bits are exact whatever their digits; others have at most 19 that count, and
/// are no larger than a double may be (RFC 8259 6).
#[derive(Clone, Copy, Debug)]
pub struct Number(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Integer(i128),
    /// No integer of 128 bits.
    Decimal(Decimal),
}

impl Number {
    /// An integer.
    #[must_use]
    pub fn integer(number: impl Into<i128>) -> Self {
        Self(Kind::Integer(number.into()))
    }

    /// The number that was written where a reader found a double: a whole one of up
    /// to 2^53, or the one of up to 15 digits, 22 of them behind the point, that is
    /// read as this double. `None` for others: of more digits, several are read
    /// alike.
    #[must_use]
    pub fn float(number: f64) -> Option<Self> {
        let mut power = 1.0;
        for exponent in (LOWEST_EXPONENT..=0).rev() {
            let digits = (number * power).round();
            let most = if exponent == 0 {
                LARGEST_WHOLE
            } else {
                FIFTEEN_DIGITS
            };
            if digits.is_nan() || digits.abs() > most {
                return None;
            }
            // Both are exact, and so a reader that divides them gets the same double.
            if digits / power == number {
                // Exact: the digits are whole and within range.
                #[allow(clippy::cast_possible_truncation)]
                let digits = digits as i64;
                let is_negative = digits < 0;
                return Self::decimal(is_negative, digits.unsigned_abs(), exponent);
            }
            power *= 10.0;
        }
        None
    }

    /// Reads a JSON number (RFC 8259 6); `None` when it is none, or larger than a
    /// double may be, or when it is no integer of 128 bits and has more than 19
    /// digits, zeros before and behind them not counted: no double holds so many.
    /// What is closer to zero than any double is zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(number) = read_short(text.as_bytes()) {
            return Some(Self::integer(number));
        }
        let size = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match size.split_once(['e', 'E']) {
            None => (size, "0"),
            Some((mantissa, exponent)) => (mantissa, exponent),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            None => (mantissa, ""),
            Some((_, "")) => return None,
            Some((whole, fraction)) => (whole, fraction),
        };
        let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if !is_digits(whole)
            || (whole.len() > 1 && whole.starts_with('0'))
            || !(fraction.is_empty() || is_digits(fraction))
            || !is_digits(exponent_digits)
        {
            return None;
        }
        if whole.len() == size.len()
            && let Ok(number) = text.parse()
        {
            return Some(Self(Kind::Integer(number)));
        }
        let (digits, zeros) = counting_digits(whole.bytes().chain(fraction.bytes()))?;
        let exponent = read_exponent(exponent)
            .saturating_sub_unsigned(u64::try_from(fraction.len()).ok()?)
            .saturating_add_unsigned(zeros);
        Self::decimal(size.len() < text.len(), digits, exponent)
    }

    /// The number as an integer, also when it was written with a fraction of zeros
    /// or an exponent.
    #[must_use]
    pub fn as_integer(self) -> Option<i128> {
        match self.0 {
            Kind::Integer(number) => Some(number),
            Kind::Decimal(_) => None,
        }
    }

    /// The integer part of the number times ten to the power of `power`; `None`
    /// beyond 128 bits.
    #[must_use]
    pub fn times_power_of_ten(self, power: u8) -> Option<i128> {
        match self.0 {
            Kind::Integer(number) => number.checked_mul(10_i128.checked_pow(power.into())?),
            Kind::Decimal(decimal) => decimal.integer_part(power.into()),
        }
    }

    /// The number of these digits, times ten to the power of `exponent`.
    fn decimal(is_negative: bool, digits: u64, exponent: i64) -> Option<Self> {
        let Some(decimal) = Decimal::new(is_negative, digits, exponent)? else {
            return Some(Self(Kind::Integer(0)));
        };
        let integer = decimal.as_integer().map(Kind::Integer);
        Some(Self(integer.unwrap_or(Kind::Decimal(decimal))))
    }

    fn as_decimal(self) -> Decimal {
        match self.0 {
            Kind::Integer(number) => number.into(),
            Kind::Decimal(decimal) => decimal,
        }
    }
}

/// By value: `1` equals `1.0`.
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Kind::Integer(one), Kind::Integer(other)) => one.cmp(&other),
            _ => self.as_decimal().cmp(&other.as_decimal()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

/// In decimal digits, without an exponent, so that [`Number::parse`] reads the
/// same number; at most 350 characters.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Integer(number) => number.fmt(f),
            Kind::Decimal(decimal) => decimal.fmt(f),
        }
    }
}

/// 2^53: up to here doubles hold every integer.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;
/// The digits that every double keeps are fewer than those of this number.
const FIFTEEN_DIGITS: f64 = 999_999_999_999_999.0;
/// 10^22 is the largest power of ten that a double holds.
const LOWEST_EXPONENT: i64 = -22;

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads an integer of one to 18 digits, as nearly all numbers of tokens are: no such
/// integer overflows 64 bits. `None` for all else, right or wrong.
fn read_short(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    if !matches!(digits, [b'0'] | [b'1'..=b'9', ..]) || digits.len() > 18 {
        return None;
    }
    let mut number: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.wrapping_mul(10).wrapping_add(digit.into());
    }
    Some(if digits.len() < text.len() {
        number.wrapping_neg()
    } else {
        number
    })
}

/// How many digits count at most. They fit 64 bits, and it takes 17 to tell each
/// double from the next.
const MOST_DIGITS: u64 = 19;

/// The digits from the first that is no zero to the last one, as a number, and how
/// many zeros stand behind them. `None` when they are more than [`MOST_DIGITS`].
fn counting_digits(digits: impl Iterator<Item = u8>) -> Option<(u64, u64)> {
    let (mut number, mut count, mut zeros): (u64, u64, u64) = (0, 0, 0);
    for digit in digits.map(|byte| byte.wrapping_sub(b'0')) {
        if digit == 0 {
            zeros = zeros.checked_add(1)?;
            continue;
        }
        // Before the first that counts, zeros say nothing.
        let places = if number == 0 {
            1
        } else {
            zeros.checked_add(1)?
        };
        count = count
            .checked_add(places)
            .filter(|count| *count <= MOST_DIGITS)?;
        let power = 10_u64.checked_pow(u32::try_from(places).ok()?)?;
        number = number.checked_mul(power)?.checked_add(digit.into())?;
        zeros = 0;
    }
    Some((number, zeros))
}

/// The exponent, or the end of the range that it is beyond.
fn read_exponent(text: &str) -> i64 {
    let beyond = if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    text.parse().unwrap_or(beyond)
}
