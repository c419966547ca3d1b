//! The document, as an operator writes it. The fields' meaning is in the
//! README; what is valid, `plan.rs` decides.

mod keys;
mod output;
mod provider;
mod revocation;
mod rule;

use gatepost_config::{UniqueMap, Whole};
use gatepost_filter::{
    ChallengeConfig, CorsPreflight, DefaultConfig, Mode, PeerCertificate, RawDenyResponse,
    RecordWhen,
};
use gatepost_http_match::Given;
use serde::Deserialize;

pub(crate) use self::keys::{DiscoveryConfig, DiscoveryKind, InlineKeys, KeysConfig, SecretConfig};
pub(crate) use self::output::{ClaimHeaderConfig, HeaderFormat, IfUnsendable};
pub(crate) use self::provider::{AudienceMatch, CertificateBinding, ProfileConfig, ProviderConfig};
pub(crate) use self::revocation::{IfUnavailable, RevocationConfig, RevocationFeedConfig};
pub(crate) use self::rule::{RequirementConfig, RolesConfig, RuleConfig, ScopesConfig};

/// Configuration of the jwt-auth filter.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "jwt-auth"))]
#[serde(deny_unknown_fields)]
pub(crate) struct Config<'a> {
    /// `shadow` only tells what it would have denied. Default `enforce`.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Who issues tokens, by the names that rules use.
    #[serde(default, borrow)]
    pub(crate) providers: UniqueMap<ProviderConfig<'a>>,
    /// The rules; the first one that matches a request decides.
    #[serde(default)]
    pub(crate) rules: Vec<RuleConfig>,
    /// What happens to a request that no rule matches.
    #[serde(default)]
    pub(crate) default: DefaultConfig,
    /// What happens to a request with more than one token in the places of one
    /// provider, or of several of which any will do. Default `refuse`.
    #[serde(default)]
    pub(crate) several_tokens: SeveralTokens,
    /// Whether a CORS preflight (OPTIONS with Origin and
    /// Access-Control-Request-Method), which never has a token, passes. Default
    /// `pass`.
    #[serde(default)]
    pub(crate) cors_preflight: CorsPreflight,
    /// What `WWW-Authenticate` says beside the error.
    #[serde(default)]
    pub(crate) challenge: ChallengeConfig,
    /// States that the listener validates client certificates against a CA.
    /// Required when a provider has a `certificate_binding`.
    #[serde(default)]
    pub(crate) peer_certificate: Given<PeerCertificate>,
    /// How many verified tokens are kept, so that a signature is checked once.
    #[serde(default)]
    pub(crate) cache: CacheConfig,
    /// The longest token, in bytes: 256 to 65536. Default 16384.
    #[serde(default)]
    pub(crate) max_token_bytes: Given<Whole>,
    /// The answer to a denied request. Its status is that of denials for lack of
    /// rights; the others are told in the table of reasons.
    #[serde(default)]
    pub(crate) on_deny: RawDenyResponse,
    /// When the decision record is written. Default `denied`.
    #[serde(default)]
    pub(crate) record: RecordWhen,
}

/// What happens to several tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeveralTokens {
    /// The request is refused (RFC 6750 2: one method a request).
    #[default]
    Refuse,
    /// The first one that is valid counts, headers before query before cookies.
    FirstValid,
}

/// The cache of verified tokens of one worker. It holds claims, never a verdict.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `entries` and `max_bytes`"
)]
pub(crate) struct CacheConfig {
    /// The most tokens: 0 to 65536; 0 keeps none. Default 1024.
    #[serde(default)]
    pub(crate) entries: Given<Whole>,
    /// The most memory that they take, in bytes: up to 67108864. Default 4194304.
    #[serde(default)]
    pub(crate) max_bytes: Given<Whole>,
}
