//! The few ASN.1 structures that a host is handed, in DER (X.690 10).

/// Identifier octets (X.690 8.1.2).
mod tag {
    pub(super) const INTEGER: u8 = 0x02;
    pub(super) const BIT_STRING: u8 = 0x03;
    pub(super) const NULL: u8 = 0x05;
    pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(super) const SEQUENCE: u8 = 0x30;
}

/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017 A.1).
const RSA_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
/// `id-ecPublicKey`, 1.2.840.10045.2.1 (RFC 5480 2.1.1).
const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
/// `id-Ed25519`, 1.3.101.112 (RFC 8410 3).
const ED25519: &[u8] = b"\x2b\x65\x70";

/// The `SubjectPublicKeyInfo` (RFC 5280 4.1.2.7) of an RSA key (RFC 3279 2.3.1).
pub(crate) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[
        &element(tag::OBJECT_IDENTIFIER, &[RSA_ENCRYPTION]),
        &element(tag::NULL, &[]),
    ]);
    let key = sequence(&[&integer(modulus), &integer(exponent)]);
    sequence(&[&algorithm, &bit_string(&key)])
}

/// The `SubjectPublicKeyInfo` of an elliptic curve key (RFC 5480 2): the
/// identifier of its named curve, and its point, uncompressed.
pub(crate) fn ec_spki(curve: &[u8], point: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[
        &element(tag::OBJECT_IDENTIFIER, &[EC_PUBLIC_KEY]),
        &element(tag::OBJECT_IDENTIFIER, &[curve]),
    ]);
    sequence(&[&algorithm, &bit_string(point)])
}

/// The `SubjectPublicKeyInfo` of an Ed25519 key (RFC 8410 4).
pub(crate) fn ed25519_spki(key: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&element(tag::OBJECT_IDENTIFIER, &[ED25519])]);
    sequence(&[&algorithm, &bit_string(key)])
}

/// Turns an ECDSA signature as JOSE writes it (RFC 7518 3.4: `r` and `s`, each
/// `coordinate_len` bytes) into the `Ecdsa-Sig-Value` (RFC 3279 2.2.3) that
/// BoringSSL reads. `None` when the length is not twice `coordinate_len`; whether
/// `r` and `s` are in range is for whoever checks the signature.
#[must_use]
pub fn ecdsa_signature_to_der(signature: &[u8], coordinate_len: usize) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(coordinate_len)?;
    (s.len() == coordinate_len).then(|| sequence(&[&integer(r), &integer(s)]))
}

fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, elements)
}

/// A string of whole bytes: no bit of the last one is unused.
fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes])
}

/// A number that is not negative, from its bytes, the most significant first.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = bytes.get(zeros..).unwrap_or_default();
    match bytes.first() {
        // A leading zero keeps what would be a sign bit from being one, and is
        // all of zero.
        None | Some(0x80..) => element(tag::INTEGER, &[&[0], bytes]),
        Some(_) => element(tag::INTEGER, &[bytes]),
    }
}

/// An element in definite form (X.690 8.1.3): what `parts` are, one after the other.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let size = parts
        .iter()
        .fold(0_usize, |size, part| size.saturating_add(part.len()));
    let len = size.to_be_bytes();
    let zeros = len.iter().take_while(|byte| **byte == 0).count();
    let len = len.get(zeros..).unwrap_or_default();
    // The tag, and a length of a byte and at most eight.
    let mut element = Vec::with_capacity(size.saturating_add(10));
    element.push(tag);
    match len {
        [] => element.push(0),
        [short @ ..0x80] => element.push(*short),
        long => {
            element.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            element.extend_from_slice(long);
        }
    }
    for part in parts {
        element.extend_from_slice(part);
    }
    element
}
