//! A token by RSA: no crate of the tests signs by it, so what was signed stands here.
//!
//! The key is of `openssl genrsa 2048`, the signature of `openssl dgst -sha256 -sign`
//! over `{"alg":"RS256","kid":"r1"}` and [`claims("")`](super::tokens::claims).

use gatepost_jose::{Algorithm, Jwk, RustVerifier, VerifySignature as _};
use gatepost_json::Limits;

use super::tokens::encoded;

/// The public key as a JWK.
pub(crate) fn jwk() -> String {
    format!(r#"{{"kty": "RSA", "kid": "r1", "n": "{MODULUS}", "e": "AQAB"}}"#)
}

/// The token that it signed, with other claims or the right ones.
pub(crate) fn rs256(claims: &str) -> String {
    let header = encoded(r#"{"alg":"RS256","kid":"r1"}"#);
    format!("{header}.{}.{SIGNATURE}", encoded(claims))
}

/// Whether a signature is right, by an RSA key of 2048 bits in SPKI; false for others.
pub(crate) fn verify(spki: &[u8], hash: &[u8], signature: &[u8], text: &[u8]) -> bool {
    let algorithm = match hash {
        b"sha256" => Algorithm::Rs256,
        b"sha384" => Algorithm::Rs384,
        b"sha512" => Algorithm::Rs512,
        _ => return false,
    };
    // 33 bytes of DER, the modulus, and the exponent 65537 in 5 bytes.
    let Some(modulus) = spki.get(33..289).filter(|_| spki.len() == 294) else {
        return false;
    };
    let jwk = format!(
        r#"{{"kty": "RSA", "n": "{}", "e": "AQAB"}}"#,
        encoded(modulus)
    );
    let jwk = gatepost_json::parse(jwk.as_bytes(), Limits::of_bytes(jwk.len())).unwrap();
    let key = Jwk::parse(&jwk).unwrap();
    RustVerifier.verify(&key, algorithm, text, signature) == Ok(true)
}

const MODULUS: &str = "qIoaBN8tI_5OCMRX9MpUzft6OVuZ2DugOdiirb2QIQ6bs_XZ1vBGIXRbvjdPbDdDCVKY09HCWR-TQdLe\
    nH8AJOrM_K31oe2u_Np9y0LhuCZb8sHWv8OoZLX4wox7jZbEWHXwWf4bd5x7ipkgRUXNUSoiP8oPHjms\
    c8aE1i1CoJiwlnTvjAFjwLI6e1CQwNjkGUP8ib_GcPWTrpEevqIKmos0l4SqyikoVA1BQknp0mVyXDI_\
    eqa95I04tdU73Gofk-NKHN77I0i3VgDRR4jxrLWbSyg5h4EBSfox2lvgQxWAXm-\
    HE3mpjS0c7eobrl610IKclHSWnrVrbzI7Na5ihQ";
const SIGNATURE: &str = "Gvhrwv5hvE_MUMUblmTj9JU-SWuys3t0yPJjic_tP6BU5ss9nS34YznfM8-pq-\
    fnF0zFyK1fqANz2zLloES-qXcVJnIAiVh6867-PxdM4Gmmga_-YM1PJHYeKTSxor79_ZDBdQFZYVVbxU\
    p8551PYPR_seaeOadlGR5kI9fxiPrTZpTDKKQB5PCJ9xkUFSESaLReLf9tdYGgzP8WS4nB_muvsiSids\
    sWzDaNB9_dM-4PEy8tcnat8hPww--ZZARHDXDyHIY_pT8PhxPChzqdygZArEktg3ugXaCZSslrS9b41V\
    M2e49B5eviaHfguNSzPJAjjrhf24CU2RREGNUJNQ";
