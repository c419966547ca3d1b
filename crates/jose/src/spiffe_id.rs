//! SPIFFE IDs.

use std::fmt;

/// A SPIFFE ID (SPIFFE-ID 2), such as `spiffe://prod.example/ns/shop/sa/cart`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SpiffeId<'a> {
    trust_domain: &'a str,
    path: &'a str,
}

/// Why a text is no SPIFFE ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SpiffeIdError {
    /// It is longer than [`SpiffeId::MAX_BYTES`].
    TooLong,
    /// It does not begin with `spiffe://`.
    Scheme,
    /// The trust domain is empty, longer than
    /// [`SpiffeId::MAX_TRUST_DOMAIN_BYTES`], or has other characters than
    /// `a-z 0-9 . - _`: a port, user information, an escape.
    TrustDomain,
    /// A path segment is empty, `.` or `..`, or has other characters than
    /// `a-z A-Z 0-9 . - _`: a query, a fragment, an escape.
    Path,
}

impl<'a> SpiffeId<'a> {
    /// The longest ID that must be supported, in bytes (SPIFFE-ID 2.3).
    pub const MAX_BYTES: usize = 2048;
    /// The longest trust domain, in bytes (SPIFFE-ID 2.1).
    pub const MAX_TRUST_DOMAIN_BYTES: usize = 255;

    /// Reads an ID. Without a path it names the trust domain itself.
    ///
    /// # Errors
    /// It is none, or longer than what everybody supports.
    pub fn parse(text: &'a str) -> Result<Self, SpiffeIdError> {
        if text.len() > Self::MAX_BYTES {
            return Err(SpiffeIdError::TooLong);
        }
        let rest = text
            .strip_prefix("spiffe://")
            .ok_or(SpiffeIdError::Scheme)?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (trust_domain, path) = rest.split_at_checked(end).unwrap_or_default();
        let is_in_domain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        if trust_domain.is_empty()
            || trust_domain.len() > Self::MAX_TRUST_DOMAIN_BYTES
            || !trust_domain.bytes().all(is_in_domain)
        {
            return Err(SpiffeIdError::TrustDomain);
        }
        let is_in_path =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_segment =
            |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_in_path);
        if !path.split('/').skip(1).all(is_segment) {
            return Err(SpiffeIdError::Path);
        }
        Ok(Self { trust_domain, path })
    }

    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &'a str {
        self.trust_domain
    }

    /// The path with its leading slash; empty for the trust domain itself.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }
}

impl fmt::Display for SpiffeIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "expected a SPIFFE ID of at most 2048 bytes",
            Self::Scheme => "expected a SPIFFE ID, which begins with `spiffe://`",
            Self::TrustDomain => "expected a trust domain of at most 255 of `a-z 0-9 . - _`",
            Self::Path => "expected path segments of `a-z A-Z 0-9 . - _`, none of them empty",
        })
    }
}

impl std::error::Error for SpiffeIdError {}
