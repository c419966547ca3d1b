//! What `kubectl kustomize` makes of the tree.

use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::tree::{PLACES, attached, parsed, workspace};

/// What a folder gives; `None` where no kubectl has kustomize 5, which is said loudly.
/// Debian's has an older one, so that this fails nowhere.
fn built(folder: &str) -> Option<Vec<Value>> {
    let version = kubectl(&["version", "--client", "--output=json"]);
    let version: Value = serde_json::from_str(&version.unwrap_or_default()).unwrap_or_default();
    let kustomize = version["kustomizeVersion"].as_str().unwrap_or("none");
    if !kustomize.starts_with("v5.") {
        let why = format!("NOT RUN: istio/{folder} with kubectl: its kustomize is {kustomize}");
        // Past the test runner, which swallows what a test prints that passes.
        let _ = std::io::stderr().write_all(format!("\n{why}\n").as_bytes());
        return None;
    }
    let path = workspace().join("istio").join(folder);
    let built = kubectl(&["kustomize", path.to_str().unwrap()]);
    Some(parsed(&built.unwrap_or_else(|error| panic!("{folder}: {error}"))).unwrap())
}

fn kubectl(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("kubectl").args(arguments).output();
    let output = output.map_err(|error| error.to_string())?;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

fn named<'a>(resources: &'a [Value], name: &str) -> &'a Value {
    let found = resources
        .iter()
        .find(|resource| resource["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

/// Kubernetes reads another YAML than Envoy: an unquoted time, `on` or `0777` are
/// other values there.
#[test]
fn kubernetes_reads_the_documents_as_they_are_meant() {
    let attached = attached();
    for place in PLACES {
        let Some(resources) = built(place.folder) else {
            return;
        };
        assert_eq!(resources.len(), 2, "{}", place.folder);
        for resource in &resources {
            let ours = attached.iter().find(|attached| {
                attached.place == place && resource["metadata"]["name"] == attached.filter
            });
            let ours = ours.unwrap_or_else(|| panic!("{resource}"));
            assert_eq!(place.wasm(resource), ours.wasm(), "{}", ours.file());
        }
    }
}

#[test]
fn the_overlay_of_the_gateway_has_lists_of_its_own_and_a_pull_secret() {
    let Some(resources) = built("overlays/gateway") else {
        return;
    };
    let plugin = &named(&resources, "ip-allowlist")["spec"];
    let lists = &plugin["pluginConfig"]["lists"];
    assert_eq!(
        lists["office"]["cidrs"],
        json!(["203.0.113.0/24", "2001:db8:1::/48"])
    );
    assert_eq!(
        lists["blocked"],
        json!({"cidrs": ["198.51.100.0/24"], "reason": "ip_blocked"})
    );
    let plugins = resources
        .iter()
        .filter(|resource| resource["kind"] == "WasmPlugin");
    let secrets: Vec<&Value> = plugins
        .map(|plugin| &plugin["spec"]["imagePullSecret"])
        .collect();
    assert_eq!(secrets, ["gatepost-registry", "gatepost-registry"]);
    for kind in ["ServiceEntry", "DestinationRule", "Telemetry"] {
        assert!(
            resources.iter().any(|resource| resource["kind"] == kind),
            "{kind}"
        );
    }
}

#[test]
fn the_overlay_of_an_app_is_in_its_namespace_and_on_its_pods() {
    let Some(resources) = built("overlays/sidecar") else {
        return;
    };
    assert_eq!(resources.len(), 5);
    for resource in &resources {
        assert_eq!(resource["metadata"]["namespace"], "shop");
        if let Some(selector) = resource["spec"].get("selector") {
            assert_eq!(selector["matchLabels"], json!({"app": "orders"}));
        }
    }
    let lists = &named(&resources, "ip-allowlist")["spec"]["pluginConfig"]["lists"];
    assert_eq!(lists["cluster"]["cidrs"], json!(["10.0.0.0/8"]));
    assert!(
        resources
            .iter()
            .any(|resource| resource["kind"] == "PeerAuthentication")
    );
}
