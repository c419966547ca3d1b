//! Powers modulo a large odd number: RSAVP1 (RFC 8017 5.2.2).
//!
//! For public keys and signatures only, which are no secrets: how long it takes
//! depends on them. WebAssembly multiplies 64 bits at most, so numbers are made of
//! digits of 32: with those of 64, as processors have them, each product is a call.

use std::cmp::Ordering;

/// An odd number above one, and what Montgomery's multiplication modulo it needs
/// ("Modular Multiplication Without Trial Division", 1985).
///
/// All numbers here have as many digits as the modulus, the least significant one
/// first; R is 2^32 to the power of how many those are.
#[derive(Clone, Debug)]
pub(crate) struct Modulus {
    digits: Box<[u32]>,
    /// How many bytes it has.
    len: usize,
    /// -1 divided by the modulus, modulo 2^32.
    negative_inverse: u32,
    /// R^2 modulo the modulus.
    square_of_r: Box<[u32]>,
}

impl Modulus {
    /// Of a number's bytes, the most significant one first and not zero; `None`
    /// when it is even or one.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        let digits = digits(bytes, bytes.len().div_ceil(4));
        let lowest = *digits.first()?;
        if lowest & 1 == 0 || bytes == [1] {
            return None;
        }
        let mut modulus = Self {
            negative_inverse: inverse(lowest).wrapping_neg(),
            square_of_r: Box::default(),
            len: bytes.len(),
            digits,
        };
        modulus.square_of_r = modulus.square_of_r()?;
        Some(modulus)
    }

    /// `base` to the power of `exponent`, in as many bytes as the modulus has. `None`
    /// unless the base is below the modulus, and the exponent odd and above one.
    pub(crate) fn power(&self, base: &[u8], exponent: u64) -> Option<Vec<u8>> {
        let number = digits(base, self.digits.len());
        if number.len() != self.digits.len() || !is_below(&number, &self.digits) {
            return None;
        }
        let below_highest = exponent.checked_ilog2()?;
        if exponent & 1 == 0 || below_highest == 0 {
            return None;
        }
        // Each product divides by R. So all numbers carry one R more than they mean,
        // but for the factor of the last product, after which none is left.
        let with_r = self.product(&number, &self.square_of_r);
        let mut power = with_r.clone();
        for bit in (1..below_highest).rev() {
            power = self.product(&power, &power);
            if exponent.checked_shr(bit)? & 1 == 1 {
                power = self.product(&power, &with_r);
            }
        }
        let square = self.product(&power, &power);
        let power = self.product(&square, &number);
        let bytes = power.iter().rev().flat_map(|digit| digit.to_be_bytes());
        let zeros = power.len().checked_mul(4)?.checked_sub(self.len)?;
        Some(bytes.skip(zeros).collect())
    }

    /// `a * b / R` modulo the modulus, of two numbers below it.
    fn product(&self, a: &[u32], b: &[u32]) -> Box<[u32]> {
        // Each round adds a digit's multiple of `b`, and the multiple of the modulus
        // that makes the lowest digit zero; which it leaves behind. The sum stays
        // below twice the modulus times R, so that one bit more is enough.
        let mut sum = vec![0_u32; a.len().saturating_mul(2)];
        let mut overflow = 0;
        for (round, digit) in a.iter().enumerate() {
            let Some(window) = sum.get_mut(round..) else {
                break;
            };
            overflow = self.add_multiples(window, *digit, b, overflow);
        }
        let mut result: Box<[u32]> = sum.get(a.len()..).unwrap_or_default().into();
        if overflow != 0 || !is_below(&result, &self.digits) {
            subtract(&mut result, &self.digits);
        }
        result
    }

    /// Adds `digit * b`, and what clears the lowest digit of the sum. `overflow` is
    /// what the round before carried beyond its end; this one's is returned.
    fn add_multiples(&self, sum: &mut [u32], digit: u32, b: &[u32], overflow: u32) -> u32 {
        let (Some(lowest), Some(lowest_of_b)) = (sum.first(), b.first()) else {
            return 0;
        };
        let factor = digit
            .wrapping_mul(*lowest_of_b)
            .wrapping_add(*lowest)
            .wrapping_mul(self.negative_inverse);
        let (mut carry, mut carry_of_modulus) = (0, 0);
        let mut rest = sum.iter_mut();
        for ((b, modulus), sum) in b.iter().zip(&self.digits).zip(rest.by_ref()) {
            let (low, high) = multiply_add(digit, *b, *sum, carry);
            carry = high;
            (*sum, carry_of_modulus) = multiply_add(factor, *modulus, low, carry_of_modulus);
        }
        let Some(next) = rest.next() else {
            return 0;
        };
        let (low, high) = wide(
            u64::from(carry)
                .wrapping_add(carry_of_modulus.into())
                .wrapping_add(overflow.into()),
        );
        *next = low;
        high
    }

    /// R^2 modulo the modulus, without a division.
    fn square_of_r(&self) -> Option<Box<[u32]>> {
        let count = self.digits.len();
        // The power of two below the modulus, doubled up to R ...
        let mut number: Box<[u32]> = vec![0; count].into();
        let highest = self.digits.last()?.checked_ilog2()?;
        *number.last_mut()? = 1_u32.checked_shl(highest)?;
        for _ in highest..32 {
            self.double(&mut number);
        }
        // ... and R to 2^count * R; squared five times, this is 2^(32 * count) * R.
        for _ in 0..count {
            self.double(&mut number);
        }
        for _ in 0..5 {
            number = self.product(&number, &number);
        }
        Some(number)
    }

    fn double(&self, number: &mut [u32]) {
        let mut carry = 0;
        for digit in number.iter_mut() {
            let next = *digit >> 31;
            *digit = *digit << 1 | carry;
            carry = next;
        }
        if carry != 0 || !is_below(number, &self.digits) {
            subtract(number, &self.digits);
        }
    }
}

