//! `keys`: where the keys of a provider come from.

use gatepost_config::Part;
use gatepost_http_match::Given;
use serde::Deserialize;

/// Where the keys come from.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Keys"))]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeysConfig<'a> {
    /// They stand here: a JWK set (RFC 7517 5).
    #[serde(borrow)]
    Inline(InlineKeys<'a>),
    /// Secrets for HS256, HS384 and HS512.
    Secrets(Vec<SecretConfig>),
}

/// A JWK set as it stands in the document.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct InlineKeys<'a>(#[serde(borrow)] pub(crate) Part<'a>);

/// A secret.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Secret"))]
#[serde(
    deny_unknown_fields,
    expecting = "a secret: an object with `algorithm` and `inline`"
)]
pub(crate) struct SecretConfig {
    /// `HS256`, `HS384` or `HS512`: what tokens it signs are signed with.
    pub(crate) algorithm: String,
    /// The `kid` of tokens that it signs. Left out, it is tried for any.
    #[serde(default)]
    pub(crate) kid: Given<String>,
    /// The secret in base64url. Whoever can read the configuration can read it.
    pub(crate) inline: String,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for InlineKeys<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JwkSet".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "required": ["keys"],
            "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
        })
    }
}
