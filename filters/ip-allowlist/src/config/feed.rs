//! `feed`: a list that somebody publishes.

use gatepost_config::{Period, Whole};
use gatepost_filter::{BeforeFirstLoad, MaxAgeConfig};
use gatepost_http_match::Given;
use serde::Deserialize;

/// A list that a server publishes. All workers of a proxy fetch it together, once
/// a period; the last good list stays until `stale_for` is over.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "a feed: an object with `cluster`, `authority` and `path`"
)]
pub(crate) struct FeedConfig {
    /// The proxy's name of the cluster that serves the list.
    pub(crate) cluster: String,
    /// The host of the request, such as `lists.example`.
    pub(crate) authority: String,
    /// The path of the request, with its query.
    pub(crate) path: String,
    /// How the list is written. Default `text`.
    #[serde(default)]
    pub(crate) format: FeedFormat,
    /// From one success to the next fetch, less up to a tenth: 1 s to 24 h.
    /// Default `5m`.
    #[serde(default)]
    pub(crate) refresh: Given<Period>,
    /// Lets the server's `Cache-Control: max-age` take the place of `refresh`.
    #[serde(default)]
    pub(crate) max_age: Given<MaxAgeConfig>,
    /// When a fetch is given up: 100 ms to 60 s. Default `5s`.
    #[serde(default)]
    pub(crate) timeout: Given<Period>,
    /// The longest body, in bytes: of a text at most 16777216, by default
    /// 4194304; of JSON at most and by default 524288.
    #[serde(default)]
    pub(crate) max_bytes: Given<Whole>,
    /// How long the last good list serves without a success, at most 30 days.
    /// Default `24h`.
    #[serde(default)]
    pub(crate) stale_for: Given<Period>,
    /// What a request does that needs the list before it has come. Default
    /// `wait`.
    #[serde(default)]
    pub(crate) before_first_load: Given<BeforeFirstLoad>,
    /// How long it waits at most: up to 30 s. Default `2s`.
    #[serde(default)]
    pub(crate) wait: Given<Period>,
    /// What happens to a request that needs the list when there is none, or it is
    /// too old. Default `deny`.
    #[serde(default)]
    pub(crate) if_unavailable: IfUnavailable,
    /// Whether a list without entries is a failure. Default `fail`.
    #[serde(default)]
    pub(crate) if_empty: IfEmptyConfig,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum FeedFormat {
    /// A line an address or network; `#` and `;` begin a comment;
    /// `expires=2026-12-31T23:59:59Z` may follow an entry.
    #[default]
    Text,
    /// `["192.0.2.0/24", {"cidr": "...", "expires": "..."}]`, or that as `cidrs` of
    /// an object.
    Json,
}

/// What happens without a list.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfUnavailable {
    /// The request is answered with 503.
    #[default]
    Deny,
    /// The request is judged as if the list were empty, and does not wait: only
    /// for lists that no rule allows by.
    Ignore,
}

/// What a list without entries is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfEmptyConfig {
    /// A failure: the last good list stays.
    #[default]
    Fail,
    /// A list that holds nobody.
    Accept,
}
