//! Several filters on one proxy.

use gatepost_e2e::{Result, wait_until};
use gatepost_e2e_istio::mesh;
use serde_json::json;

use crate::edge::{ANYONE, BLOCKED, Edge, OFFICE, SOON};
use crate::shipped;

/// Two documents of one module (one VM a worker) and one of another: each judges by its
/// own, in the order of the priorities.
#[test]
fn filters_of_the_same_module_and_of_another_do_not_disturb_each_other() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "several")?;
    let first = shipped::ip_allowlist_at_a_gateway("several")?;
    let mut second = first.clone();
    second["metadata"]["name"] = "night".into();
    second["spec"]["pluginName"] = "night".into();
    second["spec"]["priority"] = 300.into();
    second["spec"]["pluginConfig"] = json!({"filters": [{"name": "night", "ip-allowlist": {
        "client_address": {"from": "connection"},
        "lists": {"visitors": {"cidrs": ["192.0.2.0/24"], "reason": "closed_at_night"}},
        "rules": [{"name": "night", "match": {"paths": [{"prefix": "/night"}]},
            "allow": "anyone", "deny": ["visitors"]},
            {"name": "day", "allow": "anyone"}],
    }}]});
    let tokens = shipped::in_namespace("wasmplugin/gateway/jwt-auth.yaml", "several")?;
    for plugin in [&first, &second, &tokens] {
        edge.namespace.apply(plugin)?;
    }
    edge.wait_for(ANYONE, "/night", 403, "closed_at_night")?;
    edge.wait_for(ANYONE, "/", 401, "jwt_missing")?;
    for (from, path, status, says) in [
        (BLOCKED, "/night", 403, "ip_blocked"),
        (ANYONE, "/night", 403, "closed_at_night"),
        (OFFICE, "/night", 401, "jwt_missing"),
        (ANYONE, "/healthz", 200, ""),
        (BLOCKED, "/healthz", 403, "ip_blocked"),
    ] {
        let response = edge.get(from, path)?;
        assert_eq!(
            response.status,
            status,
            "{from:?} {path}: {}",
            response.text()
        );
        assert!(
            response.text().contains(says),
            "{from:?} {path}: {}",
            response.text()
        );
    }
    let denied = [
        ["wasm_filter=\"ip-allowlist\"", "tag=\"ip_blocked\""],
        ["wasm_filter=\"night\"", "tag=\"closed_at_night\""],
        ["wasm_filter=\"jwt-auth\"", "tag=\"jwt_missing\""],
    ];
    wait_until("each counts its own", SOON, || {
        let metrics = edge.gateway.pod.metrics().ok()?;
        let counts = |labels: &[&str; 2]| {
            metrics.lines().any(|line| {
                line.starts_with("gatepost_denied_total{")
                    && labels.iter().all(|label| line.contains(label))
            })
        };
        denied.iter().all(counts).then_some(())
    })
}
