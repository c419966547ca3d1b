//! A provider at work: its plan, and what it keeps.

use gatepost_filter::{Root, RootEvent, Services};
use gatepost_http_match::TextMatcher;
use gatepost_jose::{AlgorithmSet, ClaimsPolicy};

use crate::config::CertificateBinding;
use crate::keys::{Keys, Numbering};
use crate::output::Output;
use crate::plan::ProviderPlan;
use crate::revocation::Revocations;

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
    pub(crate) accepts_dpop_bound: bool,
    pub(crate) keys: Keys,
    pub(crate) revocation: Revocations,
}

impl Provider {
    pub(crate) fn new(
        plan: ProviderPlan,
        numbering: &mut Numbering<'_>,
        services: &dyn Services,
    ) -> Self {
        Self {
            keys: Keys::new(plan.keys, &plan.name, numbering, services),
            revocation: Revocations::new(plan.revocation, &plan.name, numbering, services),
            name: plan.name,
            policy: plan.policy,
            algorithms: plan.algorithms,
            subject: plan.subject,
            places: plan.places,
            forwards_token: plan.forwards_token,
            output: plan.output,
            binding: plan.binding,
            accepts_dpop_bound: plan.accepts_dpop_bound,
        }
    }

    /// Whether something of it comes from a server.
    pub(crate) fn is_remote(&self) -> bool {
        self.keys.are_remote() || self.revocation.are_remote()
    }

    /// Goes on after an event of the root.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        self.keys.on_event(root, event);
        self.revocation.on_event(root, event);
    }

    /// The filter ends.
    pub(crate) fn close(&self, services: &dyn Services) {
        self.keys.close(services);
        self.revocation.close(services);
    }
}
