//! What the API server and istioctl say of the manifests of istio/.

use std::fs;
use std::path::Path;
use std::process::Command;

use gatepost_e2e::{Error, Result};
use gatepost_e2e_istio::{Manifest, Mesh, Refusal, dist, mesh};
use serde_json::{Value, json};

use crate::shipped;

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

/// What the API server says of a URL that is none of an image.
const URL: &str = "url must have schema one of [http, https, file, oci]";

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
            let is_the_url = why.contains(URL) && why.contains("url: Invalid value");
            assert!(is_the_url, "{path}: {why}");
        }
        let (is_accepted, said) = istioctl(mesh, &manifest.path)?;
        assert!(!is_accepted, "{path}: {said}");
        let is_the_url = said.contains("failed to parse url") && said.contains("%REGISTRY%");
        assert!(is_the_url, "{path}: {said}");
    }
    Ok(())
}

/// What a hand that copies a manifest may break: a field, its value, and what the API
/// server and istioctl say of it. Nothing if istioctl cannot know.
type Broken = (&'static str, Value, &'static str, Option<&'static str>);

fn broken_plugins() -> Vec<Broken> {
    let target = json!([{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}]);
    vec![
        (
            "/spec/targetRefs",
            target,
            "only one of targetRefs or selector can be set",
            Some("only one of targetRefs or workloadSelector can be set"),
        ),
        (
            "/spec/url",
            json!("ftp://registry.example/module"),
            URL,
            Some("url contains unsupported scheme: ftp"),
        ),
        (
            "/spec/sha256",
            json!("0123"),
            "spec.sha256 in body should match '(^$|^[a-f0-9]{64}$)'",
            Some("sha256 field must be 64 characters long"),
        ),
        (
            "/spec/phase",
            json!("FIRST"),
            "spec.phase: Unsupported value: \"FIRST\"",
            Some("unknown value \"\\\"FIRST\\\"\" for enum istio.extensions.v1alpha1.PluginPhase"),
        ),
        (
            "/spec/failStrategy",
            json!("FAIL_NEVER"),
            "spec.failStrategy: Unsupported value: \"FAIL_NEVER\"",
            Some(
                "unknown value \"\\\"FAIL_NEVER\\\"\" for enum istio.extensions.v1alpha1.FailStrategy",
            ),
        ),
        (
            "/spec/match",
            json!([{"mode": "INBOUND"}]),
            "spec.match[0].mode: Unsupported value: \"INBOUND\"",
            Some("unknown value \"\\\"INBOUND\\\"\" for enum istio.type.v1beta1.WorkloadMode"),
        ),
        (
            "/spec/pluginConfigg",
            json!({}),
            ".spec.pluginConfigg: field not declared in schema",
            Some("unknown field \"pluginConfigg\""),
        ),
    ]
}

fn broken_extensions() -> Vec<Broken> {
    vec![
        (
            "/spec/selector",
            json!({"matchLabels": {"app": "orders"}}),
            "only one of targetRefs or selector can be set",
            Some("only one of targetRefs or workloadSelector can be set"),
        ),
        (
            "/spec/wasm/url",
            json!("ftp://registry.example/module"),
            URL,
            Some("url contains unsupported scheme: ftp"),
        ),
        (
            "/spec/wasm/failStrategy",
            json!("FAIL_NEVER"),
            "spec.wasm.failStrategy: Unsupported value: \"FAIL_NEVER\"",
            Some(
                "unknown value \"\\\"FAIL_NEVER\\\"\" for enum istio.extensions.v1alpha1.FailStrategy",
            ),
        ),
        (
            "/spec/lua",
            json!({"inlineCode": "-- two of a kind"}),
            "exactly one of wasm or lua must be set",
            // It takes the last of the two.
            None,
        ),
    ]
}

#[test]
fn a_broken_manifest_is_refused() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    mesh.namespace("istio-ingress")?;
    let file = mesh.shared_folder("broken")?.join("manifest.yaml");
    for (sound, all) in [
        ("wasmplugin/gateway/ip-allowlist.yaml", broken_plugins()),
        (
            "trafficextension/gateway/ip-allowlist.yaml",
            broken_extensions(),
        ),
    ] {
        let sound = shipped::in_namespace(sound, "istio-ingress")?;
        for (field, value, by_the_api_server, by_istioctl) in all {
            let mut broken = sound.clone();
            let (parent, name) = field.rsplit_once('/').unwrap_or_default();
            if let Some(parent) = broken.pointer_mut(parent) {
                parent[name] = value;
            }
            match mesh.api().check(&broken)? {
                Ok(_) => panic!("accepted: {field} of {}", broken["kind"]),
                Err(Refusal(why)) => assert!(why.contains(by_the_api_server), "{field}: {why}"),
            }
            // JSON is YAML.
            fs::write(&file, broken.to_string()).map_err(Error::io("writing a manifest"))?;
            if let Some(says) = by_istioctl {
                let (is_accepted, said) = istioctl(mesh, &file)?;
                assert!(!is_accepted, "accepted: {field} of {}", broken["kind"]);
                assert!(said.contains(says), "{field}: {said}");
            }
        }
    }
    Ok(())
}
