//! `revocation`: tokens that count no more.

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
    /// Those with one of these `sid`.
    #[serde(default)]
    pub(crate) sid: Vec<String>,
    /// Those that a key of one of these `kid` signed, by the token's header.
    #[serde(default)]
    pub(crate) kid: Vec<String>,
    /// Those issued before this time (RFC 3339), and those that do not say when.
    #[serde(default)]
    pub(crate) issued_before: Given<String>,
}
