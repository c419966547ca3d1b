//! What an RSA signature must come to: the encodings of RFC 8017 9.

use crate::hash::Hash;

/// Whether `encoded` is EMSA-PKCS1-v1_5 of the message (RFC 8017 9.2). There is one
/// encoding, which is made and compared: whoever parses it instead accepts others,
/// and forgeries with them.
pub(crate) fn is_pkcs1_v1_5(encoded: &[u8], hash: Hash, message: &[u8]) -> bool {
    let digest = hash.digest(&[message]);
    let digest_info = [&digest_info_start(hash)[..], &digest].concat();
    let Some(padding) = encoded
        .len()
        .checked_sub(digest_info.len().saturating_add(3))
    else {
        return false;
    };
    let expected = [
        &[0x00, 0x01],
        &vec![0xff; padding][..],
        &[0x00],
        &digest_info,
    ]
    .concat();
    // RFC 8017 9.2 asks for eight bytes of padding.
    padding >= 8 && encoded == expected
}

/// The DER of a `DigestInfo` up to its digest (RFC 8017 9.2, note 1).
fn digest_info_start(hash: Hash) -> [u8; 19] {
    let (rest, arc, len) = match hash {
        Hash::Sha256 => (0x31, 1, 0x20),
        Hash::Sha384 => (0x41, 2, 0x30),
        Hash::Sha512 => (0x51, 3, 0x40),
    };
    // SEQUENCE { SEQUENCE { OBJECT IDENTIFIER 2.16.840.1.101.3.4.2.arc, NULL }, OCTET
    // STRING of len bytes }
    [
        0x30, rest, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc,
        0x05, 0x00, 0x04, len,
    ]
}

/// Whether `encoded`, as long as a modulus of `modulus_bits`, is EMSA-PSS of the
/// message with MGF1 of the same hash, and a salt as long as the hash and no other
/// (RFC 8017 9.1.2, RFC 7518 3.5).
pub(crate) fn is_pss(encoded: &[u8], modulus_bits: u64, hash: Hash, message: &[u8]) -> bool {
    check_pss(encoded, modulus_bits, hash, message).unwrap_or(false)
}

/// `None` when it is too short.
fn check_pss(encoded: &[u8], modulus_bits: u64, hash: Hash, message: &[u8]) -> Option<bool> {
    // The encoding has a bit less than the modulus. What is above it is zero: for a
    // modulus of 8n + 1 bits a whole byte, which is no part of the encoding then.
    let bits = modulus_bits.checked_sub(1)?;
    let len = usize::try_from(bits.div_ceil(8)).ok()?;
    let (above, encoded) = encoded.split_at_checked(encoded.len().checked_sub(len)?)?;
    let unused = u64::try_from(len).ok()?.checked_mul(8)?.checked_sub(bits)?;
    let used = 0xff_u8.checked_shr(u32::try_from(unused).ok()?)?;

    let (trailer, rest) = encoded.split_last()?;
    let (masked, digest) = rest.split_at_checked(rest.len().checked_sub(hash.len())?)?;
    let is_zero_above = above.iter().all(|byte| *byte == 0) && masked.first()? & !used == 0;

    let mut block = masked.to_vec();
    mask(&mut block, hash, digest);
    *block.first_mut()? &= used;
    let (padding, salt) = block.split_at_checked(block.len().checked_sub(hash.len())?)?;
    let (separator, zeros) = padding.split_last()?;
    let is_padded = *separator == 0x01 && zeros.iter().all(|byte| *byte == 0);

    let expected = hash.digest(&[&[0; 8], &hash.digest(&[message]), salt]);
    Some(*trailer == 0xbc && is_zero_above && is_padded && expected == digest)
}

