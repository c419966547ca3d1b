//! From a document to a plan: what is left can be carried out as it stands.

mod grants;
mod keys;
mod output;
mod policy;
mod providers;
mod requirement;
mod revocation;
mod rules;

use std::collections::BinaryHeap;

use gatepost_config::{FieldPath, Problems, Whole};
use gatepost_filter::{
    Challenges, CorsPreflight, CredentialSources, DefaultAction, DenyResponse, RecordWhen, Rules,
    Services, Settings,
};
use gatepost_http_match::TextMatcher;
use gatepost_jose::{AlgorithmSet, ClaimsPolicy};

pub(crate) use self::keys::{DiscoveryPlan, KeysPlan};
use self::providers::Providers;
pub(crate) use self::revocation::{RevocationFeedPlan, RevocationPlan};
use self::rules::compile_rules;
use crate::authorize::Authorization;
use crate::config::{CertificateBinding, Config, SeveralTokens};
use crate::output::Output;
use crate::requirement::Wanted;

/// A valid document.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) providers: Vec<ProviderPlan>,
    /// Where tokens stand, each set of places once; by [`ProviderPlan::places`].
    pub(crate) places: Vec<CredentialSources>,
    pub(crate) rules: Rules<Access>,
    pub(crate) default: DefaultAction,
    pub(crate) several_tokens: SeveralTokens,
    pub(crate) passes_preflights: bool,
    pub(crate) challenges: Challenges,
    pub(crate) cache: CachePlan,
    /// The longest token, in bytes.
    pub(crate) max_token_bytes: usize,
    /// Whether requests that pass are recorded, too.
    pub(crate) records_passed: bool,
}

/// An issuer of tokens.
#[derive(Debug)]
pub(crate) struct ProviderPlan {
    pub(crate) name: String,
    pub(crate) policy: ClaimsPolicy,
    pub(crate) algorithms: AlgorithmSet,
    pub(crate) subject: Option<TextMatcher>,
    /// By [`Plan::places`].
    pub(crate) places: usize,
    pub(crate) forwards_token: bool,
    pub(crate) output: Output,
    pub(crate) binding: CertificateBinding,
    pub(crate) accepts_dpop_bound: bool,
    pub(crate) keys: KeysPlan,
    pub(crate) revocation: RevocationPlan,
}

/// Who may pass by one rule.
#[derive(Debug)]
pub(crate) struct Access {
    /// Nothing when no token is required.
    pub(crate) wanted: Option<Wanted>,
    /// Whether a request without any token passes.
    pub(crate) is_optional: bool,
    pub(crate) authorization: Authorization,
}

/// The limits of the cache.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CachePlan {
    pub(crate) entries: usize,
    pub(crate) max_bytes: usize,
}

const SCHEME: &str = "Bearer";

impl Plan {
    /// Checks a document; secrets that it does not hold itself come from `services`.
    pub(crate) fn new(
        config: Config<'_>,
        at: &FieldPath<'_>,
        services: &dyn Services,
    ) -> Result<(Self, Settings), Problems> {
        let mut problems = Problems::new();
        let has_certificates = config.peer_certificate.0.is_some();
        let providers = Providers::new(
            config.providers,
            has_certificates,
            &at.field("providers"),
            services,
            &mut problems,
        );
        let rules = compile_rules(
            config.rules,
            &providers.plans,
            &at.field("rules"),
            &mut problems,
        );
        let plan = Self {
            rules,
            default: config.default.action,
            several_tokens: config.several_tokens,
            passes_preflights: config.cors_preflight == CorsPreflight::Pass,
            challenges: Challenges::new(
                SCHEME,
                config.challenge,
                &at.field("challenge"),
                &mut problems,
            ),
            cache: CachePlan {
                entries: limit(
                    config.cache.entries.0,
                    (0, 1024, 65_536),
                    &at.field("cache").field("entries"),
                    &mut problems,
                ),
                max_bytes: limit(
                    config.cache.max_bytes.0,
                    (0, 4 << 20, 64 << 20),
                    &at.field("cache").field("max_bytes"),
                    &mut problems,
                ),
            },
            max_token_bytes: limit(
                config.max_token_bytes.0,
                (256, 16 * 1024, 64 * 1024),
                &at.field("max_token_bytes"),
                &mut problems,
            ),
            records_passed: config.record == RecordWhen::Always,
            providers: providers.plans,
            places: providers.places,
        };
        let settings = Settings {
            mode: config.mode,
            on_deny: DenyResponse::new(config.on_deny, &at.field("on_deny"), &mut problems),
            record: config.record,
            rules: plan.rules.settings(),
        };
        problems.check((plan, settings))
    }

    /// The headers that this filter alone may set.
    pub(crate) fn owned_headers(&self) -> Vec<String> {
        let owned: BinaryHeap<&str> = self
            .providers
            .iter()
            .flat_map(|provider| provider.output.headers())
            .collect();
        let mut owned = owned.into_sorted_vec();
        owned.dedup();
        owned.into_iter().map(str::to_owned).collect()
    }
}

/// A number from `least` to `most`; `usual` when the document names none.
fn limit(
    given: Option<Whole>,
    (least, usual, most): (usize, usize, usize),
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> usize {
    let Some(given) = given else {
        return usual;
    };
    match usize::try_from(given.get()) {
        Ok(number) if (least..=most).contains(&number) => number,
        _ => {
            problems.push(
                at,
                format_args!("expected {least} to {most}, found {}", given.get()),
            );
            usual
        }
    }
}
