//! The document, as an operator writes it. The fields' meaning is in the
//! README; what is valid, `plan.rs` decides.

mod key;

use gatepost_config::Name;
use gatepost_filter::{
    CorsPreflight, CredentialSourcesConfig, Mode, RawDenyResponse, RecordWhen, RemoteConfig,
};
use gatepost_http_match::{Given, MatchConfig};
use serde::Deserialize;

pub(crate) use self::key::KeyConfig;

/// Configuration of the api-key-auth filter.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "api-key-auth"))]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// `shadow` only tells what it would have denied. Default `enforce`.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Where clients put their keys. Default the header `x-api-key`.
    #[serde(default)]
    pub(crate) from: CredentialSourcesConfig,
    /// The keys, at most 200000.
    #[serde(default, deserialize_with = "gatepost_config::discreetly")]
    pub(crate) keys: Vec<KeyConfig>,
    /// A server that publishes keys, as `{"keys": [...]}`, beside those of `keys`. Its
    /// `refresh` is `1m` unless it says otherwise, `stale_for` `24h`, `max_bytes`
    /// 4194304 and at most 16777216.
    #[serde(default)]
    pub(crate) feed: Given<RemoteConfig>,
    /// The secret of the digests `hmac-sha256:`.
    #[serde(default, deserialize_with = "gatepost_config::discreetly")]
    pub(crate) hmac_secret: Given<SecretConfig>,
    /// Whether the upstream gets the key, too. Default `false`: it is taken away.
    #[serde(default)]
    pub(crate) forward_key: bool,
    /// The header in which the upstream gets the key's id.
    #[serde(default)]
    pub(crate) key_id_header: Given<String>,
    /// The headers in which the upstream gets attributes of the key, at most 16.
    #[serde(default)]
    pub(crate) attributes_to_headers: Vec<AttributeHeaderConfig>,
    /// What happens to a CORS preflight, which browsers send without a key. Default
    /// `pass`.
    #[serde(default)]
    pub(crate) cors_preflight: CorsPreflight,
    /// The realm that a challenge names (RFC 9110 11.5): 1 to 256 printable ASCII
    /// characters. Default none.
    #[serde(default)]
    pub(crate) realm: Given<String>,
    /// The rules; the first one that matches a request decides.
    #[serde(default)]
    pub(crate) rules: Vec<RuleConfig>,
    /// What a request needs that no rule matches. Default: a key, any.
    #[serde(default)]
    pub(crate) default: DefaultConfig,
    /// The answer to a denied request.
    #[serde(default)]
    pub(crate) on_deny: RawDenyResponse,
    /// When the decision record is written. Default `denied`.
    #[serde(default)]
    pub(crate) record: RecordWhen,
}

/// Where the secret of HMAC comes from: at least 32 bytes.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum SecretConfig {
    /// The environment variable of the proxy with this name, which the VM's
    /// configuration passes on (`host_env_keys`).
    HostEnvKey(String),
    /// This text: whoever reads the proxy's configuration knows it.
    Inline(String),
}

/// A header for an attribute.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `attribute` and `header`"
)]
pub(crate) struct AttributeHeaderConfig {
    /// The attribute's name. A key without it gives no header.
    pub(crate) attribute: String,
    /// The header. What a client sends in it is removed, always.
    pub(crate) header: String,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Require {
    /// A key.
    #[default]
    Key,
    /// A good key or none: a bad one is refused.
    Optional,
    /// Nothing: nobody looks for a key.
    None,
}

/// A rule.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "a rule: an object")]
pub(crate) struct RuleConfig {
    /// Its name: a metric label, and a field of log and record.
    pub(crate) name: Name,
    /// The requests for which it decides. Left out: all.
    #[serde(default, rename = "match")]
    pub(crate) matches: Given<MatchConfig>,
    /// `shadow` only tells what it would have denied. Default `enforce`.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// What the request needs. Default `key`.
    #[serde(default)]
    pub(crate) require: Require,
    /// Ids of which the key must have one, unless it is in one of `groups`. Both left
    /// out: any key.
    #[serde(default)]
    pub(crate) keys: Given<Vec<String>>,
    /// Groups of which the key must be in one, unless its id is one of `keys`.
    #[serde(default)]
    pub(crate) groups: Given<Vec<Name>>,
    /// Whether the upstream gets the key. Default what `forward_key` of the document
    /// says.
    #[serde(default)]
    pub(crate) forward_key: Given<bool>,
}

/// What a request needs that no rule matches.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "an object with `require`, `keys` or `groups`"
)]
pub(crate) struct DefaultConfig {
    /// What it needs. Default `key`.
    pub(crate) require: Require,
    /// As in a rule.
    pub(crate) keys: Given<Vec<String>>,
    /// As in a rule.
    pub(crate) groups: Given<Vec<Name>>,
    /// As in a rule.
    pub(crate) forward_key: Given<bool>,
}
