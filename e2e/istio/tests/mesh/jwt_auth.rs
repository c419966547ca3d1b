//! jwt-auth where it stands in a mesh, with keys from a server outside of it.

use gatepost_e2e::{Response, Result, wait_until};
use gatepost_e2e_istio::{Mesh, mesh};
use serde_json::json;

use crate::denials::{self, Denials};
use crate::edge::{ANYONE, Edge, SOON};
use crate::key_server::{KeyServer, bearer};
use crate::shipped;

/// One test, for there is one `issuer.example`.
#[test]
fn tokens_are_judged_at_a_gateway_and_in_a_sidecar() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let mut keys = KeyServer::start(mesh)?;
    for object in shipped::objects("companions/mesh/key-server.yaml")? {
        mesh.api().apply(&object)?;
    }
    at_a_gateway(mesh, &mut keys)?;
    in_a_sidecar(mesh, &keys)
}

/// Claim headers reach the app, the client's copies and the token do not; a new key
/// counts as soon as a token names it.
fn at_a_gateway(mesh: &Mesh, keys: &mut KeyServer) -> Result<()> {
    let edge = Edge::start(mesh, "tokens-edge")?;
    denials::are_logged(mesh)?;
    let namespace = edge.namespace.name().to_owned();
    edge.namespace.apply(&shipped::in_namespace(
        "wasmplugin/gateway/jwt-auth.yaml",
        &namespace,
    )?)?;
    edge.wait_for(ANYONE, "/", 401, "jwt_missing")?;
    assert_eq!(edge.get(ANYONE, "/healthz")?.status, 200);

    let get = |token: &str, more: &[(&str, &str)]| {
        edge.gateway
            .get(ANYONE, "/", &[&[("authorization", token)], more].concat())
    };
    let token = bearer(keys.issuer.token_with(&json!({"scope": "orders.read"})))?;
    let copies = [
        ("x-user", "mallory"),
        ("x_user", "mallory"),
        ("X-Scope", "orders.write"),
    ];
    let response = get(&token, &copies)?;
    assert_eq!(response.status, 200, "{}", response.text());
    let echo = response.echo()?;
    assert_eq!(echo.values("x-user"), ["alice"]);
    assert_eq!(echo.values("x-scope"), ["orders.read"]);
    assert!(echo.values("x_user").is_empty(), "{echo:?}");
    assert!(echo.values("authorization").is_empty(), "{echo:?}");
    let stranger = gatepost_e2e::SigningKey::generate("ES256", "first")?;
    let forged = bearer(stranger.mint(&keys.issuer.claims()))?;
    assert_eq!(get(&forged, &[])?.status, 401);
    let denials = Denials {
        filter: "jwt-auth",
        field: "jwt",
        rule: "everything",
        reason: "jwt_bad_signature",
        count: 1,
    };
    denials.wait_until_told(&edge.gateway.pod)?;

    let before = keys.fetches();
    keys.rotate("second")?;
    let token = bearer(keys.issuer.token())?;
    // Refused at most for the cooldown, which the first fetch has begun.
    wait_until("a token of the new key passes", SOON, || {
        (get(&token, &[]).ok()?.status == 200).then_some(())
    })?;
    assert!(keys.fetches() > before);
    assert_eq!(edge.get(ANYONE, "/")?.status, 401);
    Ok(())
}

/// The same in front of an app, with Istio's own authorization behind it.
fn in_a_sidecar(mesh: &Mesh, keys: &KeyServer) -> Result<()> {
    let shop = mesh.namespace("tokens-shop")?;
    for file in [
        "peer-authentication.yaml",
        "authorization-policy.yaml",
        "destination-rule.yaml",
    ] {
        let mut object = shipped::in_namespace(&format!("companions/shop/{file}"), shop.name())?;
        if object["kind"] == "DestinationRule" {
            object["spec"]["host"] = "orders.tokens-shop.svc.cluster.local".into();
        }
        shop.apply(&object)?;
    }
    shop.apply(&shipped::in_namespace(
        "wasmplugin/sidecar/jwt-auth.yaml",
        shop.name(),
    )?)?;
    let (orders, cart) = (shop.app("orders")?, shop.app("cart")?);
    let missing = |response: &Response| response.status == 401;
    wait_until("a request without a token is refused", SOON, || {
        cart.get(&orders, "/", &[]).ok().filter(missing)
    })
    .inspect_err(|_| eprintln!("{}", orders.pod.log().text(0)))?;
    let token = bearer(keys.issuer.token())?;
    let response = cart.get(
        &orders,
        "/",
        &[("authorization", &token), ("x-user", "mallory")],
    )?;
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.echo()?.values("x-user"), ["alice"]);
    // The policy asks for the header that a token without `sub` does not give, and what
    // the client sends under its name is no longer there when the policy looks.
    let nobody = bearer(keys.issuer.token_with(&json!({"sub": null})))?;
    for more in [
        None,
        Some(("x-user", "mallory")),
        Some(("x_user", "mallory")),
    ] {
        let headers = [&[("authorization", nobody.as_str())], more.as_slice()].concat();
        let response = cart.get(&orders, "/", &headers)?;
        assert_eq!(response.status, 403, "{more:?}: {}", response.text());
        assert!(response.text().contains("RBAC"), "{}", response.text());
    }
    assert_eq!(cart.get(&orders, "/catalogue/1", &[])?.status, 200);
    Ok(())
}
