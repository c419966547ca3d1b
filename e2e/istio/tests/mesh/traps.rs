//! A trap in a module, which no shipped one may have.

use gatepost_e2e::{Error, Result, test_module, wait_until};
use gatepost_e2e_istio::mesh;

use crate::edge::{ANYONE, Edge, SOON};
use crate::{image, shipped};

/// What a trap in one of two plugins costs the other, when their modules are the same to
/// the byte: istio/README.md says so.
#[test]
fn plugins_of_one_module_share_its_vms_and_their_end() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let module = std::fs::read(test_module("trap")?).map_err(Error::io("reading a module"))?;
    let url = image::push(mesh, "trap", &module)?;
    let edge = Edge::start(mesh, "traps")?;
    for name in ["one", "two"] {
        let mut plugin = shipped::ip_allowlist_at_a_gateway("traps")?;
        plugin["metadata"]["name"] = name.into();
        plugin["spec"]["pluginName"] = name.into();
        plugin["spec"]["url"] = url.as_str().into();
        edge.namespace.apply(&plugin)?;
    }
    wait_until("both are there", SOON, || {
        let dump = edge.gateway.pod.admin("/config_dump").ok()?.text();
        let mut names = ["traps.one", "traps.two"].iter();
        names.all(|name| dump.contains(name)).then_some(())
    })?;
    // In the listener's chain, and heard: from then on a request can reach it.
    wait_until("one traps", SOON, || {
        let response = edge.gateway.get(ANYONE, "/", &[("x-trap", "now")]);
        (response.ok()?.status == 503).then_some(())
    })?;
    wait_until("both are made anew", SOON, || {
        edge.get(ANYONE, "/").ok()?;
        (sum(&edge, "vm_reload_success")? >= 2).then_some(())
    })
    .inspect_err(|_| {
        let log = edge.gateway.pod.log().text(0);
        eprintln!("{}\n{log}", stats(&edge).unwrap_or_default());
    })?;
    edge.wait_for(ANYONE, "/", 200, "").map(drop)
}

/// What Envoy counted under names with `wasm` in them.
fn stats(edge: &Edge<'_>) -> Result<String> {
    Ok(edge.gateway.pod.admin("/stats?filter=wasm")?.text())
}

/// The sum of all whose name holds `part`.
fn sum(edge: &Edge<'_>, part: &str) -> Option<u64> {
    let stats = stats(edge).ok()?;
    let lines = stats.lines().filter_map(|line| line.split_once(": "));
    let values = lines.filter(|(name, _)| name.contains(part));
    Some(
        values
            .filter_map(|(_, value)| value.parse::<u64>().ok())
            .sum(),
    )
}
