//! `claims_to_headers`: what the upstream learns of a token.

use gatepost_http_match::{Given, OneOrMany};
use serde::Deserialize;

/// A claim that becomes a header.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "ClaimHeader"))]
#[serde(deny_unknown_fields, expecting = "an object with `claim` and `header`")]
pub(crate) struct ClaimHeaderConfig {
    /// Where the claim stands: `sub`, `realm_access.roles`, or a list of names when a
    /// name has a dot in it.
    pub(crate) claim: OneOrMany<String>,
    /// The header. A token without the claim gives no header.
    pub(crate) header: String,
    /// How the claim is written. Default `text`.
    #[serde(default)]
    pub(crate) format: HeaderFormat,
    /// What stands between the elements of an array that is written as text.
    /// Default `,`.
    #[serde(default)]
    pub(crate) separator: Given<String>,
}

/// How a claim is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeaderFormat {
    /// A string as it is, a number or boolean as JSON writes it, an array of such
    /// with the separator between them. An object cannot be sent.
    #[default]
    Text,
    /// Anything, as JSON.
    Json,
}

/// What happens to a claim that no header can carry.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfUnsendable {
    /// The request is denied.
    #[default]
    Deny,
    /// The header is left out.
    Omit,
}
