//! What is no error, but an operator should know when the document is loaded.

use gatepost_filter::{Mode, Services, Settings};
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
    let last = settings.rules.len().saturating_sub(1);
    for (index, (rule, access)) in settings.rules.iter().zip(plan.rules.iter()).enumerate() {
        let name = &rule.name;
        if index < last && access.takes_all {
            warnings.push(format!(
                "rule `{name}` has no `match` and takes every request: the rules behind it never \
                 count"
            ));
        }
        if index < last && rule.mode == Mode::Shadow && settings.mode == Mode::Enforce {
            warnings.push(format!(
                "rule `{name}` is in shadow mode: what it matches passes, whatever the rules behind \
                 it say"
            ));
        }
    }
    warnings
}

/// Istio names its proxies `sidecar~<address>~<pod>~<domain>`.
fn is_sidecar(services: &dyn Services) -> bool {
    let id = services.property("xds\0node\0id");
    matches!(id, Ok(Some(id)) if id.starts_with(b"sidecar~"))
}
