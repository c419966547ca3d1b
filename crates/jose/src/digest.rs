//! SHA-256, HMAC-SHA-256 and a comparison that tells no secret: for filters that
//! keep digests of keys, so that they need no cryptography of their own.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 digest of `bytes` (FIPS 180-4).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA-256 of `message`. A key of any length is taken; one longer than a
/// block stands for its digest (RFC 2104 2).
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > block.len() {
        fill(&mut block, &sha256(key));
    } else {
        fill(&mut block, key);
    }
    let mac = Hmac::<Sha256>::new(&block.into());
    mac.chain_update(message).finalize().into_bytes().into()
}

/// Whether two digests are equal, in a time that does not depend on where they
/// differ. Digests of different lengths differ at once.
#[must_use]
pub fn digests_equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

fn fill(block: &mut [u8], key: &[u8]) {
    for (byte, key) in block.iter_mut().zip(key) {
        *byte = *key;
    }
}
