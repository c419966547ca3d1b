//! Numbers without rounding.

use std::cmp::Ordering;
use std::fmt;

/// A finite number. Integers of up to 128 bits are exact; whatever else was
/// written, in at most 19 digits that count, is the nearest double (RFC 8259 6).
#[derive(Clone, Copy, Debug)]
pub struct Number(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Integer(i128),
    /// Finite.
    Float(f64),
}

impl Number {
    /// An integer.
    #[must_use]
    pub fn integer(number: impl Into<i128>) -> Self {
        Self(Kind::Integer(number.into()))
    }

    /// A double; `None` when it is not finite.
    #[must_use]
    pub fn float(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(Kind::Float(number)))
    }

    /// Reads a JSON number (RFC 8259 6); `None` when it is none, or beyond what
    /// a double holds, or when it is no integer of 128 bits and has more than 19
    /// digits, zeros before and behind them not counted. No double holds so many,
    /// and to round them right costs a thousand times what others cost.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
        if whole == 0 || (whole > 1 && digits.starts_with('0')) {
            return None;
        }
        if whole == digits.len()
            && let Some(number) = read_integer(text)
        {
            return Some(Self(Kind::Integer(number)));
        }
        let (_, rest) = digits.split_at_checked(whole)?;
        if !is_fraction_and_exponent(rest) {
            return None;
        }
        Self::float(read_float(text)?)
    }

    /// The number as an integer, also when it was written as a whole float.
    #[must_use]
    pub fn as_integer(self) -> Option<i128> {
        match self.0 {
            Kind::Integer(number) => Some(number),
            Kind::Float(number) if number.fract() == 0.0 && number.abs() < BEYOND_I128 => {
                Some(whole(number))
            }
            Kind::Float(_) => None,
        }
    }

    /// The nearest double.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self.0 {
            Kind::Integer(number) => number as f64,
            Kind::Float(number) => number,
        }
    }
}

/// By value: `1` equals `1.0`. No rounding takes place.
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Kind::Integer(a), Kind::Integer(b)) => a.cmp(&b),
            (Kind::Integer(a), Kind::Float(b)) => compare(a, b),
            (Kind::Float(a), Kind::Integer(b)) => compare(b, a).reverse(),
            // Both are finite, so they compare; `-0.0` equals `0.0`.
            (Kind::Float(a), Kind::Float(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
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
        match (self.0, self.as_integer()) {
            // The shortest digits of a large double are not the number it is, and
            // an integer would be read to its last digit.
            (Kind::Integer(number), _) | (Kind::Float(_), Some(number)) => number.fmt(f),
            (Kind::Float(number), None) => number.fmt(f),
        }
    }
}

/// 2^127, the first double beyond the integers of 128 bits.
const BEYOND_I128: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

fn compare(integer: i128, float: f64) -> Ordering {
    if float >= BEYOND_I128 {
        return Ordering::Less;
    }
    if float < -BEYOND_I128 {
        return Ordering::Greater;
    }
    let floor = float.floor();
    let fraction = if float > floor {
        Ordering::Less
    } else {
        Ordering::Equal
    };
    integer.cmp(&whole(floor)).then(fraction)
}

/// Exact for the whole doubles of the range, which callers have checked.
#[allow(clippy::cast_possible_truncation)]
fn whole(number: f64) -> i128 {
    number as i128
}

/// `None` beyond 128 bits.
fn read_integer(text: &str) -> Option<i128> {
    // Most fit, and 64 bits are several times as fast.
    if let Ok(number) = text.parse::<i64>() {
        return Some(number.into());
    }
    text.parse().ok()
}

/// How many digits of a float count at most. They fit 64 bits, and it takes 17 to
/// tell each double from the next.
const MOST_DIGITS: usize = 19;

/// The nearest double to a number of the right grammar; infinite beyond the
/// largest, `None` when more than [`MOST_DIGITS`] count.
fn read_float(text: &str) -> Option<f64> {
    if text.len() <= MOST_DIGITS {
        return text.parse().ok();
    }
    // As an integer and a power of ten: of more digits, whatever they are, the
    // standard library may have to compare thousands near the middle of two doubles.
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let fraction = mantissa
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len());
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let counting = digits.trim_end_matches('0');
    let zeros = digits.len().saturating_sub(counting.len());
    let counting = counting.trim_start_matches('0');
    if counting.len() > MOST_DIGITS {
        return None;
    }
    let counting = if counting.is_empty() { "0" } else { counting };
    let sign = if text.starts_with('-') { "-" } else { "" };
    let exponent = read_exponent(exponent)
        .saturating_sub_unsigned(u64::try_from(fraction).ok()?)
        .saturating_add_unsigned(u64::try_from(zeros).ok()?);
    format!("{sign}{counting}e{exponent}").parse().ok()
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

/// `[ "." 1*DIGIT ] [ ("e" / "E") [ "+" / "-" ] 1*DIGIT ]`
fn is_fraction_and_exponent(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (fraction, exponent) = match text.split_once(['e', 'E']) {
        None => (text, None),
        Some((fraction, exponent)) => (fraction, Some(exponent)),
    };
    let fraction_is_good = match fraction.strip_prefix('.') {
        None => fraction.is_empty(),
        Some(digits) => is_digits(digits),
    };
    let exponent_is_good =
        exponent.is_none_or(|text| is_digits(text.strip_prefix(['+', '-']).unwrap_or(text)));
    fraction_is_good && exponent_is_good
}
