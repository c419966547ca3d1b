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
    PRIMES
        .iter()
        .all(|prime| is_power(remainder(modulus, *prime), *prime))
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

fn remainder(number: &[u8], prime: u64) -> u64 {
    number.iter().fold(0, |remainder: u64, byte| {
        modulo(
            remainder.saturating_mul(256).saturating_add((*byte).into()),
            prime,
        )
    })
}

/// `number` modulo `prime`, which is not zero.
fn modulo(number: u64, prime: u64) -> u64 {
    number.checked_rem(prime).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residues_that_are_no_powers_are_told_apart() {
        // 65537 is -1 modulo 11.
        let powers: Vec<u64> = (0..11).filter(|residue| is_power(*residue, 11)).collect();
        assert_eq!(powers, [1, 10]);
        // 65537 generates all residues modulo 3, but never zero.
        assert!(!is_power(0, 3) && is_power(1, 3) && is_power(2, 3));
    }
}
