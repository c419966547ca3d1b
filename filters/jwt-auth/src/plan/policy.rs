//! What the claims of a provider's token must be.

use std::time::Duration;

use gatepost_config::{FieldPath, Problems, Shown};
use gatepost_jose::{Algorithm, AlgorithmSet, Audiences, ClaimsPolicy, Profile, SpiffeId};

use crate::config::{AudienceMatch, ProfileConfig, ProviderConfig};

/// The most audiences, types and names of one list.
const MOST_VALUES: usize = 256;
const LONGEST_VALUE: usize = 2048;
const USUAL_SKEW: Duration = Duration::from_secs(60);
const LONGEST_SKEW: Duration = Duration::from_secs(300);

pub(super) fn algorithms(
    names: Option<&[String]>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> AlgorithmSet {
    let Some(names) = names else {
        return AlgorithmSet::default_asymmetric();
    };
    let at = at.field("algorithms");
    if names.is_empty() {
        problems.push(&at, "expected at least one algorithm");
    }
    let mut known = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match Algorithm::from_name(name) {
            Some(algorithm) => known.push(algorithm),
            None => problems.push(
                &at.index(index),
                format_args!(
                    "expected one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, \
                     ES512, EdDSA, Ed25519, HS256, HS384, HS512, found {}",
                    Shown(name)
                ),
            ),
        }
    }
    known.into_iter().collect()
}

pub(super) fn policy(
    config: &ProviderConfig<'_>,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> ClaimsPolicy {
    if let Some(issuer) = &config.issuer.0 {
        check_texts(std::slice::from_ref(issuer), &at.field("issuer"), problems);
    }
    if config.audiences.0.is_none() && config.audience_match == AudienceMatch::All {
        problems.push(&at.field("audience_match"), "expected `audiences` besides");
    }
    if let Some(types) = &config.typ.0 {
        check_texts(types, &at.field("typ"), problems);
    }
    if !config.required_claims.is_empty() {
        let names_at = at.field("required_claims");
        check_texts(&config.required_claims, &names_at, problems);
    }
    let clock_skew = config.clock_skew.0.map_or(USUAL_SKEW, |skew| skew.get());
    if clock_skew > LONGEST_SKEW {
        problems.push(&at.field("clock_skew"), "expected a time up to 5m");
    }
    let max_lifetime = config.max_lifetime.0.map(|lifetime| lifetime.get());
    if max_lifetime.is_some_and(|lifetime| lifetime.is_zero()) {
        problems.push(&at.field("max_lifetime"), "expected a time longer than 0");
    }
    let require_exp = config.require_exp.0.unwrap_or(true);
    if max_lifetime.is_some() && !require_exp {
        problems.push(
            &at.field("max_lifetime"),
            "expected `require_exp` to be true: a token without `exp` lives for ever",
        );
    }
    let audiences = config.audiences.0.as_deref().map(|names| {
        let names_at = at.field("audiences");
        audiences(names, config.audience_match, &names_at, problems)
    });
    ClaimsPolicy {
        issuer: config.issuer.0.clone(),
        audiences: audiences.unwrap_or_default(),
        clock_skew,
        require_exp,
        require_nbf: config.require_nbf,
        require_iat: config.require_iat,
        max_lifetime,
        types: config.typ.0.clone().unwrap_or_default(),
        required_claims: config.required_claims.clone(),
        profile: profile(config, &at.field("trust_domain"), problems),
    }
}

/// Keys of a trust domain must speak of no other, so the two are named together.
fn profile(config: &ProviderConfig<'_>, at: &FieldPath<'_>, problems: &mut Problems) -> Profile {
    match (config.profile.0, &config.trust_domain.0) {
        (None, None) => Profile::Generic,
        (None, Some(_)) => {
            problems.push(at, "expected `profile: spiffe` besides");
            Profile::Generic
        }
        (Some(ProfileConfig::Spiffe), trust_domain) => {
            let trust_domain = trust_domain.clone().unwrap_or_default();
            let id = format!("spiffe://{trust_domain}");
            if !SpiffeId::parse(&id).is_ok_and(|id| id.path().is_empty()) {
                problems.push(
                    at,
                    "expected the trust domain whose keys these are, such as `prod.example`: 1 \
                     to 255 characters from a-z, 0-9, `.`, `-` and `_`",
                );
            }
            Profile::Spiffe { trust_domain }
        }
    }
}

/// Audiences as a policy has them.
pub(super) fn audiences(
    names: &[String],
    kind: AudienceMatch,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Audiences {
    check_texts(names, at, problems);
    match kind {
        AudienceMatch::Any => Audiences::Any(names.to_vec()),
        AudienceMatch::All => Audiences::All(names.to_vec()),
    }
}

fn check_texts(texts: &[String], at: &FieldPath<'_>, problems: &mut Problems) {
    if texts.is_empty() {
        problems.push(at, "expected at least one; leave the field out to take any");
    }
    if texts.len() > MOST_VALUES {
        problems.push(at, format_args!("expected at most {MOST_VALUES}"));
    }
    let is_good = |text: &String| (1..=LONGEST_VALUE).contains(&text.len());
    if !texts.iter().all(is_good) {
        problems.push(at, format_args!("expected 1 to {LONGEST_VALUE} bytes"));
    }
}
