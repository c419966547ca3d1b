//! What the API server and istioctl say of the manifests of istio/.

use std::path::Path;
use std::process::Command;

use gatepost_e2e::{Error, Result};
use gatepost_e2e_istio::{Manifest, Mesh, Refusal, dist, mesh};
use serde_json::{Value, json};

/// Files for other programs than the API server.
fn is_for_the_api_server(object: &Value) -> bool {
    !object["kind"].is_null() && object["kind"] != "Kustomization"
}

fn is_ours(object: &Value) -> bool {
    object["kind"] == "WasmPlugin" || object["kind"] == "TrafficExtension"
}

/// Manifests of a tree with the objects that the API server is for.
fn manifests(folder: &Path) -> Result<Vec<Manifest>> {
    let mut manifests = Manifest::read_all(folder)?;
    for manifest in &mut manifests {
        manifest.objects.retain(is_for_the_api_server);
    }
    manifests.retain(|manifest| !manifest.objects.is_empty());
    Ok(manifests)
}

/// Whether `istioctl validate` takes a file, and what it said.
fn istioctl(mesh: &Mesh, file: &Path) -> Result<(bool, String)> {
    let output = Command::new(mesh.programs().istio("istioctl"))
        .arg("validate")
        .arg("-f")
        .arg(file)
        .output()
        .map_err(Error::io("starting istioctl"))?;
    let said = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

fn make_namespaces(mesh: &Mesh, manifests: &[Manifest]) -> Result<()> {
    for object in manifests.iter().flat_map(|manifest| &manifest.objects) {
        if let Some(name) = object["metadata"]["namespace"].as_str() {
            mesh.namespace(name)?;
        }
    }
    Ok(())
}

#[test]
fn every_manifest_as_rendered_is_accepted() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let manifests = manifests(&dist().join("istio"))?;
    assert!(manifests.len() >= 15, "{} manifests", manifests.len());
    make_namespaces(mesh, &manifests)?;
    for manifest in &manifests {
        let path = manifest.path.display();
        for object in &manifest.objects {
            let checked = mesh.api().check(object)?;
            assert!(checked.is_ok(), "{path}: {checked:?}");
        }
        let (is_accepted, said) = istioctl(mesh, &manifest.path)?;
        assert!(is_accepted, "{path}: {said}");
    }
    Ok(())
}

/// Nobody applies what no image stands behind.
#[test]
fn a_manifest_that_is_not_rendered_is_refused() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let mut manifests = manifests(Path::new("istio"))?;
    make_namespaces(mesh, &manifests)?;
    manifests.retain(|manifest| manifest.objects.iter().any(is_ours));
    assert!(manifests.len() >= 10, "{} manifests", manifests.len());
    for manifest in &manifests {
        let path = manifest.path.display();
        for object in &manifest.objects {
            let checked = mesh.api().check(object)?;
            let why = checked.expect_err(&format!("{path} is accepted")).0;
            assert!(why.contains("url"), "{path}: {why}");
        }
        let (is_accepted, said) = istioctl(mesh, &manifest.path)?;
        assert!(!is_accepted, "{path}: {said}");
    }
    Ok(())
}

/// What a hand that copies a manifest may break, and a word of the answer.
#[test]
fn a_broken_manifest_is_refused() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let rendered = dist().join("istio");
    let read = |file: &str| -> Result<Value> {
        let objects = Manifest::read(rendered.join(file))?.objects;
        Ok(objects.into_iter().next().unwrap_or_default())
    };
    let plugin = read("wasmplugin/gateway/ip-allowlist.yaml")?;
    let extension = read("trafficextension/gateway/ip-allowlist.yaml")?;
    mesh.namespace("istio-ingress")?;
    let target = json!([{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}]);
    for (object, field, value, says) in [
        (
            &plugin,
            "/spec/targetRefs",
            target,
            "only one of targetRefs or selector can be set",
        ),
        (
            &plugin,
            "/spec/url",
            json!("ftp://registry.example/module"),
            "url",
        ),
        (&plugin, "/spec/sha256", json!("0123"), "sha256"),
        (&plugin, "/spec/phase", json!("FIRST"), "phase"),
        (
            &plugin,
            "/spec/failStrategy",
            json!("FAIL_NEVER"),
            "failStrategy",
        ),
        (&plugin, "/spec/match", json!([{"mode": "INBOUND"}]), "mode"),
        (&plugin, "/spec/pluginConfigg", json!({}), "pluginConfigg"),
        (
            &extension,
            "/spec/selector",
            json!({"matchLabels": {"app": "orders"}}),
            "only one of targetRefs or selector can be set",
        ),
        (
            &extension,
            "/spec/wasm/url",
            json!("ftp://registry.example/module"),
            "url",
        ),
        (
            &extension,
            "/spec/wasm/failStrategy",
            json!("FAIL_NEVER"),
            "failStrategy",
        ),
        (
            &extension,
            "/spec/lua",
            json!({"inlineCode": "-- two of a kind"}),
            "lua",
        ),
    ] {
        let mut broken = object.clone();
        let (parent, name) = field.rsplit_once('/').unwrap_or_default();
        if let Some(parent) = broken.pointer_mut(parent) {
            parent[name] = value;
        }
        match mesh.api().check(&broken)? {
            Ok(_) => panic!("accepted: {field} of {}", object["kind"]),
            Err(Refusal(why)) => assert!(why.contains(says), "{field}: {why}"),
        }
    }
    Ok(())
}
