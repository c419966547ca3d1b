//! `make mesh-up`: a mesh for a person to try, until it is ended. Two applications
//! (`orders`, called by `cart`), a gateway before `orders`, and the registry that the
//! manifests as rendered name. What to try goes to the file that `MESH_READY` names.

use std::path::Path;
use std::{env, fs, thread};

use gatepost_e2e::{Error, Result};
use gatepost_e2e_istio::{App, Gateway, Mesh, dist};
use serde_json::json;

fn main() -> Result<()> {
    let variable = |name: &str| {
        env::var(name).map_err(|_| Error::Failed(format!("{name} is not set: run `make mesh-up`")))
    };
    let (folder, ready) = (variable("MESH_FOLDER")?, variable("MESH_READY")?);
    let mesh = Mesh::start(Path::new(&folder))?;
    let shop = mesh.namespace("shop")?;
    let (orders, cart) = (shop.app("orders")?, shop.app("cart")?);
    let ingress = mesh.namespace("istio-ingress")?;
    let labels = json!({"istio": "ingress"});
    let gateway = ingress.gateway("gateway", labels.clone())?;
    ingress.route(&labels, &orders)?;
    gateway.pod.wait_until_ready()?;

    // In one step: whoever waits for the file reads all of it.
    let new = format!("{ready}.new");
    fs::write(&new, what_to_try(&gateway, &orders, &cart))
        .and_then(|()| fs::rename(&new, &ready))
        .map_err(Error::io(format!("writing {ready}")))?;
    loop {
        thread::park();
    }
}

fn what_to_try(gateway: &Gateway, orders: &App, cart: &App) -> String {
    let enter = "scripts/mesh.sh enter";
    let plugin = dist().join("istio/wasmplugin/gateway/ip-allowlist.yaml");
    format!(
        "A mesh is running. It ends with `make mesh-down`. In its machine:
  the gateway, from outside:
    {enter} curl -i --interface 203.0.113.7 http://{gateway}/
  with ip-allowlist before it:
    {enter} kubectl apply -f {plugin}
    {enter} kubectl get wasmplugins,trafficextensions -A
  a denial, 403 ip_not_allowed as soon as the gateway has pulled it:
    {enter} curl -i --interface 203.0.113.7 http://{gateway}/admin
  cart calls orders, by mutual TLS:
    {enter} nsenter --net=/run/netns/shop.cart curl -i -H 'host: {host}' http://{service}/
  metrics of the gateway:
    {enter} curl -s http://{pod}:15020/stats/prometheus
  metrics of cart's sidecar:
    {enter} curl -s http://{cart}:15020/stats/prometheus
",
        gateway = gateway.address(),
        plugin = plugin.display(),
        host = orders.host,
        service = orders.address,
        pod = gateway.pod.network.address,
        cart = cart.pod.network.address,
    )
}
