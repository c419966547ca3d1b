//! ip-allowlist where it stands in a mesh: at a gateway by address, in a sidecar by the
//! caller's identity.

use gatepost_e2e::{Http1Client, Result, wait_until};
use gatepost_e2e_istio::mesh;
use serde_json::json;

use crate::denials::{self, Denials};
use crate::edge::{ANYONE, BLOCKED, Edge, OFFICE, SOON};
use crate::shipped;

#[test]
fn a_gateway_judges_by_the_clients_address_and_says_so_everywhere() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "by-address")?;
    denials::are_logged(mesh)?;
    let plugin = shipped::ip_allowlist_at_a_gateway(edge.namespace.name())?;
    edge.namespace.apply(&plugin)?;
    edge.wait_for(BLOCKED, "/", 403, "ip_blocked")?;
    for (from, path, forwarded, status, says) in [
        (ANYONE, "/", "", 200, ""),
        (ANYONE, "/admin", "", 403, "ip_not_allowed"),
        (OFFICE, "/admin", "", 200, ""),
        (BLOCKED, "/admin", "", 403, "ip_blocked"),
        // The gateway goes by the connection: a forged header opens nothing.
        (ANYONE, "/admin", "203.0.113.7", 403, "ip_not_allowed"),
        (BLOCKED, "/", "203.0.113.7", 403, "ip_blocked"),
        (BLOCKED, "/", "192.0.2.7, 203.0.113.7", 403, "ip_blocked"),
    ] {
        let headers = [("x-forwarded-for", forwarded)];
        let headers = if forwarded.is_empty() {
            &[][..]
        } else {
            &headers
        };
        let response = edge.gateway.get(from, path, headers)?;
        assert_eq!(response.status, status, "{from:?} {path} {forwarded}");
        assert!(response.text().contains(says), "{}", response.text());
    }
    let denials = Denials {
        filter: "ip-allowlist",
        field: "ip",
        rule: "admin",
        reason: "ip_not_allowed",
        count: 2,
    };
    denials.wait_until_told(&edge.gateway.pod)
}

/// A gateway of the Gateway API, with a TrafficExtension that names it.
#[test]
fn a_traffic_extension_judges_at_the_gateway_that_it_names() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let namespace = mesh.namespace("by-target")?;
    let app = namespace.app("app")?;
    let gateway = namespace.api_gateway("gateway", "edge", &app)?;
    gateway.pod.wait_until_ready()?;
    let status = |from| Some(gateway.get(from, "/", &[]).ok()?.status);
    wait_until("the app is reached", SOON, || {
        (status(BLOCKED) == Some(200)).then_some(())
    })?;
    let file = "trafficextension/gateway/ip-allowlist.yaml";
    let extension = shipped::in_namespace(file, namespace.name())?;
    namespace.apply(&shipped::with_lists(extension))?;
    wait_until("one on a list is refused", SOON, || {
        (status(BLOCKED) == Some(403)).then_some(())
    })?;
    assert_eq!(status(ANYONE), Some(200));
    assert_eq!(gateway.get(ANYONE, "/admin", &[])?.status, 403);
    assert_eq!(gateway.get(OFFICE, "/admin", &[])?.status, 200);
    Ok(())
}

#[test]
fn a_sidecar_judges_by_the_callers_identity() -> Result<()> {
    judged_by_identity("shop", "wasmplugin/sidecar/ip-allowlist.yaml")
}

#[test]
fn a_traffic_extension_judges_as_a_wasm_plugin_does() -> Result<()> {
    judged_by_identity("market", "trafficextension/sidecar/ip-allowlist.yaml")
}

fn judged_by_identity(namespace: &str, file: &str) -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let shop = mesh.namespace(namespace)?;
    shop.apply(&shipped::in_namespace(
        "companions/shop/peer-authentication.yaml",
        namespace,
    )?)?;
    // Before there is an app: connections that are open when a filter comes go without it.
    let mut plugin = shipped::in_namespace(file, namespace)?;
    let document = shipped::document(&mut plugin);
    // As overlays/sidecar: the pods of the cluster. And this namespace's accounts.
    document["lists"]["cluster"]["cidrs"] = json!(["10.0.0.0/8"]);
    let trusted = format!("spiffe://cluster.local/ns/{namespace}/");
    document["rules"][0]["identities"] = json!([{"exact": format!("{trusted}sa/cart")}]);
    document["rules"][1]["identities"] = json!([{"prefix": trusted}]);
    shop.apply(&plugin)?;
    let (orders, cart, stock) = (shop.app("orders")?, shop.app("cart")?, shop.app("stock")?);
    let stranger = mesh
        .namespace(&format!("strangers-to-{namespace}"))?
        .app("cart")?;
    wait_until("strangers are refused", SOON, || {
        (stranger.get(&orders, "/", &[]).ok()?.status == 403).then_some(())
    })
    .inspect_err(|_| eprintln!("{}", orders.pod.log().text(0)))?;
    let forged = ("x-forwarded-for", "10.77.0.1");
    let copy = format!("URI={trusted}sa/cart");
    let copied = ("x-forwarded-client-cert", copy.as_str());
    for (caller, path, header, status, says) in [
        (&cart, "/orders/1", None, 200, ""),
        (&stock, "/orders/1", None, 403, "identity_not_allowed"),
        (&stock, "/", None, 200, ""),
        (&stranger, "/", None, 403, "identity_not_allowed"),
        // Who calls is in the certificate: a header changes nothing.
        (&cart, "/", Some(forged), 200, ""),
        (&stranger, "/", Some(forged), 403, "identity_not_allowed"),
        (&stranger, "/", Some(copied), 403, "identity_not_allowed"),
        (
            &stock,
            "/orders/1",
            Some(copied),
            403,
            "identity_not_allowed",
        ),
        // A rule on the address believes no header: it closes, and never opens.
        (
            &cart,
            "/orders/1",
            Some(forged),
            503,
            "client_address_from_header",
        ),
    ] {
        let response = caller.get(&orders, path, header.as_slice())?;
        let who = &caller.host;
        assert_eq!(
            response.status,
            status,
            "{who} {path} {header:?}: {}",
            response.text()
        );
        assert!(
            response.text().contains(says),
            "{who} {path}: {}",
            response.text()
        );
    }
    // What the app calls is none of the filter's business.
    assert_eq!(orders.get(&stranger, "/", &[])?.status, 200);
    // Without a certificate of the mesh nobody is heard.
    let to = (orders.pod.network.address, 8080).into();
    assert!(Http1Client::connect(to)?.get("/", &[]).is_err());
    Ok(())
}
