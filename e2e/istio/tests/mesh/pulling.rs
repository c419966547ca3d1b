//! Images that cannot be had: nothing passes.

use gatepost_e2e::Result;
use gatepost_e2e_istio::{Mesh, Registry, dist, mesh};
use serde_json::{Value, json};

use crate::edge::{ANYONE, Edge, SOON};
use crate::shipped;

/// The digest of no image.
const ANOTHER_DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The shipped plugin, with its image from another registry.
fn plugin_from(registry: &Registry, namespace: &str) -> Result<Value> {
    let mut plugin = shipped::ip_allowlist_at_a_gateway(namespace)?;
    let url = plugin["spec"]["url"].as_str().unwrap_or_default();
    let rest = url.split_once("/gatepost/").map_or("", |(_, rest)| rest);
    plugin["spec"]["url"] = format!("oci://{}/gatepost/{rest}", registry.name()).into();
    Ok(plugin)
}

/// Waits until the agent has tried in vain, for this reason; then nothing passes.
fn expect_nothing_passes(edge: &Edge<'_>, why: &str) -> Result<()> {
    let line = edge
        .gateway
        .pod
        .log()
        .wait_for("cannot fetch Wasm module", 0, SOON)?;
    assert!(line.contains(why), "{line}");
    edge.wait_for(ANYONE, "/", 403, "RBAC: access denied")?;
    edge.expect_nothing_passes()?;
    assert_eq!(edge.app.upstream.requests(), 0);
    let metrics = edge.gateway.pod.metrics()?;
    assert!(metrics.contains("istio_agent_wasm_config_conversion_count{result=\"fetch_failure\"}"));
    Ok(())
}

/// Has istiod send the plugin again, as any change of it does.
fn touch(edge: &Edge<'_>, plugin: &mut Value) -> Result<()> {
    plugin["metadata"]["annotations"] = json!({"touched": "1"});
    plugin["spec"]["priority"] = 401.into();
    edge.namespace.apply(plugin).map(drop)
}

fn filled(mesh: &Mesh, port: u16, is_closed: bool) -> Result<Registry> {
    let registry = mesh.another_registry(port, is_closed)?;
    registry.push_all(&dist().join("images"))?;
    Ok(registry)
}

#[test]
fn nothing_passes_while_the_registry_is_down() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let mut registry = filled(mesh, 5001, false)?;
    registry.stop();
    let mut plugin = plugin_from(&registry, "registry-down")?;
    let edge = Edge::starting(mesh, "registry-down", std::slice::from_ref(&plugin))?;
    expect_nothing_passes(&edge, "connection refused")?;
    registry.listen()?;
    touch(&edge, &mut plugin)?;
    edge.wait_until_judged()
}

#[test]
fn a_registry_with_a_password_needs_a_pull_secret() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let registry = filled(mesh, 5002, true)?;
    let mut plugin = plugin_from(&registry, "pull-secret")?;
    let edge = Edge::starting(mesh, "pull-secret", std::slice::from_ref(&plugin))?;
    expect_nothing_passes(&edge, "UNAUTHORIZED")?;
    edge.namespace.apply(&json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "gatepost-registry"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": registry.credentials().to_string()},
    }))?;
    plugin["spec"]["imagePullSecret"] = "gatepost-registry".into();
    edge.namespace.apply(&plugin)?;
    edge.wait_until_judged()
}

#[test]
fn no_image_has_the_digest_of_the_name_until_it_is_the_right_one() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let right = shipped::ip_allowlist_at_a_gateway("wrong-digest")?;
    let url = right["spec"]["url"].as_str().unwrap_or_default();
    let (image, digest) = url.split_once("@sha256:").unwrap_or_default();
    assert_eq!(digest.len(), 64, "as shipped: {url}");
    let mut plugin = right.clone();
    plugin["spec"]["url"] = format!("{image}@sha256:{ANOTHER_DIGEST}").into();
    let edge = Edge::starting(mesh, "wrong-digest", std::slice::from_ref(&plugin))?;
    expect_nothing_passes(&edge, "MANIFEST_UNKNOWN")?;
    edge.namespace.apply(&right)?;
    edge.wait_until_judged()
}

#[test]
fn an_image_of_another_digest_is_refused() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let right = shipped::ip_allowlist_at_a_gateway("wrong-sha256")?;
    let mut plugin = right.clone();
    // The image by its tag, which is there, and a digest that is not its own.
    let name = format!(
        "oci://{}/gatepost/ip-allowlist:test",
        mesh.registry().name()
    );
    plugin["spec"]["url"] = name.into();
    plugin["spec"]["sha256"] = ANOTHER_DIGEST.into();
    let edge = Edge::starting(mesh, "wrong-sha256", std::slice::from_ref(&plugin))?;
    let why = format!("which does not match: {ANOTHER_DIGEST}");
    expect_nothing_passes(&edge, &why)?;
    let url = right["spec"]["url"].as_str().unwrap_or_default();
    let (_, digest) = url.split_once("@sha256:").unwrap_or_default();
    plugin["spec"]["sha256"] = digest.into();
    edge.namespace.apply(&plugin)?;
    edge.wait_until_judged()
}
