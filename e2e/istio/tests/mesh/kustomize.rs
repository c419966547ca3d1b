//! What kubectl makes of the folders of istio/, and what the API server says of that.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use gatepost_e2e::Result;
use gatepost_e2e_istio::{Manifest, Mesh, dist, mesh};
use serde_json::{Value, json};

/// The folders as rendered that can be applied as a whole, with what each says of itself.
fn kustomizations() -> Result<Vec<(PathBuf, Value)>> {
    let mut found = Vec::new();
    for mut manifest in Manifest::read_all(dist().join("istio"))? {
        if manifest.path.ends_with("kustomization.yaml") {
            manifest.path.pop();
            found.push((manifest.path, manifest.objects.remove(0)));
        }
    }
    Ok(found)
}

/// `kubectl apply -k`, up to what would be stored. Server-side, so that what other tests
/// apply meanwhile does not come between its looking and its writing.
fn apply(mesh: &Mesh, folder: &Path) -> Result<String> {
    let options = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "-k",
    ];
    let options = options.iter().map(OsStr::new);
    mesh.kubectl(options.chain([folder.as_os_str()]))
}

fn overlay(mesh: &Mesh, name: &str) -> Result<Vec<Value>> {
    Ok(Manifest::kustomized(mesh, dist().join("istio/overlays").join(name))?.objects)
}

fn named<'a>(objects: &'a [Value], name: &str) -> &'a Value {
    let found = objects
        .iter()
        .find(|object| object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn has_kind(objects: &[Value], kind: &str) -> bool {
    objects.iter().any(|object| object["kind"] == kind)
}

/// Kubernetes reads another YAML than Envoy: an unquoted time, `on` or `0777` are
/// other values there.
#[test]
fn kubernetes_reads_the_files_as_they_are_meant() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let mut folders = 0;
    for (folder, kustomization) in kustomizations()? {
        if !kustomization["patches"].is_null() {
            continue;
        }
        folders += 1;
        let mut meant = Vec::new();
        for file in kustomization["resources"].as_array().into_iter().flatten() {
            meant.extend(Manifest::read(folder.join(file.as_str().unwrap_or_default()))?.objects);
        }
        let mut read = Manifest::kustomized(mesh, &folder)?.objects;
        for objects in [&mut meant, &mut read] {
            assert!(objects.len() >= 2, "{}", folder.display());
            objects.sort_by_key(Value::to_string);
        }
        assert_eq!(read, meant, "{}", folder.display());
    }
    assert_eq!(folders, 7, "folders without patches");
    Ok(())
}

#[test]
fn every_folder_as_rendered_can_be_applied_as_a_whole() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let folders = kustomizations()?;
    assert_eq!(folders.len(), 9);
    for (folder, _) in folders {
        let objects = Manifest::kustomized(mesh, &folder)?.objects;
        for object in &objects {
            if let Some(namespace) = object["metadata"]["namespace"].as_str() {
                mesh.namespace(namespace)?;
            }
        }
        let said = apply(mesh, &folder)?;
        let applied = said
            .lines()
            .filter(|line| line.ends_with("(server dry run)"));
        assert_eq!(
            applied.count(),
            objects.len(),
            "{}: {said}",
            folder.display()
        );
    }
    Ok(())
}

#[test]
fn a_folder_that_is_not_rendered_cannot_be_applied() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    mesh.namespace("istio-ingress")?;
    let refusal = apply(mesh, Path::new("istio/overlays/gateway")).expect_err("it is applied");
    assert!(refusal.to_string().contains("spec.url"), "{refusal}");
    Ok(())
}

#[test]
fn the_overlay_of_the_gateway_has_lists_of_its_own_and_a_pull_secret() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let objects = overlay(mesh, "gateway")?;
    let lists = &named(&objects, "ip-allowlist")["spec"]["pluginConfig"]["lists"];
    assert_eq!(
        lists["office"]["cidrs"],
        json!(["203.0.113.0/24", "2001:db8:1::/48"])
    );
    assert_eq!(
        lists["blocked"],
        json!({"cidrs": ["198.51.100.0/24"], "reason": "ip_blocked"})
    );
    let plugins = objects
        .iter()
        .filter(|object| object["kind"] == "WasmPlugin");
    let secrets: Vec<&Value> = plugins
        .map(|plugin| &plugin["spec"]["imagePullSecret"])
        .collect();
    assert_eq!(secrets, ["gatepost-registry", "gatepost-registry"]);
    for kind in ["ServiceEntry", "DestinationRule", "Telemetry"] {
        assert!(has_kind(&objects, kind), "{kind}");
    }
    Ok(())
}

#[test]
fn the_overlay_of_an_app_is_in_its_namespace_and_on_its_pods() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let objects = overlay(mesh, "sidecar")?;
    assert_eq!(objects.len(), 5);
    for object in &objects {
        assert_eq!(object["metadata"]["namespace"], "shop");
        if let Some(selector) = object["spec"].get("selector") {
            assert_eq!(selector["matchLabels"], json!({"app": "orders"}));
        }
    }
    let lists = &named(&objects, "ip-allowlist")["spec"]["pluginConfig"]["lists"];
    assert_eq!(lists["cluster"]["cidrs"], json!(["10.0.0.0/8"]));
    assert!(has_kind(&objects, "PeerAuthentication"));
    Ok(())
}
