//! `keys`: where the keys of a provider come from.

use gatepost_config::{Part, Period, UniqueMap};
use gatepost_filter::RemoteConfig;
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
    /// A server publishes them as a JWK set.
    Remote(RemoteConfig),
    /// A server publishes where they are.
    Discovery(DiscoveryConfig),
    /// Secrets for HS256, HS384 and HS512.
    Secrets(Vec<SecretConfig>),
}

/// A JWK set as it stands in the document.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct InlineKeys<'a>(#[serde(borrow)] pub(crate) Part<'a>);

/// Where the issuer says where its keys are. The provider must name its issuer.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Discovery"))]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `cluster` and `key_servers`"
)]
pub(crate) struct DiscoveryConfig {
    /// Which standard the issuer follows. Default `oidc`.
    #[serde(default)]
    pub(crate) kind: DiscoveryKind,
    /// The proxy's name of the cluster that serves the issuer's metadata.
    pub(crate) cluster: String,
    /// The host of the request. Default: the issuer's.
    #[serde(default)]
    pub(crate) authority: Given<String>,
    /// The path of the request. Default: what `kind` makes of the issuer.
    #[serde(default)]
    pub(crate) path: Given<String>,
    /// The proxy's name of the cluster for each host, with its port if that is not 443,
    /// that may serve the keys: a `jwks_uri` of another host is refused.
    pub(crate) key_servers: UniqueMap<String>,
    /// From one success to the next fetch, of metadata and of keys: 1 s to 24 h.
    /// Default `5m`.
    #[serde(default)]
    pub(crate) refresh: Given<Period>,
    /// When a fetch is given up: 100 ms to 60 s. Default `5s`.
    #[serde(default)]
    pub(crate) timeout: Given<Period>,
    /// How long metadata and keys serve without a success, at most 30 days. Default
    /// `24h`.
    #[serde(default)]
    pub(crate) stale_for: Given<Period>,
    /// How long a request waits at most for the first keys: up to 30 s. Default `2s`.
    #[serde(default)]
    pub(crate) wait: Given<Period>,
}

/// A standard for metadata.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiscoveryKind {
    /// OpenID Connect Discovery 1.0: `<issuer>/.well-known/openid-configuration`.
    #[default]
    Oidc,
    /// RFC 8414: `/.well-known/oauth-authorization-server` before the issuer's path.
    Oauth,
}

/// A secret.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Secret", extend("oneOf" = [{"required": ["host_env_key"]}, {"required": ["inline"]}])))]
#[serde(
    deny_unknown_fields,
    expecting = "a secret: an object with `algorithm`, and `host_env_key` or `inline`"
)]
pub(crate) struct SecretConfig {
    /// `HS256`, `HS384` or `HS512`: what the tokens that it signs are signed with.
    pub(crate) algorithm: String,
    /// The `kid` of tokens that it signs. Left out, it is tried for any.
    #[serde(default)]
    pub(crate) kid: Given<String>,
    /// The environment variable of the proxy that holds it, in base64url; the plugin's
    /// `host_env_keys` must name it, too.
    #[serde(default)]
    pub(crate) host_env_key: Given<String>,
    /// The secret in base64url. Whoever can read the configuration can read it.
    #[serde(default)]
    pub(crate) inline: Given<String>,
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
