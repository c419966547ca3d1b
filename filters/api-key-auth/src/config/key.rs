//! A key, as a document has it: the operator's own, or one that a server publishes.

use gatepost_config::{Name, UniqueMap};
use gatepost_http_match::Given;
use serde::Deserialize;

/// A key. `make api-key` makes one, and this entry of it.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Key"))]
#[serde(
    deny_unknown_fields,
    expecting = "a key: an object with `id` and `digest`"
)]
pub(crate) struct KeyConfig {
    /// Whose key it is: 1 to 64 of `[A-Za-z0-9_.-]`. Told in the log, in the record
    /// and to later filters. Several keys may have one, such as a client's old key and
    /// its new one.
    pub(crate) id: String,
    /// `sha256:` or `hmac-sha256:`, and the key's digest in hexadecimal or in url-safe
    /// base64 without padding. Never the key.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^(hmac-)?sha256:([0-9A-Fa-f]{64}|[A-Za-z0-9_-]{43})$")))]
    pub(crate) digest: String,
    /// What rules know it by, at most 16.
    #[serde(default)]
    pub(crate) groups: Vec<Name>,
    /// Names of the rules by which it is good, `default` among them; at most 64. Left
    /// out: all.
    #[serde(default)]
    pub(crate) rules: Given<Vec<Name>>,
    /// What is known of the client, at most 16: text of at most 1024 bytes, by names of
    /// 1 to 64 of `[A-Za-z0-9_.-]`.
    #[serde(default)]
    pub(crate) attributes: UniqueMap<String>,
    /// From when on it is good (RFC 3339).
    #[serde(default)]
    pub(crate) not_before: Given<String>,
    /// From when on it is not good any more (RFC 3339).
    #[serde(default)]
    pub(crate) expires: Given<String>,
    /// Whether it is refused, whatever else it says. Default `false`.
    #[serde(default)]
    pub(crate) disabled: bool,
}
