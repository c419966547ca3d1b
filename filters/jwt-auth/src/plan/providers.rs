//! `providers`: what makes a token of each good.

use gatepost_config::{FieldPath, Name, Problems, UniqueMap};
use gatepost_filter::{CredentialSources, Services};
use gatepost_http_match::TextMatcher;

use super::ProviderPlan;
use super::keys::{KeysContext, compile_keys};
use super::output::compile_output;
use super::policy::{algorithms, policy};
use super::revocation::compile_revocation;
use crate::config::{CertificateBinding, ProviderConfig};

/// All providers of a document, and where their tokens stand.
#[derive(Default)]
pub(super) struct Providers {
    pub(super) plans: Vec<ProviderPlan>,
    pub(super) places: Vec<CredentialSources>,
}

/// The most providers of one document.
const MOST_PROVIDERS: usize = 64;

impl Providers {
    pub(super) fn new(
        raw: UniqueMap<ProviderConfig<'_>>,
        has_certificates: bool,
        at: &FieldPath<'_>,
        services: &dyn Services,
        problems: &mut Problems,
    ) -> Self {
        let mut providers = Self::default();
        if raw.len() > MOST_PROVIDERS {
            problems.push(
                at,
                format_args!("expected at most {MOST_PROVIDERS} providers"),
            );
        }
        for (name, config) in raw {
            let provider_at = at.field(&name);
            if Name::parse(&name).is_none() {
                problems.push(
                    &provider_at,
                    "expected a name of 1 to 64 characters from a-z, 0-9, `_` and `-`",
                );
            }
            if config.certificate_binding != CertificateBinding::Off && !has_certificates {
                problems.push(
                    &provider_at.field("certificate_binding"),
                    "expected `peer_certificate: validated_by_listener` besides: who is bound to a \
                     certificate that nobody has validated is bound to none",
                );
            }
            let plan = providers.provider(name.clone(), config, &provider_at, services, problems);
            providers.plans.push(plan);
        }
        providers.check_headers(at, problems);
        providers
    }

    fn provider(
        &mut self,
        name: String,
        config: ProviderConfig<'_>,
        at: &FieldPath<'_>,
        services: &dyn Services,
        problems: &mut Problems,
    ) -> ProviderPlan {
        let algorithms = algorithms(config.algorithms.0.as_deref(), at, problems);
        let policy = policy(&config, at, problems);
        let subject = config.subject.0.and_then(|subject| {
            let compiled = TextMatcher::compile(subject, &at.field("subject"));
            compiled.map_err(|found| problems.extend(found)).ok()
        });
        let from_at = at.field("from");
        let places = match config.from.0 {
            None => CredentialSources::bearer(),
            Some(from) => CredentialSources::new(from, &from_at, problems),
        };
        if places.is_empty() {
            problems.push(&from_at, "expected at least one place of tokens");
        }
        let context = KeysContext {
            issuer: policy.issuer.as_deref(),
            algorithms,
            cooldown: config.cooldown.0,
            cooldown_at: at.field("cooldown"),
        };
        let keys = compile_keys(config.keys, &context, &at.field("keys"), services, problems);
        let output = compile_output(
            config.claims_to_headers,
            config.payload_header.0,
            config.if_unsendable,
            at,
            problems,
        );
        let revocation = config
            .revocation
            .0
            .map(|raw| compile_revocation(raw, &at.field("revocation"), problems));
        ProviderPlan {
            policy,
            algorithms,
            subject,
            places: self.place(places),
            forwards_token: config.forward_token,
            output,
            binding: config.certificate_binding,
            accepts_dpop_bound: config.accept_dpop_bound,
            keys: keys.unwrap_or_default(),
            revocation: revocation.unwrap_or_default(),
            name,
        }
    }

    /// The number of these places; equal ones share it.
    fn place(&mut self, places: CredentialSources) -> usize {
        let known = self.places.iter().position(|known| *known == places);
        known.unwrap_or_else(|| {
            self.places.push(places);
            self.places.len().saturating_sub(1)
        })
    }

    /// Headers of ours are removed before anybody looks for tokens.
    fn check_headers(&self, at: &FieldPath<'_>, problems: &mut Problems) {
        for plan in &self.plans {
            for header in plan.output.headers() {
                if self.places.iter().any(|places| places.read_header(header)) {
                    problems.push(
                        &at.field(&plan.name),
                        format_args!(
                            "expected another header than `{header}`, in which tokens come"
                        ),
                    );
                }
            }
        }
    }
}
