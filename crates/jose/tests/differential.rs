//! Against two other readers, jwt-simple and jsonwebtoken: each token on which
//! they disagree with ours is named, with the reason.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

mod forge;

use std::time::Duration;

use forge::encode;
use forge::issued::{Issued, key_set};
use gatepost_jose::{
    Algorithm, ClaimsPolicy, KeySet, RustVerifier, TokenPolicy, hmac_sha256, verify,
};
use jsonwebtoken::{DecodingKey, Validation, decode};
use jwt_simple::prelude::{
    ECDSAP256PublicKeyLike as _, ECDSAP384PublicKeyLike as _, ES256PublicKey, ES384PublicKey,
    Ed25519PublicKey, EdDSAPublicKeyLike as _, HS256Key, HS384Key, HS512Key, MACLike as _,
    PS256PublicKey, PS384PublicKey, PS512PublicKey, RS256PublicKey, RS384PublicKey, RS512PublicKey,
    RSAPublicKeyLike as _, VerificationOptions,
};
use serde_json::{Value, json};

/// 2024-01-01; jsonwebtoken asks the clock, and no time in a case lies between.
const NOW: u64 = 1_704_067_200;
const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

/// Who accepts a token: ours, jwt-simple, jsonwebtoken.
type Accepted = [bool; 3];

const ALL: Accepted = [true, true, true];
const NONE: Accepted = [false, false, false];
const BOTH_OTHERS: Accepted = [false, true, true];
const JWT_SIMPLE: Accepted = [false, true, false];
const JSONWEBTOKEN: Accepted = [false, false, true];

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"sub":"alice","exp":4102444800}"#;

