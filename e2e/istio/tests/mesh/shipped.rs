//! The manifests as rendered, with what whoever copies them changes.

use gatepost_e2e::{Error, Result};
use gatepost_e2e_istio::{Manifest, dist};
use serde_json::{Value, json};

/// The objects of a manifest, `wasmplugin/gateway/jwt-auth.yaml`, as they stand.
pub(crate) fn objects(file: &str) -> Result<Vec<Value>> {
    Ok(Manifest::read(dist().join("istio").join(file))?.objects)
}

/// The one object of a manifest, in this namespace.
pub(crate) fn in_namespace(file: &str, namespace: &str) -> Result<Value> {
    let mut objects = objects(file)?;
    let mut object = match (objects.pop(), objects.pop()) {
        (Some(object), None) => object,
        _ => return Err(Error::Failed(format!("{file}: not one object"))),
    };
    object["metadata"]["namespace"] = namespace.into();
    Ok(object)
}

/// The filter's document in a WasmPlugin or a TrafficExtension.
pub(crate) fn document(object: &mut Value) -> &mut Value {
    let spec = &mut object["spec"];
    if spec["wasm"].is_null() {
        &mut spec["pluginConfig"]
    } else {
        &mut spec["wasm"]["pluginConfig"]
    }
}

/// ip-allowlist at a gateway, with lists of a user's own as overlays/gateway has them.
pub(crate) fn ip_allowlist_at_a_gateway(namespace: &str) -> Result<Value> {
    let plugin = in_namespace("wasmplugin/gateway/ip-allowlist.yaml", namespace)?;
    Ok(with_lists(plugin))
}

/// The same lists in another object of ip-allowlist at a gateway.
pub(crate) fn with_lists(mut plugin: Value) -> Value {
    let lists = &mut document(&mut plugin)["lists"];
    lists["office"]["cidrs"] = json!(["203.0.113.0/24"]);
    lists["blocked"]["cidrs"] = json!(["198.51.100.0/24"]);
    plugin
}
