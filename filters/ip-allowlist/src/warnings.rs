//! What is no error, but an operator should know when the document is loaded.

use gatepost_filter::{Services, Settings, rule_warnings};
use gatepost_ip_set::client_address::ClientAddressSource;

use crate::plan::Plan;

/// The warnings, a line each.
pub(crate) fn warnings(plan: &Plan, settings: &Settings, services: &dyn Services) -> Vec<String> {
    let mut warnings = Vec::new();
    let source = plan.client.as_ref().map(|client| &client.source);
    if matches!(source, Some(ClientAddressSource::Connection)) && is_sidecar(services) {
        warnings.push(
            "client_address.from is `connection` in an Istio sidecar, where source.address is what \
             X-Forwarded-For says and any caller in the mesh can forge it: such requests are \
             refused. Use identities, or the true peer from filter state"
                .to_owned(),
        );
    }
    let rules = settings.rules.iter().zip(plan.rules.iter());
    let rules = rules.map(|(rule, access)| (&rule.name, rule.mode, access.takes_all));
    warnings.extend(rule_warnings(settings.mode, rules));
    warnings
}

/// Istio names its proxies `sidecar~<address>~<pod>~<domain>`.
fn is_sidecar(services: &dyn Services) -> bool {
    let id = services.property("xds\0node\0id");
    matches!(id, Ok(Some(id)) if id.starts_with(b"sidecar~"))
}
