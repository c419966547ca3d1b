//! Changes while clients ask: none of them is answered wrongly.

use std::fs;

use gatepost_e2e::{Error, Result, module, wait_until};
use gatepost_e2e_istio::{Pod, mesh};
use serde_json::json;

use crate::edge::{ANYONE, BLOCKED, Edge, OFFICE, SOON};
use crate::load::{Case, Load};
use crate::{image, shipped};

/// Whatever is changed here, these stay what they are; of the last it is only said that
/// both the old and the new document are right.
const CASES: [Case; 3] = [
    Case {
        from: OFFICE,
        answers: &[(200, "")],
    },
    Case {
        from: BLOCKED,
        answers: &[(403, "ip_blocked")],
    },
    Case {
        from: ANYONE,
        answers: &[(200, ""), (403, "ip_not_allowed")],
    },
];

#[test]
fn documents_and_images_are_changed_under_load() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "rolling")?;
    let mut plugin = shipped::ip_allowlist_at_a_gateway("rolling")?;
    edge.namespace.apply(&plugin)?;
    edge.wait_for(BLOCKED, "/", 403, "ip_blocked")?;
    let load = Load::start(&edge, &CASES);
    load.wait_for(500)?;
    for is_open in [false, true, false, true] {
        let allow = if is_open {
            json!("anyone")
        } else {
            json!(["office"])
        };
        plugin["spec"]["pluginConfig"]["rules"][1]["allow"] = allow;
        edge.namespace.apply(&plugin)?;
        let (status, says) = if is_open {
            (200, "")
        } else {
            (403, "ip_not_allowed")
        };
        edge.wait_for(ANYONE, "/", status, says)?;
        load.wait_for(200)?;
    }
    let before = modules(&edge.gateway.pod)?;
    plugin["spec"]["url"] = image::push(mesh, "next-version", &next_version()?)?.into();
    edge.namespace.apply(&plugin)?;
    wait_until("the new module is loaded", SOON, || {
        (modules(&edge.gateway.pod).ok()? != before).then_some(())
    })?;
    load.wait_for(1000)?;
    let (rate, wrong) = load.stop();
    assert!(
        wrong.is_empty(),
        "{} wrong answers: {:?}",
        wrong.len(),
        wrong.first()
    );
    assert!(rate >= 500.0, "{rate} answers a second");
    eprintln!("{rate:.0} answers a second, none wrong");
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
