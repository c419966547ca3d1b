//! What a client is told that lacks a credential: `WWW-Authenticate`.

use gatepost_config::{FieldPath, Problems};
use gatepost_http_match::Given;
use serde::Deserialize;

/// What challenges say beside their reason.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Challenge"))]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "an object with `realm` or `resource_metadata`"
)]
pub struct ChallengeConfig {
    /// The protection space (RFC 9110 11.5): 1 to 256 printable ASCII characters.
    pub realm: Given<String>,
    /// Where the resource's metadata stand (RFC 9728 5.1): an absolute `https` URL.
    pub resource_metadata: Given<String>,
}

/// Makes values of `WWW-Authenticate` of one scheme (RFC 9110 11.6.1).
#[derive(Clone, Debug)]
pub struct Challenges {
    scheme: String,
    realm: Option<String>,
    resource_metadata: Option<String>,
}

/// What was wrong with the credentials of a request (RFC 6750 3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChallengeError {
    /// They cannot be read, or there are too many: 400.
    InvalidRequest,
    /// They are expired, revoked, forged or else not good: 401.
    InvalidToken,
    /// They are good, and give too little: 403.
    InsufficientScope,
}

/// The longest realm and the longest URL, in bytes.
const LONGEST_REALM: usize = 256;
const LONGEST_URL: usize = 2048;
/// The longest list of scopes, in bytes: clients and proxies bound what headers take.
const LONGEST_SCOPE: usize = 2048;

impl ChallengeError {
    /// The error code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }

    /// The status with which it goes.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
        }
    }
}

impl Challenges {
    /// Challenges of this scheme, such as `Bearer`: a token (RFC 9110 11.1). Checks
    /// what the document says of them.
    pub fn new(
        scheme: &str,
        config: ChallengeConfig,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Self {
        let ChallengeConfig {
            realm,
            resource_metadata,
        } = config;
        if realm.0.as_deref().is_some_and(|realm| !is_realm(realm)) {
            problems.push(
                &at.field("realm"),
                format_args!("expected 1 to {LONGEST_REALM} printable ASCII characters"),
            );
        }
        let url = resource_metadata.0;
        if url.as_deref().is_some_and(|url| !is_https_url(url)) {
            problems.push(
                &at.field("resource_metadata"),
                format_args!(
                    "expected an absolute URL, `https://<host>...`, of at most {LONGEST_URL} \
                     characters"
                ),
            );
        }
        Self {
            scheme: scheme.to_owned(),
            realm: realm.0,
            resource_metadata: url,
        }
    }

    /// For a request without any credential: it is told what to bring, and no error
    /// (RFC 6750 3.1).
    #[must_use]
    pub fn bare(&self) -> String {
        self.with(&[])
    }

    /// For a request whose credentials are not good enough. `description` is fixed
    /// text for a developer and holds nothing of the request; `scopes` are those
    /// that would do, and are left out if there are none, or more than 2 KiB of them:
    /// a part of them would send the client for a token that does not do.
    #[must_use]
    pub fn error(
        &self,
        error: ChallengeError,
        description: &'static str,
        scopes: &[&str],
    ) -> String {
        let mut scopes = scopes.join(" ");
        if scopes.len() > LONGEST_SCOPE {
            scopes.clear();
        }
        self.with(&[
            ("error", error.code()),
            ("error_description", description),
            ("scope", &scopes),
        ])
    }

    fn with(&self, more: &[(&str, &str)]) -> String {
        let given = |value: &'_ Option<String>| value.clone().unwrap_or_default();
        let (realm, metadata) = (given(&self.realm), given(&self.resource_metadata));
        let first = ("realm", realm.as_str());
        let last = ("resource_metadata", metadata.as_str());
        let mut value = self.scheme.clone();
        let mut separator = " ";
        for (name, text) in [first].iter().chain(more).chain([&last]) {
            if !text.is_empty() {
                value.push_str(separator);
                value.push_str(name);
                value.push('=');
                push_quoted(&mut value, text);
                separator = ", ";
            }
        }
        value
    }
}

/// Appends a quoted string (RFC 9110 5.6.4); what is not printable ASCII is left out.
fn push_quoted(value: &mut String, text: &str) {
    value.push('"');
    for character in text.chars().filter(|one| matches!(one, ' '..='~')) {
        if matches!(character, '"' | '\\') {
            value.push('\\');
        }
        value.push(character);
    }
    value.push('"');
}

/// Whether this is a scope token (RFC 6749 3.3), as it may stand in a challenge:
/// visible ASCII without `"` and `\`.
#[must_use]
pub fn is_scope_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    !text.is_empty() && text.bytes().all(legal)
}

fn is_realm(text: &str) -> bool {
    (1..=LONGEST_REALM).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, 0x20..0x7f))
}

fn is_https_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let in_url = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte);
    text.len() <= LONGEST_URL
        && text.bytes().all(in_url)
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
        && host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[')
}