/// `a * b + c + d`, which fits two digits: the low one and the high one.
fn multiply_add(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
    wide(
        u64::from(a)
            .wrapping_mul(b.into())
            .wrapping_add(c.into())
            .wrapping_add(d.into()),
    )
}

/// The low digit and the high one.
#[allow(clippy::cast_possible_truncation)]
const fn wide(number: u64) -> (u32, u32) {
    (number as u32, (number >> 32) as u32)
}

/// Subtracts, modulo R.
fn subtract(from: &mut [u32], number: &[u32]) {
    let mut borrow = false;
    for (digit, subtracted) in from.iter_mut().zip(number) {
        let (difference, one) = digit.overflowing_sub(*subtracted);
        let (difference, other) = difference.overflowing_sub(borrow.into());
        (*digit, borrow) = (difference, one || other);
    }
}

fn is_below(number: &[u32], other: &[u32]) -> bool {
    number.iter().rev().cmp(other.iter().rev()) == Ordering::Less
}

/// One divided by an odd digit, modulo 2^32: each step of Newton's doubles how many
/// of the low bits are right, and of the digit itself three are.
fn inverse(digit: u32) -> u32 {
    (0..4).fold(digit, |inverse, _| {
        let error = digit.wrapping_mul(inverse);
        inverse.wrapping_mul(2_u32.wrapping_sub(error))
    })
}

