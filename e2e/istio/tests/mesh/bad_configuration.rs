//! A document that the filter refuses.

use gatepost_e2e::Result;
use gatepost_e2e_istio::mesh;
use serde_json::json;

use crate::edge::{ANYONE, BLOCKED, Edge, SOON};
use crate::shipped;

/// What the proxy logs of the broken document below.
const WHY: &str = "rules[0].allow";
/// What Envoy answers where a filter has never had a configuration that it took.
const NO_FILTER: u16 = 500;

#[test]
fn at_the_first_start_nothing_passes_and_the_log_says_why() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let mut plugin = shipped::ip_allowlist_at_a_gateway("bad-at-start")?;
    plugin["spec"]["pluginConfig"]["rules"][0]["allow"] = json!(["offices"]);
    let edge = Edge::starting(mesh, "bad-at-start", std::slice::from_ref(&plugin))?;
    let pod = &edge.gateway.pod;
    pod.log().wait_for(WHY, 0, SOON)?;
    pod.wait_until_ready()?;
    edge.expect_nothing_passes()?;
    assert_eq!(edge.app.upstream.requests(), 0);
    // It serves, and has nothing to serve with.
    assert_eq!(edge.get(ANYONE, "/")?.status, NO_FILTER);
    plugin["spec"]["pluginConfig"]["rules"][0]["allow"] = json!(["office"]);
    edge.namespace.apply(&plugin)?;
    edge.wait_until_judged()
}

#[test]
fn on_an_update_the_last_good_document_serves_on() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "bad-on-update")?;
    let mut plugin = shipped::ip_allowlist_at_a_gateway("bad-on-update")?;
    edge.namespace.apply(&plugin)?;
    edge.wait_for(BLOCKED, "/", 403, "ip_blocked")?;
    plugin["spec"]["pluginConfig"]["rules"][0]["allow"] = json!(["offices"]);
    edge.namespace.apply(&plugin)?;
    edge.gateway.pod.log().wait_for(WHY, 0, SOON)?;
    for _ in 0..20 {
        assert_eq!(edge.get(ANYONE, "/")?.status, 200);
        let refused = edge.get(BLOCKED, "/")?;
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains("ip_blocked"), "{}", refused.text());
    }
    Ok(())
}

/// There is no last good document then: who had no filter is shut, not left without.
#[test]
fn attached_to_a_running_gateway_nothing_passes_and_the_log_says_why() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "bad-attached")?;
    let mut plugin = shipped::ip_allowlist_at_a_gateway("bad-attached")?;
    let document = plugin["spec"]["pluginConfig"].clone();
    plugin["spec"]["pluginConfig"]["rules"][0]["allow"] = json!(["offices"]);
    edge.namespace.apply(&plugin)?;
    edge.gateway.pod.log().wait_for(WHY, 0, SOON)?;
    edge.wait_for_workers(ANYONE, "/", NO_FILTER, "")?;
    edge.expect_nothing_passes()?;
    plugin["spec"]["pluginConfig"] = document;
    edge.namespace.apply(&plugin)?;
    edge.wait_until_judged()
}
