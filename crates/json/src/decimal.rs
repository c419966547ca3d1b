//! Digits and a power of ten.

use std::cmp::Ordering;
use std::fmt;

/// `digits` times ten to the power of `exponent`, with a sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    /// Never of zero.
    is_negative: bool,
    digits: u128,
    exponent: i32,
}

/// What is less than one unit of this place is closer to zero than any double.
const LOWEST_PLACE: i64 = -324;

/// The largest number of 19 digits that is nearer to the largest double, 2^1024 -
/// 2^971, than to the first power of two beyond.
const LARGEST: Decimal = Decimal {
    is_negative: false,
    digits: 1_797_693_134_862_315_807,
    exponent: 290,
};

impl Decimal {
    /// `None` when it is larger than a double may be, and nothing inside when it is
    /// zero or closer to that than any double.
    pub(crate) fn new(is_negative: bool, digits: u64, exponent: i64) -> Option<Option<Self>> {
        let Some(place) = digits.checked_ilog10() else {
            return Some(None);
        };
        if exponent.saturating_add(place.into()) < LOWEST_PLACE {
            return Some(None);
        }
        let decimal = Self {
            is_negative,
            digits: digits.into(),
            exponent: i32::try_from(exponent).ok()?,
        };
        let is_in_range = decimal.compare_size(&LARGEST) != Ordering::Greater;
        is_in_range.then_some(Some(decimal))
    }

    /// The number, if it is an integer of 128 bits. With a negative exponent it is
    /// none: a reader has made an exponent of the zeros behind its digits.
    pub(crate) fn as_integer(&self) -> Option<i128> {
        if self.exponent < 0 {
            return None;
        }
        self.integer_part(0)
    }

    /// The integer part of the number times ten to the power of `power`; `None`
    /// beyond 128 bits.
    pub(crate) fn integer_part(&self, power: i32) -> Option<i128> {
        let exponent = self.exponent.checked_add(power)?;
        let size = match (power_of_ten(exponent), exponent < 0) {
            (Some(factor), false) => self.digits.checked_mul(factor)?,
            (None, false) => return None,
            (Some(divisor), true) => self.digits.checked_div(divisor)?,
            (None, true) => 0,
        };
        let size = i128::try_from(size).ok()?;
        if self.is_negative {
            return size.checked_neg();
        }
        Some(size)
    }

    /// By size, without the sign: first by the place of the highest digit, so that
    /// what is multiplied then is of one size.
    fn compare_size(&self, other: &Self) -> Ordering {
        self.highest_place()
            .cmp(&other.highest_place())
            .then_with(|| match self.exponent.checked_sub(other.exponent) {
                Some(more @ 0..) => self.compare_digits(more, other),
                Some(less) => other.compare_digits(less.saturating_abs(), self).reverse(),
                None => Ordering::Equal,
            })
    }

    /// By digits, of which these have an exponent that much larger. What is beyond
    /// 128 bits is larger than what is not.
    fn compare_digits(&self, larger: i32, other: &Self) -> Ordering {
        let digits = power_of_ten(larger).and_then(|power| self.digits.checked_mul(power));
        digits.map_or(Ordering::Greater, |digits| digits.cmp(&other.digits))
    }

    /// `None`, which is below all others, for zero.
    fn highest_place(&self) -> Option<i32> {
        let place = i32::try_from(self.digits.checked_ilog10()?).ok()?;
        place.checked_add(self.exponent)
    }
}

/// Ten to the power of `exponent` without its sign; `None` beyond 128 bits.
fn power_of_ten(exponent: i32) -> Option<u128> {
    10_u128.checked_pow(exponent.unsigned_abs())
}

impl From<i128> for Decimal {
    fn from(number: i128) -> Self {
        Self {
            is_negative: number < 0,
            digits: number.unsigned_abs(),
            exponent: 0,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negative {
            f.write_str("-")?;
        }
        let digits = self.digits.to_string();
        let places = usize::try_from(self.exponent.unsigned_abs()).map_err(|_| fmt::Error)?;
        if self.exponent >= 0 {
            return write!(f, "{digits}{:0<places$}", "");
        }
        let whole = digits.len().saturating_sub(places);
        let (whole, fraction) = digits.split_at_checked(whole).unwrap_or_default();
        let whole = if whole.is_empty() { "0" } else { whole };
        write!(f, "{whole}.{fraction:0>places$}")
    }
}
