//! A list of revoked values that a server publishes.

use std::fmt;
use std::time::Duration;

use gatepost_config::parse_timestamp;
use gatepost_json::{JsonError, Limits, Value};
use gatepost_remote::{Format, Meta, Step};

use super::list::{RevocationList, Sorted, is_value};

/// How the body becomes a list that all workers share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RevocationFormat;

/// Why there is no list. The server is at fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RevocationError {
    /// It is no JSON.
    Json(JsonError),
    /// It is no object of the known members.
    Form,
    /// A member is not an array of texts of 1 to 1024 bytes.
    Values,
    /// `issued_before` is no time.
    Time,
    /// There are too many values.
    TooMany,
    /// What came through shared data is no list.
    Compiled,
}

/// The longest document, in bytes: it is read in one piece.
const LONGEST: usize = 512 * 1024;
/// The most values.
const MOST_VALUES: usize = 20_000;
const DEEPEST: u8 = 4;

impl Format for RevocationFormat {
    type Document = RevocationList;
    type Parse = Vec<u8>;
    type Error = RevocationError;

    fn id(&self) -> Vec<u8> {
        // 1: the layout of `encode`.
        b"revocations/1".to_vec()
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Vec<u8>, RevocationError> {
        Ok(body)
    }

    fn step(&self, body: &mut Vec<u8>) -> Step<RevocationError> {
        match read(body) {
            Ok(list) => Step::Done(encode(&list)),
            Err(error) => Step::Failed(error),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<RevocationList, RevocationError> {
        decode(compiled).ok_or(RevocationError::Compiled)
    }
}

fn read(body: &[u8]) -> Result<RevocationList, RevocationError> {
    let limits = Limits {
        max_bytes: LONGEST,
        max_depth: DEEPEST,
    };
    let value = gatepost_json::parse(body, limits).map_err(RevocationError::Json)?;
    let members = value.as_object().ok_or(RevocationError::Form)?;
    let mut list = RevocationList::default();
    for (name, value) in members {
        match name.as_str() {
            "jti" => list.jti = texts(value)?,
            "sub" => list.sub = texts(value)?,
            "sid" => list.sid = texts(value)?,
            "kid" => list.kid = texts(value)?,
            "issued_before" => {
                let text = value.as_str().ok_or(RevocationError::Time)?;
                let time = parse_timestamp(text).map_err(|_| RevocationError::Time)?;
                list.issued_before = Some(time);
            }
            _ => return Err(RevocationError::Form),
        }
    }
    if list.len() > MOST_VALUES {
        return Err(RevocationError::TooMany);
    }
    Ok(list)
}

fn texts(value: &Value) -> Result<Sorted, RevocationError> {
    let text = |value: &Value| {
        let text = value.as_str().filter(|text| is_value(text));
        text.map(Box::from).ok_or(RevocationError::Values)
    };
    let items = value.as_array().ok_or(RevocationError::Values)?;
    items
        .iter()
        .map(text)
        .collect::<Result<Vec<_>, _>>()
        .map(Sorted::from_iter)
}

/// The time or nothing, then four lists; numbers have four bytes, least first, but
/// the time has eight.
fn encode(list: &RevocationList) -> Vec<u8> {
    let mut bytes = Vec::new();
    let time = list.issued_before.map_or(u64::MAX, |time| time.as_secs());
    bytes.extend(time.to_le_bytes());
    for values in [&list.jti, &list.sub, &list.sid, &list.kid] {
        push_number(&mut bytes, values.iter().len());
        for text in values.iter() {
            push_number(&mut bytes, text.len());
            bytes.extend(text.as_bytes());
        }
    }
    bytes
}

fn push_number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

/// Bytes of strangers: what `encode` would not have written is no list.
fn decode(mut bytes: &[u8]) -> Option<RevocationList> {
    let (time, rest) = bytes.split_first_chunk()?;
    bytes = rest;
    let time = u64::from_le_bytes(*time);
    let mut list = RevocationList {
        issued_before: (time != u64::MAX).then(|| Duration::from_secs(time)),
        ..RevocationList::default()
    };
    let mut left = MOST_VALUES;
    for values in [&mut list.jti, &mut list.sub, &mut list.sid, &mut list.kid] {
        let count = take_number(&mut bytes)?;
        left = left.checked_sub(count)?;
        let mut texts = Vec::new();
        for _ in 0..count {
            let length = take_number(&mut bytes)?;
            let (text, rest) = bytes.split_at_checked(length)?;
            bytes = rest;
            let text = std::str::from_utf8(text).ok()?;
            texts.push(is_value(text).then(|| Box::from(text))?);
        }
        *values = texts.into_iter().collect();
    }
    bytes.is_empty().then_some(list)
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*number)).ok()
}

impl fmt::Display for RevocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Form => f.write_str(
                "expected an object with some of `jti`, `sub`, `sid`, `kid` and `issued_before`",
            ),
            Self::Values => f.write_str("expected arrays of texts of 1 to 1024 bytes"),
            Self::Time => f.write_str("expected `issued_before` to be a time of RFC 3339"),
            Self::TooMany => write!(f, "expected at most {MOST_VALUES} values"),
            Self::Compiled => f.write_str("what another worker shared is no revocation list"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revocation::list::Revocable;

    const BODY: &str = r#"{"jti": ["b", "a"], "sub": ["alice"], "sid": [], "kid": ["k1"],
        "issued_before": "2026-01-01T00:00:00Z"}"#;

    #[test]
    fn a_list_survives_its_compiled_form() {
        let list = decode(&encode(&read(BODY.as_bytes()).unwrap())).unwrap();
        assert_eq!(list.len(), 5);
        assert_eq!(list.issued_before, Some(Duration::from_secs(1_767_225_600)));
        let at = Some(Duration::from_secs(1_800_000_000));
        let token = |jti, sub, kid| Revocable {
            jti,
            sub,
            kid,
            issued_at: at,
            ..Revocable::default()
        };
        assert!(list.revokes(&token(Some("a"), None, None)));
        assert!(list.revokes(&token(None, Some("alice"), None)));
        assert!(list.revokes(&token(None, None, Some("k1"))));
        assert!(!list.revokes(&token(Some("c"), Some("bob"), Some("k2"))));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for (body, error) in [
            ("[]", RevocationError::Form),
            (r#"{"jtis": []}"#, RevocationError::Form),
            (r#"{"jti": "a"}"#, RevocationError::Values),
            (r#"{"jti": [1]}"#, RevocationError::Values),
            (r#"{"jti": [""]}"#, RevocationError::Values),
            (r#"{"issued_before": 1}"#, RevocationError::Time),
            (r#"{"issued_before": "yesterday"}"#, RevocationError::Time),
        ] {
            assert_eq!(read(body.as_bytes()).unwrap_err(), error, "{body}");
        }
        let many: Vec<String> = (0..20_001).map(|n| format!("\"{n}\"")).collect();
        let body = format!(r#"{{"jti": [{}]}}"#, many.join(","));
        assert_eq!(read(body.as_bytes()).unwrap_err(), RevocationError::TooMany);
        assert!(matches!(read(b"{"), Err(RevocationError::Json(_))));
    }

    #[test]
    fn bytes_of_strangers_are_no_list() {
        let good = encode(&read(BODY.as_bytes()).unwrap());
        for length in 0..good.len() {
            assert!(decode(&good[..length]).is_none(), "{length}");
        }
        let long = [good.as_slice(), &[0]].concat();
        assert!(decode(&long).is_none());
        assert!(decode(&[0xff; 64]).is_none());
    }
}