/// What the others do with a header, and why we do not.
const HEADERS: &[(&str, Accepted, &str)] = &[
    (HEADER, ALL, ""),
    (r#"{"alg":"HS256"}"#, ALL, ""),
    (r#" { "typ" : "JWT" , "alg" : "HS256" } "#, ALL, ""),
    (r#"{"alg":"HS256","x":{"y":[1]}}"#, ALL, ""),
    (r#"{"alg":"HS256","kid":"any"}"#, ALL, ""),
    (r#"{"alg":"none"}"#, NONE, ""),
    (r#"{"alg":"HS384"}"#, NONE, ""),
    (r#"{"alg":"hs256"}"#, NONE, ""),
    (r#"{"typ":"JWT"}"#, NONE, ""),
    (r#"{"alg":null}"#, NONE, ""),
    ("[]", NONE, ""),
    (r#"{"alg":"HS256",}"#, NONE, ""),
    (r#"{"alg":"HS256","alg":"HS256"}"#, NONE, ""),
    (r#"{"alg":"HS256","\u0061lg":"none"}"#, NONE, ""),
    (r#"{"alg":"HS256","kid":7}"#, NONE, ""),
    (
        r#"{"alg":"HS256","x":1,"x":2}"#,
        BOTH_OTHERS,
        "unknown members may stand twice",
    ),
    (
        r#"{"alg":"HS256","crit":["exp"]}"#,
        JSONWEBTOKEN,
        "`crit` is not looked at",
    ),
    (
        r#"{"alg":"HS256","crit":[]}"#,
        BOTH_OTHERS,
        "an empty `crit` is none (RFC 7515 4.1.11)",
    ),
    (
        r#"{"alg":"HS256","zip":"DEF"}"#,
        BOTH_OTHERS,
        "`zip` is not looked at",
    ),
    (
        r#"{"alg":"HS256","b64":false}"#,
        BOTH_OTHERS,
        "`b64` is not looked at",
    ),
    (
        r#"{"alg":"HS256","cty":"JWT"}"#,
        BOTH_OTHERS,
        "`cty` is not looked at",
    ),
    (
        r#"{"alg":"HS256","typ":"dpop+jwt"}"#,
        BOTH_OTHERS,
        "`typ` is not looked at",
    ),
    (r#"{"alg":"HS256","typ":7}"#, NONE, ""),
    (
        r#"{"alg":"HS256","jku":"https://attacker.example"}"#,
        ALL,
        "",
    ),
    (
        r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}"#,
        [true, false, true],
        "jwt-simple takes `jwk` for a text; it is ignored, whatever it is",
    ),
];

/// The same for claims.
const PAYLOADS: &[(&str, Accepted, &str)] = &[
    (CLAIMS, ALL, ""),
    (r#"{"exp":4102444800,"aud":"a"}"#, ALL, ""),
    (r#"{"exp":4102444800,"aud":["a","b"]}"#, ALL, ""),
    (r#"{"exp":4102444800,"nbf":1,"iat":1}"#, ALL, ""),
    (r#"{"exp":1}"#, NONE, ""),
    (r#"{"exp":0}"#, NONE, ""),
    (r#"{"exp":"4102444800"}"#, NONE, ""),
    (r#"{"exp":null}"#, NONE, ""),
    (r#"{"exp":-1}"#, NONE, ""),
    (r#"{"exp":1e400}"#, NONE, ""),
    (r#"{"exp":4102444800,"nbf":4102444700}"#, NONE, ""),
    ("[]", NONE, ""),
    ("foo", NONE, ""),
    (r#"{"exp":4102444800,}"#, NONE, ""),
    (r#"{"exp":4102444800,"exp":4102444801}"#, NONE, ""),
    (r#"{"exp":4102444800.5}"#, ALL, ""),
    (r#"{"exp":4.1024448e9}"#, ALL, ""),
    (
        r#"{"exp":1e20}"#,
        [true, true, false],
        "a number beyond 64 bits is one all the same (RFC 7519 2)",
    ),
    ("{}", JWT_SIMPLE, "`exp` need not be there"),
    (
        r#"{"exp":4102444800,"iat":4102444700}"#,
        JSONWEBTOKEN,
        "`iat` is not looked at",
    ),
    (r#"{"exp":4102444800,"iat":"1"}"#, JSONWEBTOKEN, "as above"),
    (r#"{"exp":4102444800,"nbf":"1"}"#, NONE, ""),
    (
        r#"{"exp":4102444800,"sub":7}"#,
        JSONWEBTOKEN,
        "claims that are not asked for have no type",
    ),
    (r#"{"exp":4102444800,"iss":7}"#, JSONWEBTOKEN, "as above"),
    (r#"{"exp":4102444800,"aud":7}"#, JSONWEBTOKEN, "as above"),
    (r#"{"exp":4102444800,"jti":7}"#, JSONWEBTOKEN, "as above"),
    (
        r#"{"exp":4102444800,"x":1,"x":2}"#,
        BOTH_OTHERS,
        "the last member wins",
    ),
    (r#"{"exp":4102444800,"x":"\ud800"}"#, NONE, ""),
];

/// What can be done to the text of a token.
type Respell = fn(&str) -> String;

const SPELLINGS: &[(&str, Respell, Accepted, &str)] = &[
    ("as it is", str::to_owned, ALL, ""),
    ("padded", |token| format!("{token}="), NONE, ""),
    ("a space behind", |token| format!("{token} "), NONE, ""),
    ("a line feed behind", |token| format!("{token}\n"), NONE, ""),
    ("a dot behind", |token| format!("{token}."), NONE, ""),
    ("a dot before", |token| format!(".{token}"), NONE, ""),
    ("two dots", |token| token.replacen('.', "..", 1), NONE, ""),
    (
        "no signature",
        |token| token[..=token.rfind('.').unwrap()].to_owned(),
        NONE,
        "",
    ),
    (
        "half a signature",
        |token| token[..token.len() - 20].to_owned(),
        NONE,
        "",
    ),
    (
        "bits left over",
        |token| {
            // 32 bytes: the last character has two bits to spare.
            let last = token.chars().last().unwrap();
            let other = char::from_u32(u32::from(last) + 1).unwrap();
            format!("{}{other}", &token[..token.len() - 1])
        },
        NONE,
        "",
    ),
    ("five segments", |token| format!("{token}.AA.AA"), NONE, ""),
];

#[test]
fn headers_are_judged_as_others_do_or_the_reason_is_named() {
    for (header, accepted, why) in HEADERS {
        judge(header, &signed(header, CLAIMS), *accepted, why);
    }
}

#[test]
fn claims_are_judged_as_others_do_or_the_reason_is_named() {
    for (payload, accepted, why) in PAYLOADS {
        judge(payload, &signed(HEADER, payload), *accepted, why);
    }
}

#[test]
fn spellings_are_judged_as_others_do_or_the_reason_is_named() {
    for (name, respell, accepted, why) in SPELLINGS {
        judge(name, &respell(&signed(HEADER, CLAIMS)), *accepted, why);
    }
}

fn judge(name: &str, token: &str, accepted: Accepted, why: &str) {
    let found = [
        ours(token, &secret_keys(), Algorithm::Hs256),
        simple(&HS256Key::from_bytes(SECRET).verify_token::<Value>(token, Some(options()))),
        jsonwebtoken(
            token,
            &DecodingKey::from_secret(SECRET),
            jsonwebtoken::Algorithm::HS256,
        ),
    ];
    assert_eq!(found, accepted, "{name}");
    let they_agree = accepted == ALL || accepted == NONE;
    assert_eq!(they_agree, why.is_empty(), "{name}");
}

#[test]
fn issued_tokens_are_accepted_and_foreign_ones_refused_by_all_three() {
    let issued = Issued::read();
    for (tokens, is_good) in [(&issued.tokens, true), (&issued.foreign, false)] {
        for token in tokens {
            let algorithm = forge::parse(token).algorithm();
            let keys = if algorithm.is_symmetric() {
                &issued.secret
            } else {
                &issued.public
            };
            assert_eq!(ours(token, keys, algorithm), is_good, "{algorithm}");
            if let Some(accepted) = others(&issued, token, algorithm) {
                assert_eq!(accepted, [is_good; 2], "{algorithm}: {token}");
            }
        }
    }
}

/// jwt-simple and jsonwebtoken; `None` for ES512, which neither has, and for the
/// name `Ed25519`, which jsonwebtoken has not.
fn others(issued: &Issued, token: &str, algorithm: Algorithm) -> Option<[bool; 2]> {
    let jwk = |kid: &str| {
        let keys = issued.public_json["keys"].as_array().unwrap();
        keys.iter().find(|key| key["kid"] == kid).unwrap()
    };
    let bytes = |jwk: &Value, member: &str| forge::decode(jwk[member].as_str().unwrap());
    let secret = || issued.secret_bytes(algorithm);
    let rsa = jwk("rsa");
    let (n, e) = (bytes(rsa, "n"), bytes(rsa, "e"));
    let point = |kid: &str| {
        let jwk = jwk(kid);
        [vec![4], bytes(jwk, "x"), bytes(jwk, "y")].concat()
    };
    let options = Some(options());
    let simple = match algorithm {
        Algorithm::Rs256 => simple(
            &RS256PublicKey::from_components(&n, &e)
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Rs384 => simple(
            &RS384PublicKey::from_components(&n, &e)
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Rs512 => simple(
            &RS512PublicKey::from_components(&n, &e)
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Ps256 => simple(
            &PS256PublicKey::from_components(&n, &e)
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Ps384 => simple(
            &PS384PublicKey::from_components(&n, &e)
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Ps512 => simple(
            &PS512PublicKey::from_components(&n, &e)
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Es256 => simple(
            &ES256PublicKey::from_bytes(&point("P-256"))
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Es384 => simple(
            &ES384PublicKey::from_bytes(&point("P-384"))
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Es512 => return None,
        Algorithm::Ed25519 => simple(
            &Ed25519PublicKey::from_bytes(&bytes(jwk("Ed25519"), "x"))
                .unwrap()
                .verify_token::<Value>(token, options),
        ),
        Algorithm::Hs256 => {
            simple(&HS256Key::from_bytes(&secret()).verify_token::<Value>(token, options))
        }
        Algorithm::Hs384 => {
            simple(&HS384Key::from_bytes(&secret()).verify_token::<Value>(token, options))
        }
        Algorithm::Hs512 => {
            simple(&HS512Key::from_bytes(&secret()).verify_token::<Value>(token, options))
        }
    };
    let text = |jwk: &Value, member: &str| jwk[member].as_str().unwrap().to_owned();
    let key = match algorithm.name().get(..2).unwrap() {
        "RS" | "PS" => DecodingKey::from_rsa_components(&text(rsa, "n"), &text(rsa, "e")),
        "ES" => {
            let jwk = jwk(if algorithm == Algorithm::Es256 {
                "P-256"
            } else {
                "P-384"
            });
            DecodingKey::from_ec_components(&text(jwk, "x"), &text(jwk, "y"))
        }
        "HS" => Ok(DecodingKey::from_secret(&secret())),
        _ => DecodingKey::from_ed_components(&text(jwk("Ed25519"), "x")),
    };
    let name = if algorithm == Algorithm::Ed25519 {
        "EdDSA"
    } else {
        algorithm.name()
    };
    let header = forge::decode(token.split('.').next().unwrap());
    if header.starts_with(br#"{"alg":"Ed25519""#) {
        return None;
    }
    let algorithm = name.parse().unwrap();
    Some([simple, jsonwebtoken(token, &key.unwrap(), algorithm)])
}

fn signed(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    format!("{input}.{}", encode(hmac_sha256(SECRET, input.as_bytes())))
}

fn secret_keys() -> KeySet {
    key_set(&json!({"keys": [{"kty": "oct", "k": encode(SECRET)}]}))
}

fn ours(token: &str, keys: &KeySet, algorithm: Algorithm) -> bool {
    let policy = TokenPolicy {
        algorithms: [algorithm].into_iter().collect(),
        claims: ClaimsPolicy {
            clock_skew: Duration::ZERO,
            ..ClaimsPolicy::default()
        },
        ..TokenPolicy::default()
    };
    let now = Duration::from_secs(NOW);
    verify(token.as_bytes(), &policy, keys, &RustVerifier, now).is_ok()
}

fn options() -> VerificationOptions {
    VerificationOptions {
        time_tolerance: Some(jwt_simple::prelude::Duration::from_secs(0)),
        artificial_time: Some(jwt_simple::prelude::UnixTimeStamp::from_secs(NOW)),
        ..VerificationOptions::default()
    }
}

fn simple<T, E>(verified: &Result<T, E>) -> bool {
    verified.is_ok()
}

fn jsonwebtoken(token: &str, key: &DecodingKey, algorithm: jsonwebtoken::Algorithm) -> bool {
    let mut validation = Validation::new(algorithm);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.validate_aud = false;
    decode::<Value>(token, key, &validation).is_ok()
}
