//! A token as it arrives: three segments, read strictly, not yet believed.

use std::fmt;
use std::rc::Rc;

use gatepost_bytes::find;

use crate::header::Header;
use crate::{Algorithm, KnownHeaders, TokenError, base64url};

/// What bounds the work of reading a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenLimits {
    /// The longest token, in bytes.
    pub max_bytes: usize,
    /// How many arrays and objects may stand inside each other in the header and
    /// in the claims.
    pub max_depth: u8,
}

impl Default for TokenLimits {
    /// 16 KiB, 32 levels.
    fn default() -> Self {
        Self {
            max_bytes: 16 * 1024,
            max_depth: gatepost_json::Limits::DEFAULT_DEPTH,
        }
    }
}

/// A JSON Web Signature in compact serialisation (RFC 7515 7.1) whose form is
/// right. Whoever wrote it may be anybody: nothing is verified yet.
pub struct Token<'a> {
    signing_input: &'a [u8],
    header_text: &'a [u8],
    header: Rc<Header>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    max_depth: u8,
}

/// A segment of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Segment {
    /// The first.
    Header,
    /// The second.
    Payload,
    /// The third.
    Signature,
}

impl<'a> Token<'a> {
    /// Reads a token. Its length is looked at first, so that one beyond the limit
    /// costs nothing.
    ///
    /// Of the header, `jku`, `x5u`, `x5c`, `x5t`, `jwk` and whatever is not known
    /// are ignored: they name keys of the sender's choice.
    ///
    /// # Errors
    /// It is too long, no compact JWS, unsigned, encrypted, nested, or needs what
    /// nobody here understands ([`TokenError`]).
    pub fn parse(bytes: &'a [u8], limits: TokenLimits) -> Result<Self, TokenError> {
        Self::parse_with(bytes, limits, &KnownHeaders::default())
    }

    /// The same, faster if its header is known.
    ///
    /// # Errors
    /// As for [`Self::parse`].
    pub fn parse_with(
        bytes: &'a [u8],
        limits: TokenLimits,
        known: &KnownHeaders,
    ) -> Result<Self, TokenError> {
        if bytes.len() > limits.max_bytes {
            return Err(TokenError::TooLong {
                most: limits.max_bytes,
            });
        }
        let (header_text, payload, signature) = split(bytes)?;
        let signing_input = bytes
            .len()
            .checked_sub(signature.len().saturating_add(1))
            .and_then(|end| bytes.get(..end))
            .ok_or(TokenError::Segments)?;
        let decode =
            |text: &[u8], segment| base64url::decode(text).ok_or(TokenError::Base64(segment));
        let header = match known.find(header_text, limits.max_depth) {
            Some(header) => header,
            None => {
                let json = decode(header_text, Segment::Header)?;
                Rc::new(Header::parse(&json, limits.max_depth)?)
            }
        };
        if signature.is_empty() {
            return Err(TokenError::Unsigned);
        }
        Ok(Self {
            signing_input,
            header_text,
            header,
            payload: decode(payload, Segment::Payload)?,
            signature: decode(signature, Segment::Signature)?,
            max_depth: limits.max_depth,
        })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What the token says that it is signed with (`alg`). A policy says whether
    /// that is allowed, and a key whether it is meant for it.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm()
    }

    /// Which key the token says that it is signed with (`kid`).
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.key_id()
    }

    /// What is signed: the first two segments as they arrived, with their dot.
    #[must_use]
    pub fn signing_input(&self) -> &'a [u8] {
        self.signing_input
    }

    /// The decoded signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The decoded payload, of which nobody knows yet who wrote it.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The decoded payload, of which nobody knows yet who wrote it.
    #[must_use]
    pub fn into_unverified_payload(self) -> Vec<u8> {
        self.payload
    }

    /// The header's segment, and what it says.
    pub(crate) fn read_header(&self) -> (&'a [u8], &Rc<Header>) {
        (self.header_text, &self.header)
    }

    pub(crate) fn max_depth(&self) -> u8 {
        self.max_depth
    }
}

/// Shows no segment: who has a token has its rights.
impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

type Segments<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// The three segments. Counting stops behind the sixth, however many follow.
fn split(bytes: &[u8]) -> Result<Segments<'_>, TokenError> {
    // A JSON serialisation, which may hold any number of dots.
    if bytes.starts_with(b"{") {
        return Err(TokenError::Segments);
    }
    let mut rest = Some(bytes);
    let mut next = || {
        let here = rest?;
        let dot = find(here, b'.');
        rest = dot.and_then(|dot| here.get(dot.saturating_add(1)..));
        here.get(..dot.unwrap_or(here.len()))
    };
    match (next(), next(), next(), next(), next(), next()) {
        (Some(header), Some(payload), Some(signature), None, ..) => {
            Ok((header, payload, signature))
        }
        (_, _, _, _, Some(_), None) => Err(TokenError::Encrypted),
        _ => Err(TokenError::Segments),
    }
}
