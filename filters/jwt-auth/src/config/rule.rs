//! `rules`: which token a request needs, and what it must say.

use gatepost_config::Name;
use gatepost_filter::Mode;
use gatepost_http_match::{Given, MatchConfig, OneOrMany};
use serde::Deserialize;

/// A rule.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Rule"))]
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
    /// The token that a request needs. Required; `none` says that it needs none.
    pub(crate) require: RequirementConfig,
    /// Whether a request without any token passes, too. A token that is there must
    /// be good all the same. Default false.
    #[serde(default)]
    pub(crate) optional: bool,
    /// Takes the place of the providers' `audiences`.
    #[serde(default)]
    pub(crate) audiences: Given<Vec<String>>,
    /// The scopes that the token must have been granted.
    #[serde(default)]
    pub(crate) scopes: Given<ScopesConfig>,
    /// The roles that the token must name.
    #[serde(default)]
    pub(crate) roles: Given<RolesConfig>,
    /// What must hold besides, of the token's `claims` and of the request.
    #[serde(default)]
    pub(crate) allow: Given<MatchConfig>,
}

/// Which token a request needs.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Requirement"))]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequirementConfig {
    /// None.
    None,
    /// One of this provider.
    Provider(String),
    /// One of these will do.
    Any(Vec<Self>),
    /// All of these. Scopes, roles and `allow` are judged by the first one's claims;
    /// of a header that several would set, the first one's counts.
    All(Vec<Self>),
}

/// Scopes (RFC 6749 3.3).
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Scopes"))]
#[serde(deny_unknown_fields, expecting = "an object with `any` or `all`")]
pub(crate) struct ScopesConfig {
    /// One of these.
    #[serde(default)]
    pub(crate) any: Given<Vec<String>>,
    /// All of these.
    #[serde(default)]
    pub(crate) all: Given<Vec<String>>,
    /// The claim that has them: words of a string, or an array of strings. Default:
    /// `scope`, and `scp` besides.
    #[serde(default)]
    pub(crate) claim: Given<OneOrMany<String>>,
}

/// Roles.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Roles"))]
#[serde(deny_unknown_fields, expecting = "an object with `any` or `all`")]
pub(crate) struct RolesConfig {
    /// One of these.
    #[serde(default)]
    pub(crate) any: Given<Vec<String>>,
    /// All of these.
    #[serde(default)]
    pub(crate) all: Given<Vec<String>>,
    /// The claim that has them: a string, or an array of strings. Default `roles`.
    #[serde(default)]
    pub(crate) claim: Given<OneOrMany<String>>,
}
