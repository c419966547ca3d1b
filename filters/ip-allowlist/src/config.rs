//! The document, as an operator writes it. The fields' meaning is in the
//! README; what is valid, `plan.rs` decides.

mod feed;

use std::fmt;

use gatepost_config::{Name, UniqueMap, Whole};
use gatepost_filter::{DefaultConfig, Mode, PeerCertificate, RawDenyResponse, RecordWhen};
use gatepost_http_match::{Given, MatchConfig};
use gatepost_ip_set::CidrList;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Unexpected, Visitor};

pub(crate) use self::feed::{FeedConfig, FeedFormat, IfEmptyConfig, IfUnavailable};

/// Configuration of the ip-allowlist filter.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "ip-allowlist"))]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// `shadow` only tells what it would have denied. Default `enforce`.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Where the client's address comes from. Required when a rule names a list
    /// or matches on the client's address.
    #[serde(default)]
    pub(crate) client_address: Given<ClientAddressConfig>,
    /// States that the listener validates client certificates against a CA, so
    /// that the identity in them counts. Required when a rule names identities.
    #[serde(default)]
    pub(crate) peer_certificate: Given<PeerCertificate>,
    /// Lists of addresses and networks, by the names that rules use.
    #[serde(default)]
    pub(crate) lists: UniqueMap<ListConfig>,
    /// Which list wins for an address that a rule both allows and denies.
    #[serde(default)]
    pub(crate) precedence: Precedence,
    /// The rules; the first one that matches a request decides.
    #[serde(default)]
    pub(crate) rules: Vec<RuleConfig>,
    /// What happens to a request that no rule matches.
    #[serde(default)]
    pub(crate) default: DefaultConfig,
    /// The answer to a denied request.
    #[serde(default)]
    pub(crate) on_deny: RawDenyResponse,
    /// When the decision record is written. Default `denied`.
    #[serde(default)]
    pub(crate) record: RecordWhen,
}

/// Where the client's address comes from.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "an object that says where the client's address comes from"
)]
pub(crate) struct ClientAddressConfig {
    /// The source.
    pub(crate) from: From,
    /// How many proxies of ours stand in front, as Envoy's
    /// `xff_num_trusted_hops`; 0 to 19. For `x_forwarded_for` and `forwarded`.
    #[serde(default)]
    pub(crate) trusted_hops: Given<Whole>,
    /// The addresses of proxies whose entries are believed; needs `true_peer`.
    #[serde(default)]
    pub(crate) trusted_proxies: Given<CidrList>,
    /// Whether this listener has appended its peer to X-Forwarded-For: true with
    /// `use_remote_address: true`. Required for `x_forwarded_for`.
    #[serde(default)]
    pub(crate) peer_appended: Given<bool>,
    /// The header that names the client. Required for `header`.
    #[serde(default)]
    pub(crate) header: Given<String>,
    /// Where the address of the connection's other end comes from.
    #[serde(default)]
    pub(crate) true_peer: Given<TruePeerConfig>,
    /// States that the listener itself takes the client's address from a header,
    /// and believes nobody but proxies of ours. For `connection`; without it such
    /// an address is refused.
    #[serde(default)]
    pub(crate) forwarded_address: Given<ForwardedAddress>,
}

/// A source of the client's address.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum From {
    /// The other end of the connection, `source.address`. Where the listener puts
    /// what X-Forwarded-For says in its place (`use_remote_address: false`, as in
    /// an Istio sidecar), the address is refused: any caller could have said it.
    Connection,
    /// X-Forwarded-For.
    XForwardedFor,
    /// Forwarded (RFC 7239).
    Forwarded,
    /// A header with one address, such as `cf-connecting-ip`.
    Header,
}

/// What is known of an address that the listener took from a header.
#[derive(Clone, Copy, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForwardedAddress {
    /// The listener believes only proxies of ours: `use_remote_address: true`
    /// with `xff_num_trusted_hops`, or `xff_trusted_cidrs`.
    TrustedByListener,
}

/// Where the true peer's address comes from.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum TruePeerConfig {
    /// `source.address`, which is refused where it came from a header.
    Connection,
    /// Filter state that a `set_filter_state` filter before this one wrote.
    FilterState(String),
}

/// A list.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "a list: an object with `cidrs` or `feed`"
)]
#[cfg_attr(feature = "schema", schemars(extend("oneOf" = [{"required": ["cidrs"]}, {"required": ["feed"]}])))]
pub(crate) struct ListConfig {
    /// Addresses and networks, IPv4 and IPv6. This or `feed`.
    #[serde(default)]
    pub(crate) cidrs: Given<CidrList>,
    /// A server that publishes them.
    #[serde(default)]
    pub(crate) feed: Given<FeedConfig>,
    /// The reason code of a denial by this list. Default `ip_denied`.
    #[serde(default)]
    pub(crate) reason: Given<String>,
}

/// Which list wins.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Precedence {
    /// The denying one.
    #[default]
    Deny,
    /// The one whose entry for the address has the longest prefix; the denying
    /// one when both are as long.
    LongestPrefix,
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
    /// Who may pass: names of lists, `anyone` or `nobody`. Required.
    pub(crate) allow: AllowConfig,
    /// Names of lists that may not pass.
    #[serde(default)]
    pub(crate) deny: Vec<String>,
    /// Identities of which the peer must have one, beside what `allow` says.
    #[serde(default)]
    pub(crate) identities: Given<Vec<IdentityConfig>>,
}

/// Who may pass.
pub(crate) enum AllowConfig {
    /// Every address that is not denied.
    Anyone,
    /// No address.
    Nobody,
    /// The addresses of these lists.
    Lists(Vec<String>),
}

/// An identity, as the URI SAN of the peer's certificate has it.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdentityConfig {
    /// This one: `spiffe://cluster.local/ns/shop/sa/cart`.
    Exact(String),
    /// All below this path, which ends with `/`:
    /// `spiffe://cluster.local/ns/shop/`.
    Prefix(String),
}

impl<'de> Deserialize<'de> for AllowConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllowVisitor;
        impl<'de> Visitor<'de> for AllowVisitor {
            type Value = AllowConfig;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"names of lists, or "anyone", or "nobody""#)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<AllowConfig, E> {
                match text {
                    "anyone" => Ok(AllowConfig::Anyone),
                    "nobody" => Ok(AllowConfig::Nobody),
                    other => Err(E::invalid_value(Unexpected::Str(other), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<AllowConfig, A::Error> {
                let mut lists = Vec::new();
                while let Some(list) = seq.next_element()? {
                    lists.push(list);
                }
                Ok(AllowConfig::Lists(lists))
            }
        }
        deserializer.deserialize_any(AllowVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for AllowConfig {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Allow".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "oneOf": [
                {"enum": ["anyone", "nobody"]},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ],
        })
    }
}
