//! The header of a token (RFC 7515 4).

use std::fmt;

use gatepost_json::{Limits, Value, parse};

use crate::token_error::CritError;
use crate::{Algorithm, TokenError};

/// A header whose members are right. The sender wrote it, and the signature
/// covers it.
pub struct Header {
    algorithm: Algorithm,
    /// An object.
    members: Value,
}

impl Header {
    /// The longest `kid`, in bytes.
    pub const MAX_KEY_ID_BYTES: usize = 1024;

    /// Reads a header.
    pub(crate) fn parse(json: &[u8], max_depth: u8) -> Result<Self, TokenError> {
        // The token's limit bounds its length.
        let limits = Limits {
            max_bytes: json.len(),
            max_depth,
        };
        let members = parse(json, limits).map_err(TokenError::HeaderJson)?;
        if members.as_object().is_none() {
            return Err(TokenError::HeaderNotObject);
        }
        check_extensions(&members)?;
        let algorithm = algorithm(&members)?;
        let key_id = text(&members, "kid")?;
        if key_id.is_some_and(|key_id| key_id.len() > Self::MAX_KEY_ID_BYTES) {
            return Err(TokenError::KeyIdTooLong);
        }
        text(&members, "typ")?;
        if text(&members, "cty")?.is_some_and(|content| is_media_type(content, "JWT")) {
            return Err(TokenError::Nested);
        }
        Ok(Self { algorithm, members })
    }

    /// `alg` (RFC 7515 4.1.1).
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `kid` (RFC 7515 4.1.4).
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.members.member("kid")?.as_str()
    }

    /// `typ` as it was written (RFC 7515 4.1.9); [`Self::is_type`] compares it.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.members.member("typ")?.as_str()
    }

    /// Whether `typ` is there and names this media type.
    #[must_use]
    pub fn is_type(&self, media_type: &str) -> bool {
        self.typ()
            .is_some_and(|found| is_media_type(found, media_type))
    }

    /// The names of all members, also of those that were ignored, as they stand
    /// in the header.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let members = self.members.as_object().unwrap_or_default();
        members.iter().map(|(name, _)| name.as_str())
    }
}

/// Shows no member but the algorithm: a stranger wrote the others.
impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Refuses what changes how a token is read, and nobody here does.
fn check_extensions(header: &Value) -> Result<(), TokenError> {
    if let Some(crit) = header.member("crit") {
        return Err(TokenError::Critical(why(crit)));
    }
    if header.member("b64").is_some() {
        return Err(TokenError::UnencodedPayload);
    }
    if header.member("zip").is_some() {
        return Err(TokenError::Compressed);
    }
    Ok(())
}

/// What is wrong with a `crit` (RFC 7515 4.1.11). No extension is understood, so
/// there is none that is right.
fn why(crit: &Value) -> CritError {
    match crit.as_array() {
        None => CritError::NotAnArray,
        Some([]) => CritError::Empty,
        Some(names) if names.iter().any(|name| name.as_str().is_none()) => CritError::NotNames,
        Some(_) => CritError::NotUnderstood,
    }
}

fn algorithm(header: &Value) -> Result<Algorithm, TokenError> {
    let name = text(header, "alg")?.ok_or(TokenError::NoAlgorithm)?;
    // In any case, because readers exist that take `nOnE` for it.
    if name.eq_ignore_ascii_case("none") {
        return Err(TokenError::AlgorithmNone);
    }
    Algorithm::from_name(name).ok_or(TokenError::UnknownAlgorithm)
}

/// The text of a member that must be one when it is there.
fn text<'a>(header: &'a Value, name: &'static str) -> Result<Option<&'a str>, TokenError> {
    match header.member(name) {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .map(Some)
            .ok_or(TokenError::NotAString { member: name }),
    }
}

/// Whether two media types are one: in any case, and with or without
/// `application/` (RFC 7515 4.1.9).
fn is_media_type(found: &str, expected: &str) -> bool {
    subtype(found).eq_ignore_ascii_case(subtype(expected))
}

fn subtype(media_type: &str) -> &str {
    const PREFIX: &str = "application/";
    match media_type.split_at_checked(PREFIX.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => media_type,
    }
}
