//! `providers`: who issues tokens, and what makes one of theirs good.

use gatepost_config::Period;
use gatepost_filter::CredentialSourcesConfig;
use gatepost_http_match::{Given, TextMatchConfig};
use serde::Deserialize;

use super::keys::KeysConfig;
use super::output::{ClaimHeaderConfig, IfUnsendable};
use super::revocation::RevocationConfig;

/// An issuer of tokens.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Provider"))]
#[serde(deny_unknown_fields, expecting = "a provider: an object with `keys`")]
pub(crate) struct ProviderConfig<'a> {
    /// What `iss` is, byte by byte. Left out, any issuer whose signature is good
    /// will do.
    #[serde(default)]
    pub(crate) issuer: Given<String>,
    /// What `aud` holds. Left out, `aud` is not looked at.
    #[serde(default)]
    pub(crate) audiences: Given<Vec<String>>,
    /// Whether `aud` holds any of `audiences`, or all. Default `any`.
    #[serde(default)]
    pub(crate) audience_match: AudienceMatch,
    /// The algorithms that count, such as `RS256`. Default: RS, PS, ES 256 to 512
    /// and EdDSA. HS256, HS384 and HS512 count only where they are named.
    #[serde(default)]
    pub(crate) algorithms: Given<Vec<String>>,
    /// How far the clocks of issuer and proxy may differ: up to 5m. Default `60s`.
    #[serde(default)]
    pub(crate) clock_skew: Given<Period>,
    /// Whether a token must have `exp`. Default true.
    #[serde(default)]
    pub(crate) require_exp: Given<bool>,
    /// Whether a token must have `nbf`. Default false.
    #[serde(default)]
    pub(crate) require_nbf: bool,
    /// Whether a token must have `iat`. Default false.
    #[serde(default)]
    pub(crate) require_iat: bool,
    /// The longest time from `iat` to `exp`, or from now to `exp` when there is no
    /// `iat`. No limit by default.
    #[serde(default)]
    pub(crate) max_lifetime: Given<Period>,
    /// What `sub` is like. A token without `sub` is refused then.
    #[serde(default)]
    pub(crate) subject: Given<TextMatchConfig>,
    /// What the header's `typ` is, such as `at+jwt` (RFC 9068), with or without
    /// `application/`, without regard to case: one of these must be there. Left out,
    /// `typ` may be missing, or `JWT`, `at+jwt` or `JOSE`.
    #[serde(default)]
    pub(crate) typ: Given<Vec<String>>,
    /// Claims that must be there, at the top of the token, and not null.
    #[serde(default)]
    pub(crate) required_claims: Vec<String>,
    /// Further rules for tokens of a kind.
    #[serde(default)]
    pub(crate) profile: Given<ProfileConfig>,
    /// With `profile: spiffe`, and required then: the trust domain whose keys these
    /// are, such as `prod.example`. They speak of no ID of another.
    #[serde(default)]
    pub(crate) trust_domain: Given<String>,
    /// Where tokens stand in a request. Default: the header `authorization` with the
    /// scheme `Bearer`.
    #[serde(default)]
    pub(crate) from: Given<CredentialSourcesConfig>,
    /// Whether the upstream gets the token. Default false.
    #[serde(default)]
    pub(crate) forward_token: bool,
    /// The keys that sign tokens.
    #[serde(borrow, deserialize_with = "gatepost_config::discreetly")]
    pub(crate) keys: KeysConfig<'a>,
    /// The shortest time between fetches that tokens with unknown `kid` cause: 1s to
    /// 1h. For keys of a server. Default `10s`.
    #[serde(default)]
    pub(crate) cooldown: Given<Period>,
    /// Claims that the upstream gets as headers. Nobody else can set these headers.
    #[serde(default)]
    pub(crate) claims_to_headers: Vec<ClaimHeaderConfig>,
    /// The header in which the upstream gets the whole payload, in base64url without
    /// padding.
    #[serde(default)]
    pub(crate) payload_header: Given<String>,
    /// What happens to a request whose claims cannot be sent as headers. Default
    /// `deny`.
    #[serde(default)]
    pub(crate) if_unsendable: IfUnsendable,
    /// Whether the token must be bound to the peer's certificate (RFC 8705 3).
    /// Default `off`.
    #[serde(default)]
    pub(crate) certificate_binding: CertificateBinding,
    /// Whether a token counts that is bound to a key of the client (`cnf.jkt`, RFC 9449
    /// 6) without a proof of that key: as if it were bound to none. Default false.
    #[serde(default)]
    pub(crate) accept_dpop_bound: bool,
    /// Tokens that count no more.
    #[serde(default)]
    pub(crate) revocation: Given<RevocationConfig>,
}

/// How audiences are compared.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum AudienceMatch {
    /// One of them will do.
    #[default]
    Any,
    /// All must be there.
    All,
}

/// A kind of tokens.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Profile"))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProfileConfig {
    /// JWT-SVID: RS, PS and ES only; no header but `alg`, `kid` and `typ`; `typ` is
    /// `JWT` or `JOSE`; `sub` is a SPIFFE ID of `trust_domain`; `aud` and `exp` are
    /// there.
    Spiffe,
}

/// Whether `cnf.x5t#S256` is compared with the peer's certificate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateBinding {
    /// Never.
    #[default]
    Off,
    /// Of a token that has it.
    IfPresent,
    /// Always; a token without it is refused.
    Required,
}
