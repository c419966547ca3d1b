//! `revocation`: tokens that count no more.

use gatepost_filter::RemoteConfig;
use gatepost_http_match::Given;
use serde::Deserialize;

/// Tokens of a provider that count no more, although they are signed and current.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Revocation"))]
#[serde(deny_unknown_fields, expecting = "an object of revoked values")]
pub(crate) struct RevocationConfig {
    /// Those with one of these `jti`.
    #[serde(default)]
    pub(crate) jti: Vec<String>,
    /// Those with one of these `sub`.
    #[serde(default)]
    pub(crate) sub: Vec<String>,
    /// Those with one of these `sid`; one that is a number by its digits.
    #[serde(default)]
    pub(crate) sid: Vec<String>,
    /// Those that a key of one of these `kid` signed, by the token's header.
    #[serde(default)]
    pub(crate) kid: Vec<String>,
    /// Those issued before this time (RFC 3339), and those that do not say when.
    #[serde(default)]
    pub(crate) issued_before: Given<String>,
    /// A server that publishes more of the same.
    #[serde(default)]
    pub(crate) feed: Given<RevocationFeedConfig>,
}

/// A server that publishes revocations as JSON: an object with `jti`, `sub`, `sid`,
/// `kid` and `issued_before` as above.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "RevocationFeed"))]
#[serde(deny_unknown_fields, expecting = "an object with `document`")]
pub(crate) struct RevocationFeedConfig {
    /// The document, at most 524288 bytes and 20000 values.
    pub(crate) document: RemoteConfig,
    /// What happens to a request when the document is not there, or too old.
    /// Default `deny`.
    #[serde(default)]
    pub(crate) if_unavailable: IfUnavailable,
}

/// What happens without a document.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfUnavailable {
    /// The request is answered with 503.
    #[default]
    Deny,
    /// The request is judged as if nothing were revoked there; it does not wait.
    Ignore,
}