/// At least `count` digits, of bytes with the most significant one first.
fn digits(bytes: &[u8], count: usize) -> Box<[u32]> {
    let (rest, digits) = bytes.as_rchunks::<4>();
    let digits = digits.iter().rev().map(|digit| u32::from_be_bytes(*digit));
    let highest = rest
        .iter()
        .fold(0, |digit: u32, byte| digit << 8 | u32::from(*byte));
    let highest = (!rest.is_empty()).then_some(highest);
    let mut digits: Vec<u32> = digits.chain(highest).collect();
    digits.resize(digits.len().max(count), 0);
    digits.into()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// Square and multiply, as one would write it.
    fn naive(base: u64, exponent: u64, modulus: u64) -> u64 {
        let (modulus, mut square) = (u128::from(modulus), u128::from(base));
        let mut power = 1;
        for bit in 0..64 {
            if exponent >> bit & 1 == 1 {
                power = power * square % modulus;
            }
            square = square * square % modulus;
        }
        u64::try_from(power).unwrap()
    }

    fn power(base: u64, exponent: u64, modulus: u64) -> Option<u64> {
        let bytes = modulus.to_be_bytes();
        let bytes = &bytes[usize::try_from(modulus.leading_zeros() / 8).unwrap()..];
        let power = Modulus::new(bytes)?.power(&base.to_be_bytes(), exponent)?;
        assert_eq!(power.len(), bytes.len());
        let value = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(power.iter().fold(0, value))
    }

    /// Numbers at the edges of one digit and of two, and some between them.
    fn numbers() -> impl Iterator<Item = u64> {
        let edges =
            (0..64).flat_map(|bit| [1 << bit, (1 << bit) - 1, (1 << bit) + 1, u64::MAX << bit]);
        let others = (1..100_u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        edges.chain(others)
    }

    #[test]
    fn a_power_is_what_square_and_multiply_make_it() {
        for modulus in numbers()
            .step_by(3)
            .map(|number| number | 1)
            .filter(|number| *number > 1)
        {
            for base in numbers().step_by(7) {
                for exponent in [3, 5, 17, 65537, 0x1_ffff_ffff, 0x1_0000_0001] {
                    let expected = (base < modulus).then(|| naive(base, exponent, modulus));
                    // Eight bytes of a base are two digits, more than small moduli have.
                    let expected = expected.filter(|_| modulus >> 32 != 0);
                    assert_eq!(
                        power(base, exponent, modulus),
                        expected,
                        "{base} {exponent} {modulus}"
                    );
                }
            }
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn a_power_of_a_large_number_is_what_another_crate_makes_it(
            modulus in large(), base in large(), exponent in 1_u64..0x1_0000_0000,
        ) {
            use num_bigint::BigUint;

            let mut modulus = modulus;
            // Odd, and more than one.
            *modulus.first_mut().unwrap() |= 2;
            *modulus.last_mut().unwrap() |= 1;
            let exponent = exponent << 1 | 1;
            let numbers = [&base, &modulus].map(|bytes| BigUint::from_bytes_be(bytes));
            let [number, divisor] = numbers;
            let power = Modulus::new(&modulus).unwrap().power(&base, exponent);
            let expected = number.modpow(&exponent.into(), &divisor);
            match power {
                Some(power) => {
                    proptest::prop_assert_eq!(BigUint::from_bytes_be(&power), expected);
                    proptest::prop_assert_eq!(power.len(), modulus.len());
                }
                None => proptest::prop_assert!(number >= divisor || base.len() > modulus.len()),
            }
        }
    }

    /// Up to 40 digits, with many that are all ones or all zeros: there carries are.
    #[cfg(not(target_arch = "wasm32"))]
    fn large() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        use proptest::prelude::*;

        let byte = prop_oneof![Just(0_u8), Just(0xff), any::<u8>()];
        let run = (byte, 1..12_usize).prop_map(|(byte, len)| vec![byte; len]);
        let runs = prop::collection::vec(run, 1..16).prop_map(|runs| runs.concat());
        prop_oneof![runs, prop::collection::vec(any::<u8>(), 1..160)]
    }

    #[test]
    fn an_even_modulus_and_one_are_refused() {
        for bytes in [&[][..], &[1], &[2], &[0xff, 0xfe], &[1, 0, 0, 0, 0]] {
            assert!(Modulus::new(bytes).is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn only_numbers_below_the_modulus_are_raised() {
        let modulus = Modulus::new(&[0x7f, 0xff, 0xff, 0xff, 0xff]).unwrap();
        assert!(modulus.power(&[0x7f, 0xff, 0xff, 0xff, 0xfe], 3).is_some());
        for base in [
            &[0x7f, 0xff, 0xff, 0xff, 0xff][..],
            &[0x80, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(modulus.power(base, 3), None, "{base:?}");
        }
    }
}
