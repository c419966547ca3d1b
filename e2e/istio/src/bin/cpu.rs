//! `make mesh-bench`: what a request costs the Envoy of a sidecar, with each filter and
//! with what Istio itself has for the same job. One mesh, one run, rounds by turns; only
//! the CPU time of the Envoy beside the application counts.

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use gatepost_e2e::{Error, Http1Client, Issuer, Result, SigningKey, wait_until};
use gatepost_e2e_istio::{App, Manifest, Mesh, Namespace, dist};
use serde_json::{Value, json};

const ROUNDS: usize = 12;
const REQUESTS: usize = 1000;
const CONNECTIONS: usize = 4;
/// Tokens by turns, so that none is the last one again.
const TOKENS: usize = 100;

struct Row {
    name: &'static str,
    app: App,
    costs: Vec<f64>,
}

fn main() -> Result<()> {
    let folder = env::var("MESH_FOLDER")
        .map_err(|_| Error::Failed("run `make mesh-bench`, as root".to_owned()))?;
    let mesh = Mesh::start(Path::new(&folder))?;
    let shop = mesh.namespace("shop")?;
    let key = SigningKey::generate("ES256", "first")?;
    let issuer = Issuer::new("https://issuer.example", "shop", key);
    let cart = shop.app("cart")?;
    let mut rows = Vec::new();
    for (name, app) in [
        ("no plugin", "none"),
        ("ip-allowlist, by identity", "ip-allowlist"),
        ("jwt-auth", "jwt-auth"),
        ("RequestAuthentication and AuthorizationPolicy", "native"),
    ] {
        attach(&shop, app, &issuer)?;
        rows.push(Row {
            name,
            app: shop.app(app)?,
            costs: Vec::new(),
        });
    }
    let tokens: Result<Vec<String>> = (0..TOKENS)
        .map(|_| Ok(format!("Bearer {}", issuer.token()?)))
        .collect();
    let tokens = tokens?;
    for row in &rows {
        check(&cart, row, &tokens)?;
    }
    for _ in 0..ROUNDS {
        for row in &mut rows {
            let cost = round(&cart, &row.app, &tokens)?;
            row.costs.push(cost);
        }
    }
    print(
        &mut rows,
        &fs::read_to_string("/proc/cpuinfo").unwrap_or_default(),
    );
    Ok(())
}

/// What stands before the application of this name.
fn attach(shop: &Namespace<'_>, app: &str, issuer: &Issuer) -> Result<()> {
    let selector = json!({"matchLabels": {"app": app}});
    if app == "native" {
        shop.apply(&json!({
            "apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication",
            "metadata": {"name": app},
            "spec": {"selector": selector, "jwtRules": [{
                "issuer": issuer.name(), "audiences": ["shop"], "jwks": issuer.jwks(),
                "outputClaimToHeaders": [{"claim": "sub", "header": "x-user"}],
            }]},
        }))?;
        shop.apply(&json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": app},
            "spec": {"selector": selector, "action": "ALLOW", "rules": [
                {"from": [{"source": {"requestPrincipals": ["*"]}}]},
                {"to": [{"operation": {"paths": ["/healthz"]}}]},
            ]},
        }))?;
    } else if app != "none" {
        let file = dist().join(format!("istio/wasmplugin/sidecar/{app}.yaml"));
        let mut plugin = Manifest::read(file)?.objects.pop().unwrap_or_default();
        plugin["spec"]["selector"] = selector;
        if app == "jwt-auth" {
            let keys: Value = serde_json::from_str(&issuer.jwks()).unwrap_or_default();
            let provider = &mut plugin["spec"]["pluginConfig"]["providers"]["shop"];
            provider["keys"] = json!({"inline": keys});
            if let Some(provider) = provider.as_object_mut() {
                // Only for keys of a server.
                provider.remove("cooldown");
            }
        }
        shop.apply(&plugin)?;
    }
    Ok(())
}

/// The filter is there: what it refuses is refused, and what is measured is not.
fn check(cart: &App, row: &Row, tokens: &[String]) -> Result<()> {
    let token = [("authorization", tokens[0].as_str())];
    wait_until(
        format!("{} lets in", row.name),
        Duration::from_secs(60),
        || (cart.get(&row.app, "/", &token).ok()?.status == 200).then_some(()),
    )?;
    let refused = cart.get(&row.app, "/orders/1", &[])?.status;
    let expected = match row.name {
        "no plugin" => 200,
        "jwt-auth" => 401,
        _ => 403,
    };
    assert_eq!(refused, expected, "{}", row.name);
    Ok(())
}

/// Microseconds of the application's Envoy a request.
fn round(cart: &App, app: &App, tokens: &[String]) -> Result<f64> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(cart.pod.connect((app.address, 80))?);
    }
    let mut turn = 0;
    let mut ask = |connection: &mut Http1Client| -> Result<()> {
        turn += 1;
        let token = tokens[turn % tokens.len()].as_str();
        let response = connection.get("/", &[("host", &app.host), ("authorization", token)])?;
        assert_eq!(response.status, 200, "{}", response.text());
        Ok(())
    };
    for connection in &mut connections {
        ask(connection)?;
    }
    let before = app.pod.envoy_nanoseconds()?;
    for _ in 0..REQUESTS / CONNECTIONS {
        for connection in &mut connections {
            ask(connection)?;
        }
    }
    let after = app.pod.envoy_nanoseconds()?;
    Ok((after - before) as f64 / 1000.0 / REQUESTS as f64)
}

fn print(rows: &mut [Row], cpu: &str) {
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "));
    println!(
        "{}; {ROUNDS} rounds of {REQUESTS} requests",
        model.unwrap_or("an unknown CPU")
    );
    println!("| sidecar | least | median | over no plugin |\n|---|---|---|---|");
    let mut least_of_none = None;
    for row in rows {
        row.costs.sort_by(f64::total_cmp);
        let (least, median) = (row.costs[0], row.costs[row.costs.len() / 2]);
        let over = least - *least_of_none.get_or_insert(least);
        println!(
            "| {} | {least:.0} us | {median:.0} us | {over:.0} us |",
            row.name
        );
    }
}