/// Adds, bit by bit, the mask that MGF1 makes of a seed (RFC 8017 B.2.1).
fn mask(block: &mut [u8], hash: Hash, seed: &[u8]) {
    for (counter, chunk) in (0_u32..).zip(block.chunks_mut(hash.len())) {
        let mask = hash.digest(&[seed, &counter.to_be_bytes()]);
        for (byte, mask) in chunk.iter_mut().zip(mask) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    const HASHES: [Hash; 3] = [Hash::Sha256, Hash::Sha384, Hash::Sha512];
    const MESSAGE: &[u8] = b"eyJhbGciOiJ0ZXN0In0.e30";

    /// EMSA-PSS as RFC 8017 9.1.1 makes it, for a modulus of so many bits.
    fn pss(bits: usize, hash: Hash, salt: &[u8], padding: &[u8], trailer: u8) -> Vec<u8> {
        let len = (bits - 1).div_ceil(8);
        let digest = hash.digest(&[&[0; 8], &hash.digest(&[MESSAGE]), salt]);
        let tail = [padding, salt].concat();
        let mut block = vec![0; len - digest.len() - 1 - tail.len()];
        block.extend(tail);
        mask(&mut block, hash, &digest);
        block[0] &= 0xff >> (8 * len - (bits - 1));
        let above = vec![0; bits.div_ceil(8) - len];
        [above, block, digest, vec![trailer]].concat()
    }

    fn is_good_pss(encoded: &[u8], bits: usize, hash: Hash) -> bool {
        is_pss(encoded, u64::try_from(bits).unwrap(), hash, MESSAGE)
    }

    #[test]
    fn a_pss_encoding_of_any_number_of_bits_is_good_and_none_that_differs_in_a_bit() {
        for hash in HASHES {
            for bits in 2048..2058 {
                let good = pss(bits, hash, &vec![0x5a; hash.len()], &[1], 0xbc);
                assert!(is_good_pss(&good, bits, hash), "{hash:?} {bits}");
                for at in (0..good.len()).step_by(if bits < 2050 { 1 } else { 37 }) {
                    for bit in 0..8 {
                        let mut changed = good.clone();
                        changed[at] ^= 1 << bit;
                        assert!(!is_good_pss(&changed, bits, hash), "{hash:?} {bits} {at}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_pss_encoding_has_a_salt_as_long_as_the_hash_its_padding_and_its_trailer() {
        for hash in HASHES {
            let len = hash.len();
            for salt in [0, 1, 20, len - 1, len + 1, 2 * len] {
                let other = pss(2048, hash, &vec![0x5a; salt], &[1], 0xbc);
                assert!(!is_good_pss(&other, 2048, hash), "{hash:?} {salt}");
            }
            let salt = vec![0x5a; len];
            for padding in [&[0][..], &[2], &[1, 0], &[1, 1], &[0xff, 1]] {
                let other = pss(2048, hash, &salt, padding, 0xbc);
                assert!(!is_good_pss(&other, 2048, hash), "{hash:?} {padding:?}");
            }
            let other = pss(2048, hash, &salt, &[1], 0xcc);
            assert!(!is_good_pss(&other, 2048, hash));
            for len in 0..=2 * len + 1 {
                assert!(!is_pss(&vec![0xbc; len], 8 * 256, hash, MESSAGE));
                let bits = u64::try_from(8 * len).unwrap();
                assert!(!is_pss(&vec![0xbc; len], bits, hash, MESSAGE));
            }
        }
    }

    #[test]
    fn there_is_one_pkcs1_encoding_of_a_message() {
        for hash in HASHES {
            let digest = hash.digest(&[MESSAGE]);
            let info = [&digest_info_start(hash)[..], &digest].concat();
            let encoding = |start: &[u8], padding: &[u8], rest: &[&[u8]]| {
                let rest = rest.concat();
                let count = 256 - start.len() - padding.len() - rest.len();
                let ones = vec![0xff; count];
                is_pkcs1_v1_5(&[start, &ones, padding, &rest].concat(), hash, MESSAGE)
            };
            assert!(encoding(&[0, 1], &[0], &[&info]));
            assert!(!encoding(&[0, 2], &[0], &[&info]));
            assert!(!encoding(&[1, 1], &[0], &[&info]));
            assert!(!encoding(&[0, 1], &[0xfe, 0], &[&info]));
            assert!(!encoding(&[0, 1], &[], &[&info]));
            // Bleichenbacher's forgery of 2006: what is behind the digest is free.
            assert!(!encoding(&[0, 1], &[0], &[&info, &[0x5a; 64]]));
            // Without the NULL, which RFC 8017 9.2 does not write.
            let bare = [0x30, info[1] - 2, 0x30, 0x0b];
            assert!(!encoding(
                &[0, 1],
                &[0],
                &[&bare, &info[4..15], &info[17..]]
            ));
            assert!(!encoding(&[0, 1], &[0], &[&digest]));
            for len in 0..info.len() + 11 {
                assert!(!is_pkcs1_v1_5(&vec![0xff; len], hash, MESSAGE));
            }
        }
    }
}
