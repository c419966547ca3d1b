//! Changes while clients ask: none of them is answered wrongly.

use std::fs;

use gatepost_e2e::{Error, Result, module, wait_until};
use gatepost_e2e_istio::{Pod, mesh};
use serde_json::json;

use crate::edge::{ANYONE, BLOCKED, Edge, OFFICE, SOON};
use crate::load::{Answer, Load, Outcome};
use crate::{image, shipped};

const OPEN: Answer = (200, "");
const SHUT: Answer = (403, "ip_not_allowed");

/// Answers in a second, of about 1500 that are asked for: on a machine with other work
/// there are fewer, and never none.
const LEAST: u64 = 100;

#[test]
fn documents_and_images_are_changed_under_load() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "rolling")?;
    let mut plugin = shipped::ip_allowlist_at_a_gateway("rolling")?;
    edge.namespace.apply(&plugin)?;
    edge.wait_for(BLOCKED, "/", 403, "ip_blocked")?;
    let load = Load::start(
        &edge,
        &[
            (OFFICE, OPEN),
            (BLOCKED, (403, "ip_blocked")),
            (ANYONE, OPEN),
        ],
    );
    load.wait_for(500)?;
    for then in [SHUT, OPEN, SHUT, OPEN] {
        let allow = if then == OPEN {
            json!("anyone")
        } else {
            json!(["office"])
        };
        plugin["spec"]["pluginConfig"]["rules"][1]["allow"] = allow;
        load.change(ANYONE, then, || edge.namespace.apply(&plugin).map(drop))?;
        load.wait_for(500)?;
    }
    let before = modules(&edge.gateway.pod)?;
    plugin["spec"]["url"] = image::push(mesh, "next-version", &next_version()?)?.into();
    edge.namespace.apply(&plugin)?;
    wait_until("the new module is loaded", SOON, || {
        (modules(&edge.gateway.pod).ok()? != before).then_some(())
    })?;
    load.wait_for(1000)?;
    let Outcome { rates, wrong } = load.stop();
    eprintln!("answers in each second: {rates:?}");
    assert!(
        wrong.is_empty(),
        "{} wrong answers: {:?}",
        wrong.len(),
        wrong.first()
    );
    assert!(rates.iter().all(|rate| *rate >= LEAST), "{rates:?}");
    let mean = rates.iter().sum::<u64>() / rates.len().max(1) as u64;
    assert!(mean >= 500, "{mean} answers a second");
    Ok(())
}

/// The module of the next version: the same code, other bytes.
fn next_version() -> Result<Vec<u8>> {
    let mut bytes = fs::read(module("ip-allowlist")?).map_err(Error::io("reading a module"))?;
    // A custom section named `next`, which is empty.
    bytes.extend([0, 5, 4]);
    bytes.extend(b"next");
    Ok(bytes)
}

/// The files of modules that the proxy has loaded.
fn modules(pod: &Pod) -> Result<Vec<String>> {
    let dump = pod.admin("/config_dump")?.text();
    let mut files: Vec<String> = dump
        .split('"')
        .filter(|word| word.ends_with(".wasm") && word.starts_with('/'))
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}
