//! Why bytes are no token that one could verify.

use std::fmt;

use gatepost_json::JsonError;

use crate::Segment;
use crate::header::Header;

/// What is wrong with a token's form or header. It is the sender's fault, or the
/// issuer's; nothing of the token is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenError {
    /// It is longer than the limit.
    TooLong {
        /// The limit, in bytes.
        most: usize,
    },
    /// It is not three segments with dots between them (RFC 7515 7.1): a JSON
    /// serialisation, or no token at all.
    Segments,
    /// It has five segments: a JWE (RFC 7516 7.1).
    Encrypted,
    /// A segment is not base64url as RFC 7515 2 has it: without padding, and
    /// without bits left over.
    Base64(Segment),
    /// The third segment is empty.
    Unsigned,
    /// The header is no JSON text that all readers take for one value.
    HeaderJson(JsonError),
    /// The header is no JSON object.
    HeaderNotObject,
    /// A member of the header is no string.
    NotAString {
        /// Its name.
        member: &'static str,
    },
    /// The header has no `alg`.
    NoAlgorithm,
    /// `alg` is `none`, in any case.
    AlgorithmNone,
    /// `alg` names no signature algorithm that is known here.
    UnknownAlgorithm,
    /// `kid` is longer than [`Header::MAX_KEY_ID_BYTES`].
    KeyIdTooLong,
    /// `cty` says that the payload is itself a token (RFC 7519 5.2).
    Nested,
    /// There is a `crit` (RFC 7515 4.1.11).
    Critical(CritError),
    /// There is a `zip`, which a JWS does not have (RFC 7516 4.1.3).
    Compressed,
    /// There is a `b64` (RFC 7797), which a JWT must not have.
    UnencodedPayload,
}

/// What is wrong with a `crit`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CritError {
    /// It is no array.
    NotAnArray,
    /// It is an empty array.
    Empty,
    /// An element is no string.
    NotNames,
    /// It names extensions, and none is understood here.
    NotUnderstood,
}

impl TokenError {
    /// The reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "jwt_too_long",
            Self::Encrypted => "jwt_encrypted",
            Self::Nested => "jwt_nested",
            Self::Unsigned | Self::AlgorithmNone => "jwt_unsigned",
            Self::UnknownAlgorithm => "jwt_unknown_algorithm",
            Self::Critical(_) | Self::Compressed | Self::UnencodedPayload => {
                "jwt_unsupported_header"
            }
            Self::Segments
            | Self::Base64(_)
            | Self::HeaderJson(_)
            | Self::HeaderNotObject
            | Self::NotAString { .. }
            | Self::NoAlgorithm
            | Self::KeyIdTooLong => "jwt_malformed",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong { most } => return write!(f, "expected a token of at most {most} bytes"),
            Self::Segments => "expected a token of three segments",
            Self::Encrypted => "expected a signed token, found an encrypted one",
            Self::Base64(segment) => return write!(f, "expected base64url in the {segment}"),
            Self::Unsigned => "expected a signature, found none",
            Self::HeaderJson(error) => return write!(f, "header: {error}"),
            Self::HeaderNotObject => "expected a JSON object as the header",
            Self::NotAString { member } => {
                return write!(f, "header: expected a string as `{member}`");
            }
            Self::NoAlgorithm => "header: expected `alg`",
            Self::AlgorithmNone => "header: expected a signature algorithm as `alg`, found none",
            Self::UnknownAlgorithm => "header: expected a known signature algorithm as `alg`",
            Self::KeyIdTooLong => {
                let most = Header::MAX_KEY_ID_BYTES;
                return write!(f, "header: expected a `kid` of at most {most} bytes");
            }
            Self::Nested => "expected claims as the payload, found another token (`cty`)",
            Self::Critical(error) => return write!(f, "header: expected no `crit`, {error}"),
            Self::Compressed => "header: expected no `zip`",
            Self::UnencodedPayload => "header: expected no `b64`",
        })
    }
}

impl std::error::Error for TokenError {}

impl fmt::Display for CritError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnArray => "which is no array",
            Self::Empty => "which names nothing",
            Self::NotNames => "which holds what is no name",
            Self::NotUnderstood => "which names extensions that are not understood",
        })
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}
