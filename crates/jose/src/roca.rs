//! The fingerprint of RSA moduli from the flawed generator of CVE-2017-15361:
//! Nemec, Sys, Svenda, Klinec, Matyas, "The Return of Coppersmith's Attack"
//! (ACM CCS 2017), section 2.

/// The odd primes of the smallest primorial that the generator used. Its moduli
/// are powers of 65537 modulo each of them; of others one in 2^27 is.
const PRIMES: [u64; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

const GENERATOR: u64 = 65537;

/// Whether `modulus`, the most significant byte first, has the fingerprint.
pub(crate) fn has_fingerprint(modulus: &[u8]) -> bool {
    let words = words(modulus);
    // Four primes at a time: their product still fits a word.
    PRIMES.chunks(4).all(|primes| {
        let product = primes
            .iter()
            .fold(1, |product: u64, prime| product.saturating_mul(*prime));
        let rest = remainder(&words, product);
        primes
            .iter()
            .all(|prime| is_power(modulo(rest, *prime), *prime))
    })
}

/// Whether `residue` is a power of [`GENERATOR`] modulo `prime`.
fn is_power(residue: u64, prime: u64) -> bool {
    let powers = std::iter::successors(Some(1_u64), |power| {
        let next = modulo(power.saturating_mul(GENERATOR), prime);
        // The powers go round.
        (next != 1).then_some(next)
    });
    // As many as there are residues: a prime that divides the generator would
    // never come round, and none of these does.
    let mut powers = powers.take(usize::try_from(prime).unwrap_or(0));
    powers.any(|power| power == residue)
}

/// The number in digits of 32 bits, the most significant one first: a division
/// takes as long for each of them as for a byte.
fn words(number: &[u8]) -> Vec<u32> {
    let (start, words) = number.as_rchunks::<4>();
    let start = start
        .iter()
        .fold(0, |word: u32, byte| (word << 8) | u32::from(*byte));
    let words = words.iter().map(|bytes| u32::from_be_bytes(*bytes));
    [start].into_iter().chain(words).collect()
}

/// The number modulo a divisor of at most 32 bits, so that nothing saturates.
fn remainder(words: &[u32], divisor: u64) -> u64 {
    words.iter().fold(0, |remainder: u64, word| {
        let sum = remainder
            .saturating_mul(1 << 32)
            .saturating_add((*word).into());
        modulo(sum, divisor)
    })
}

/// `number` modulo `divisor`, which is not zero.
fn modulo(number: u64, divisor: u64) -> u64 {
    number.checked_rem(divisor).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remainder_is_that_of_all_bytes_whatever_their_number() {
        for length in 0..=12 {
            let bytes: Vec<u8> = (0..length).map(|index| 0xfd - index * 19).collect();
            let number = bytes
                .iter()
                .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
            for prime in PRIMES.into_iter().chain([151 * 157 * 163 * 167]) {
                let expected = u64::try_from(number % u128::from(prime)).unwrap();
                assert_eq!(
                    remainder(&words(&bytes), prime),
                    expected,
                    "{length} {prime}"
                );
            }
        }
    }

    #[test]
    fn residues_that_are_no_powers_are_told_apart() {
        // 65537 is -1 modulo 11.
        let powers: Vec<u64> = (0..11).filter(|residue| is_power(*residue, 11)).collect();
        assert_eq!(powers, [1, 10]);
        // 65537 generates all residues modulo 3, but never zero.
        assert!(!is_power(0, 3) && is_power(1, 3) && is_power(2, 3));
    }
}
