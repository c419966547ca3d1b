//! A provider at work: its plan, and what it keeps.

use gatepost_filter::Services;
use gatepost_http_match::TextMatcher;
use gatepost_jose::{AlgorithmSet, ClaimsPolicy};

use crate::config::CertificateBinding;
use crate::keys::Keys;
use crate::output::Output;
use crate::plan::ProviderPlan;
use crate::revocation::RevocationList;

/// A provider on one worker.
pub(crate) struct Provider {
    pub(crate) name: String,
    pub(crate) policy: ClaimsPolicy,
    pub(crate) algorithms: AlgorithmSet,
    pub(crate) subject: Option<TextMatcher>,
    /// Where its tokens stand, by [`Plan::places`](crate::plan::Plan::places).
    pub(crate) places: usize,
    pub(crate) forwards_token: bool,
    pub(crate) output: Output,
    pub(crate) binding: CertificateBinding,
    pub(crate) keys: Keys,
    pub(crate) revocation: RevocationList,
}

impl Provider {
    pub(crate) fn new(plan: ProviderPlan, _services: &dyn Services) -> Self {
        Self {
            name: plan.name,
            policy: plan.policy,
            algorithms: plan.algorithms,
            subject: plan.subject,
            places: plan.places,
            forwards_token: plan.forwards_token,
            output: plan.output,
            binding: plan.binding,
            keys: Keys::new(plan.keys),
            revocation: plan.revocation.list,
        }
    }
}
