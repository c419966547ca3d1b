//! JSON as tokens and key sets hold it, tokens, their claims, and paths in those.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_http_match::{ClaimPath, OneOrMany};
use gatepost_jose::{
    AlgorithmSet, ClaimsError, ClaimsPolicy, JwsError, KeySet, KeySetLimits, RustVerifier, Token,
    TokenClaims, TokenError, TokenLimits, verify_jws,
};
use gatepost_json::{Expected, Limits, Value, parse};

use crate::split::{knob, lines};

/// The header of tokens of which only the claims matter.
const HEADER: &[u8] = br#"{"alg":"ES256"}"#;

/// A JSON text: what is read is what another reader finds, and prints as it was
/// read; what only we refuse has two members of one name, nests too deep, or has a
/// number of more than 19 digits.
pub fn json(data: &[u8]) {
    let limits = Limits::of_bytes(data.len());
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    match parse(data, limits) {
        Ok(ours) => {
            let theirs = theirs.expect("what we read is JSON");
            assert!(agrees(&ours, &theirs), "{ours:?} {theirs:?}");
            let printed = ours.write();
            let again = parse(printed.as_bytes(), Limits::of_bytes(printed.len()));
            assert_eq!(again, Ok(ours));
        }
        Err(error) => {
            assert!(error.offset <= data.len());
            let is_ours = match error.expected {
                Expected::UniqueNames | Expected::AtMostDeep(_) => true,
                Expected::Number => counting_digits(&data[error.offset..]) > 19,
                _ => false,
            };
            assert!(is_ours || theirs.is_err(), "{error}");
        }
    }
}

/// How many digits the number at the start of `text` has between the zeros around
/// them, its exponent aside.
fn counting_digits(text: &[u8]) -> usize {
    let mantissa = text
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || b"-.".contains(byte));
    let digits: String = mantissa
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| char::from(*byte))
        .collect();
    digits.trim_matches('0').len()
}

/// A token: what is read is what is written, in its one spelling, and no key that
/// is not there has signed it.
pub fn token(data: &[u8]) {
    let limits = TokenLimits::default();
    let Ok(token) = Token::parse(data, limits) else {
        return;
    };
    let text = [
        token.signing_input(),
        b".",
        encode(token.signature()).as_bytes(),
    ]
    .concat();
    assert_eq!(text, data);
    let segments: Vec<_> = data.split(|byte| *byte == b'.').collect();
    assert_eq!(segments.len(), 3);
    assert_eq!(encode(token.unverified_payload()).as_bytes(), segments[1]);
    assert!(!token.signature().is_empty());
    let judged =
        |algorithms| verify_jws(data, limits, &KeySet::default(), algorithms, &RustVerifier);
    assert!(matches!(
        judged([token.algorithm()].into_iter().collect()),
        Err(JwsError::NoKey(_))
    ));
    assert_eq!(
        judged(AlgorithmSet::default()),
        Err(JwsError::AlgorithmNotAllowed)
    );
}

/// The header of a token: what is read is what another reader finds, and nothing
/// that needs understanding is in it.
pub fn header(data: &[u8]) {
    let text = join(data, b"{}");
    let token = match Token::parse(text.as_bytes(), TokenLimits::default()) {
        Ok(token) => token,
        Err(error) => {
            assert!(!matches!(
                error,
                TokenError::Segments | TokenError::Base64(_)
            ));
            return;
        }
    };
    let theirs: serde_json::Value = serde_json::from_slice(data).expect("what we read is JSON");
    let alg = theirs["alg"].as_str().expect("a string");
    assert!(alg == token.algorithm().name() || alg == "EdDSA");
    assert_eq!(token.key_id(), theirs["kid"].as_str());
    assert_eq!(token.header().typ(), theirs["typ"].as_str());
    for refused in ["crit", "b64", "zip"] {
        assert!(theirs.get(refused).is_none(), "{refused}");
    }
    let names: BTreeSet<&str> = token.header().names().collect();
    let theirs = theirs.as_object().expect("an object");
    assert!(names.iter().copied().eq(theirs.keys().map(String::as_str)));
}

/// Claims: their times are those that another reader finds, and a token ends
/// when it says so.
pub fn claims(data: &[u8]) {
    let text = join(HEADER, data);
    let Ok(token) = Token::parse(text.as_bytes(), TokenLimits::default()) else {
        return;
    };
    let claims = match TokenClaims::unverified(&token) {
        Ok(claims) => claims,
        Err(error) => {
            let report = error.to_string();
            assert!(report.len() < 200 && !report.contains('\n'), "{report}");
            return;
        }
    };
    let theirs: serde_json::Value = serde_json::from_slice(data).expect("what we read is JSON");
    assert_eq!(claims.issuer(), theirs["iss"].as_str());
    assert_eq!(claims.subject(), theirs["sub"].as_str());
    assert_eq!(claims.expires().is_some(), theirs["exp"].is_number());
    if let (Some(ours), Some(theirs)) = (claims.expires(), theirs["exp"].as_u64()) {
        assert_eq!(ours, Duration::from_secs(theirs));
    }
    let policy = ClaimsPolicy {
        clock_skew: Duration::ZERO,
        ..ClaimsPolicy::default()
    };
    for time in [claims.expires(), claims.not_before(), claims.issued_at()] {
        let Some(time) = time else { continue };
        let before = time.saturating_sub(Duration::from_nanos(1));
        for now in [time, before, Duration::ZERO, Duration::MAX] {
            let begins = claims.not_before().max(claims.issued_at());
            let is_living = claims.expires().is_none_or(|end| now < end)
                && begins.is_none_or(|begins| begins <= now);
            assert_eq!(policy.check_times(&claims, now).is_ok(), is_living);
        }
    }
    let judged = policy.check(token.header(), &claims, Duration::ZERO);
    assert!(claims.expires().is_some() || matches!(judged, Err(ClaimsError::Missing { .. })));
    assert_eq!(TokenClaims::from_value(claims.value().clone()), Ok(claims));
}

