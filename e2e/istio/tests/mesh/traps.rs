//! A trap in a module, which no shipped one may have.

use gatepost_e2e::{Error, Result, test_module, wait_until};
use gatepost_e2e_istio::mesh;

use crate::edge::{ANYONE, Edge, SOON};
use crate::{image, shipped};

/// The plugins.
const NAMES: [&str; 2] = ["one", "two"];

/// What a trap in one of two plugins costs the other, when their modules are the same to
/// the byte: istio/README.md says so.
#[test]
fn plugins_of_one_module_share_its_vms_and_their_end() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let module = std::fs::read(test_module("trap")?).map_err(Error::io("reading a module"))?;
    let url = image::push(mesh, "trap", &module)?;
    let edge = Edge::start(mesh, "traps")?;
    for name in NAMES {
        let mut plugin = shipped::ip_allowlist_at_a_gateway("traps")?;
        plugin["metadata"]["name"] = name.into();
        plugin["spec"]["pluginName"] = name.into();
        plugin["spec"]["url"] = url.as_str().into();
        edge.namespace.apply(&plugin)?;
    }
    wait_until("both are there", SOON, || {
        let dump = edge.gateway.pod.admin("/config_dump").ok()?.text();
        let mut names = NAMES.iter().map(|name| format!("traps.{name}"));
        names.all(|name| dump.contains(&name)).then_some(())
    })?;
    // In the listener's chain, and heard: from then on a request can reach it.
    wait_until("one traps", SOON, || {
        let response = edge.gateway.get(ANYONE, "/", &[("x-trap", "now")]);
        (response.ok()?.status == 503).then_some(())
    })?;
    wait_until("each is made anew", SOON, || {
        edge.get(ANYONE, "/").ok()?;
        let stats = edge.gateway.pod.stats().ok()?;
        let mut counters = NAMES.iter().map(|name| reloads_of(name));
        counters
            .all(|counter| stats.get(&counter) >= 1)
            .then_some(())
    })
    .inspect_err(|_| {
        let pod = &edge.gateway.pod;
        let stats = pod.admin("/stats?filter=wasm").map(|stats| stats.text());
        eprintln!("{}\n{}", stats.unwrap_or_default(), pod.log().text(0));
    })?;
    edge.wait_for(ANYONE, "/", 200, "").map(drop)
}

/// The counter of how often Envoy made a plugin anew, under the name that istiod gives it.
fn reloads_of(name: &str) -> String {
    format!("wasm.traps.{name}~istio-translated-wasmplugin.vm_reload_success")
}
