//! api-key-auth where it stands in a mesh, and when an open connection learns of it.

use gatepost_e2e::{Http1Client, Result, wait_until};
use gatepost_e2e_istio::mesh;
use serde_json::json;

use crate::denials::{self, Denials};
use crate::edge::{ANYONE, Edge, SOON};
use crate::shipped;

const MANIFEST: &str = "wasmplugin/gateway/api-key-auth.yaml";

#[test]
fn a_gateway_passes_who_has_a_key_and_strips_it() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "keys")?;
    denials::are_logged(mesh)?;
    edge.namespace
        .apply(&shipped::in_namespace(MANIFEST, "keys")?)?;
    let missing = edge.wait_for(ANYONE, "/orders", 401, "api_key_missing")?;
    assert_eq!(
        missing.header("www-authenticate").as_deref(),
        Some(r#"ApiKey realm="orders""#)
    );
    for (path, key, status, says) in [
        ("/", "demo-ci", 200, ""),
        ("/orders", "demo-ci", 403, "api_key_not_allowed"),
        ("/orders", "demo-acme-2025", 401, "api_key_expired"),
        ("/orders", "demo-globex", 401, "api_key_disabled"),
        ("/orders", "demo-nobody", 401, "api_key_unknown"),
    ] {
        let response = edge.gateway.get(ANYONE, path, &[("x-api-key", key)])?;
        let text = response.text();
        assert_eq!(response.status, status, "{path} {key}: {text}");
        assert!(text.contains(says), "{path} {key}: {text}");
    }
    assert_eq!(edge.get(ANYONE, "/health")?.status, 200);

    let headers = [("x-api-key", "demo-acme"), ("x_consumer", "forged")];
    let passed = edge.gateway.get(ANYONE, "/orders", &headers)?;
    assert_eq!(passed.status, 200, "{}", passed.text());
    assert_eq!(passed.echo()?.values("x-consumer"), ["acme"]);
    for gone in ["demo-acme", "forged"] {
        assert!(!passed.text().contains(gone), "{}", passed.text());
    }
    for reason in ["api_key_not_allowed", "api_key_expired", "api_key_unknown"] {
        let denials = Denials {
            filter: "api-key-auth",
            field: "key",
            rule: "orders",
            reason,
            count: 1,
        };
        denials.wait_until_told(&edge.gateway.pod)?;
    }
    Ok(())
}

#[test]
fn an_open_connection_goes_on_without_a_new_plugin_and_by_a_changed_one() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "keys-and-connections")?;
    let connect = || Http1Client::connect_from(ANYONE.into(), edge.gateway.address());
    let mut before = connect()?;
    assert_eq!(before.get("/orders", &[])?.status, 200);
    let mut plugin = shipped::in_namespace(MANIFEST, edge.namespace.name())?;
    edge.namespace.apply(&plugin)?;
    edge.wait_for(ANYONE, "/orders", 401, "api_key_missing")?;
    assert_eq!(before.get("/orders", &[])?.status, 200);

    let mut after = connect()?;
    assert_eq!(after.get("/health", &[])?.status, 200);
    shipped::document(&mut plugin)["rules"][0]["match"] = json!({"paths": [{"exact": "/alive"}]});
    edge.namespace.apply(&plugin)?;
    wait_until("the open connection is judged by the change", SOON, || {
        (after.get("/health", &[]).ok()?.status == 401).then_some(())
    })
}
