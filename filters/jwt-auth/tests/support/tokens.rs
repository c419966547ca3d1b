//! Tokens of the tests: signed with keys that are no secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use p256::ecdsa::Signature;

pub(crate) const ISSUER: &str = "https://issuer.example";
/// The time at which a test's proxy starts, in seconds.
pub(crate) const NOW: u64 = 1_700_000_000;

/// Claims that the tests' provider takes, with more members.
pub(crate) fn claims(more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!(
        r#"{{"iss": "{ISSUER}", "aud": "shop", "sub": "alice", "exp": {}{comma}{more}}}"#,
        NOW + 600
    )
}

/// A good token with more claims.
pub(crate) fn good(more: &str) -> String {
    es256("k1", &claims(more))
}

/// A token of `https://other.example`, by the P-256 key 2.
pub(crate) fn by_other() -> String {
    let claims = format!(
        r#"{{"iss": "https://other.example", "sub": "bob", "exp": {}}}"#,
        NOW + 600
    );
    signed(2, r#"{"alg":"ES256","kid":"k1"}"#, &claims)
}

/// A token by the P-256 key that the number names: 1 is `k1` of the tests' key set.
pub(crate) fn signed(number: u8, header: &str, claims: &str) -> String {
    let input = format!("{}.{}", encoded(header), encoded(claims));
    let signature: Signature = p256_key(number).sign(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

pub(crate) fn es256(kid: &str, claims: &str) -> String {
    signed(1, &format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), claims)
}

pub(crate) fn eddsa(kid: &str, claims: &str) -> String {
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#);
    let input = format!("{}.{}", encoded(&header), encoded(claims));
    let signature = ed25519_key().sign(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

pub(crate) fn hs256(secret: &[u8], header: &str, claims: &str) -> String {
    let input = format!("{}.{}", encoded(header), encoded(claims));
    let tag = gatepost_jose::hmac_sha256(secret, input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
}

pub(crate) fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// `k1`, a P-256 key, and `e1`, an Ed25519 key.
pub(crate) fn key_set() -> String {
    format!(
        r#"{{"keys": [{}, {{"kty": "OKP", "crv": "Ed25519", "kid": "e1", "x": "{}"}}]}}"#,
        p256_jwk(1, "k1"),
        encoded(ed25519_key().verifying_key().as_bytes())
    )
}

/// The public half of a P-256 key as a JWK.
pub(crate) fn p256_jwk(number: u8, kid: &str) -> String {
    let key = p256_key(number);
    let point = key.verifying_key().to_sec1_point(false);
    let bytes = point.as_bytes();
    format!(
        r#"{{"kty": "EC", "crv": "P-256", "kid": "{kid}", "x": "{}", "y": "{}"}}"#,
        encoded(&bytes[1..33]),
        encoded(&bytes[33..])
    )
}

pub(crate) fn p256_key(number: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[number; 32]).unwrap()
}

fn ed25519_key() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[7; 32])
}

/// Whether a signature in DER is right, by a key in SPKI; false for other curves.
pub(crate) fn verify_p256_der(spki: &[u8], signature: &[u8], text: &[u8]) -> bool {
    use p256::ecdsa::signature::Verifier as _;
    // SPKI ends with the point.
    let Some(point) = spki.len().checked_sub(65).map(|start| &spki[start..]) else {
        return false;
    };
    let (Ok(key), Ok(signature)) = (
        p256::ecdsa::VerifyingKey::from_sec1_bytes(point),
        Signature::from_der(signature),
    ) else {
        return false;
    };
    key.verify(text, &signature).is_ok()
}