/// A key set: each key is of use, few are tried for a token, and the compiled
/// form says the same.
pub fn key_set(data: &[u8]) {
    let limits = KeySetLimits::default();
    let (set, dropped) = match KeySet::parse(data, &limits) {
        Ok(read) => read,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    for dropped in &dropped {
        let report = dropped.to_string();
        assert!(!report.contains('\n') && report.len() < 2000, "{report}");
    }
    for key in set.keys() {
        assert!(!key.algorithms().is_empty() && set.contains(key.id()));
        for algorithm in key.algorithms().iter() {
            if let Ok(candidates) = set.candidates(algorithm, key.kid()) {
                assert!((1..=KeySet::MAX_CANDIDATES).contains(&candidates.keys.len()));
                assert!(candidates.keys.iter().all(|key| key.allows(algorithm)));
            }
        }
    }
    let form = set.encode();
    let again = KeySet::decode(&form).expect("it was made so");
    assert_eq!(again.encode(), form);
    let public = set.keys().filter(|key| !key.is_secret());
    assert!(
        again
            .keys()
            .map(|key| key.id())
            .eq(public.map(|key| key.id()))
    );
}

/// A choice and a path on the first line, claims below: what is found there is
/// what somebody finds who walks there step by step.
pub fn claim_path(data: &[u8]) {
    let (choice, data) = knob(data);
    let lines = lines(data);
    let Some((path, claims)) = lines.split_first() else {
        return;
    };
    let Ok(path) = std::str::from_utf8(path) else {
        return;
    };
    let claims = claims.join(&b'\n');
    let Ok(claims) = parse(&claims, Limits::of_bytes(claims.len())) else {
        return;
    };
    // Dots between the names, or bars: then a name may hold dots.
    let (path, names): (_, Vec<&str>) = if choice & 1 == 0 {
        (OneOrMany::One(path.to_owned()), path.split('.').collect())
    } else {
        let names = path.split('|').map(str::to_owned).collect();
        (OneOrMany::Many(names), path.split('|').collect())
    };
    let is_path = (1..=16).contains(&names.len())
        && names.iter().all(|name| (1..=4096).contains(&name.len()));
    let path = ClaimPath::parse(path);
    assert_eq!(path.is_ok(), is_path);
    let Ok(path) = path else { return };
    let mut found = vec![&claims];
    let mut is_list = false;
    for name in names {
        let mut next = Vec::new();
        for value in found {
            is_list |= value.as_array().is_some();
            let objects = value.as_array().unwrap_or(std::slice::from_ref(value));
            next.extend(objects.iter().filter_map(|object| object.member(name)));
        }
        found = next;
    }
    let at_path = path.values(&claims);
    assert_eq!((&at_path.values, at_path.is_list), (&found, is_list));
    assert_eq!(path.any(&claims, |_| true), !found.is_empty());
    let strings = found
        .iter()
        .filter(|value| value.as_str().is_some())
        .count();
    let is_string = |value: &Value| value.as_str().is_some();
    // What an array at the end stands for is the matcher's business.
    if found.iter().all(|value| value.as_array().is_none()) {
        assert_eq!(path.any(&claims, is_string), strings > 0);
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn join(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}.AA", encode(header), encode(payload))
}

/// Number for number as doubles, whose last bits serde_json may miss.
fn agrees(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(ours), serde_json::Value::Bool(theirs)) => ours == theirs,
        (Value::String(ours), serde_json::Value::String(theirs)) => ours == theirs,
        (Value::Number(ours), serde_json::Value::Number(theirs)) => {
            let ours: f64 = ours.to_string().parse().expect("a number");
            let theirs = theirs.as_f64().expect("a double");
            (ours - theirs).abs() <= ours.abs() * f64::EPSILON * 2.0 + 1e-322
        }
        (Value::Array(ours), serde_json::Value::Array(theirs)) => {
            let mut pairs = ours.iter().zip(theirs);
            ours.len() == theirs.len() && pairs.all(|(ours, theirs)| agrees(ours, theirs))
        }
        (Value::Object(ours), serde_json::Value::Object(theirs)) => {
            let is_there = |(name, ours): &(String, Value)| {
                theirs.get(name).is_some_and(|theirs| agrees(ours, theirs))
            };
            ours.len() == theirs.len() && ours.iter().all(is_there)
        }
        _ => false,
    }
}
