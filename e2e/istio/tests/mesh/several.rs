//! Several filters on one proxy.

use gatepost_e2e::{Answer, FeedServer, Result, wait_until};
use gatepost_e2e_istio::{MACHINE, Namespace, mesh};
use serde_json::{Value, json};

use crate::edge::{ANYONE, BLOCKED, Edge, OFFICE, SOON};
use crate::shipped;

/// Two documents of one module (one VM a worker) and one of another: each judges by its
/// own, in the order of the priorities.
#[test]
fn filters_of_the_same_module_and_of_another_do_not_disturb_each_other() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "several")?;
    let first = shipped::ip_allowlist_at_a_gateway("several")?;
    let mut second = first.clone();
    second["metadata"]["name"] = "night".into();
    second["spec"]["pluginName"] = "night".into();
    second["spec"]["priority"] = 300.into();
    second["spec"]["pluginConfig"] = json!({"filters": [{"name": "night", "ip-allowlist": {
        "client_address": {"from": "connection"},
        "lists": {"visitors": {"cidrs": ["192.0.2.0/24"], "reason": "closed_at_night"}},
        "rules": [{"name": "night", "match": {"paths": [{"prefix": "/night"}]},
            "allow": "anyone", "deny": ["visitors"]},
            {"name": "day", "allow": "anyone"}],
    }}]});
    let tokens = shipped::in_namespace("wasmplugin/gateway/jwt-auth.yaml", "several")?;
    for plugin in [&first, &second, &tokens] {
        edge.namespace.apply(plugin)?;
    }
    edge.wait_for(ANYONE, "/night", 403, "closed_at_night")?;
    edge.wait_for(ANYONE, "/", 401, "jwt_missing")?;
    for (from, path, status, says) in [
        (BLOCKED, "/night", 403, "ip_blocked"),
        (ANYONE, "/night", 403, "closed_at_night"),
        (OFFICE, "/night", 401, "jwt_missing"),
        (ANYONE, "/healthz", 200, ""),
        (BLOCKED, "/healthz", 403, "ip_blocked"),
    ] {
        let response = edge.get(from, path)?;
        assert_eq!(
            response.status,
            status,
            "{from:?} {path}: {}",
            response.text()
        );
        assert!(
            response.text().contains(says),
            "{from:?} {path}: {}",
            response.text()
        );
    }
    let denied = [
        ["wasm_filter=\"ip-allowlist\"", "tag=\"ip_blocked\""],
        ["wasm_filter=\"night\"", "tag=\"closed_at_night\""],
        ["wasm_filter=\"jwt-auth\"", "tag=\"jwt_missing\""],
    ];
    wait_until("each counts its own", SOON, || {
        let metrics = edge.gateway.pod.metrics().ok()?;
        let counts = |labels: &[&str; 2]| {
            metrics.lines().any(|line| {
                line.starts_with("gatepost_denied_total{")
                    && labels.iter().all(|label| line.contains(label))
            })
        };
        denied.iter().all(counts).then_some(())
    })
}

/// Where the documents below fetch what they judge by.
const DAY: &str = "/day.txt";
const NIGHT: &str = "/night.txt";
const KEYS: &str = "/keys.json";

/// Every plugin of a proxy writes to one store, for Istio gives them no `vm_id`: two of
/// one module, with lists of one name, and one of another, each with a document of the
/// same server.
#[test]
fn what_filters_keep_from_a_server_is_not_taken_for_anothers() -> Result<()> {
    let Some(mesh) = mesh()? else { return Ok(()) };
    let edge = Edge::start(mesh, "several-feeds")?;
    let server = FeedServer::start_on(MACHINE)?;
    server.answer(DAY, Answer::ok("198.51.100.0/24\n"));
    server.answer(NIGHT, Answer::ok("192.0.2.0/24\n"));
    know(&edge.namespace, &server)?;
    let keys = api_keys_from_the_server(&edge.namespace, &server)?;
    for plugin in [
        &list_from_the_server(&edge.namespace, "day", 400, DAY)?,
        &list_from_the_server(&edge.namespace, "night", 300, NIGHT)?,
        &keys,
    ] {
        edge.namespace.apply(plugin)?;
    }
    edge.wait_for_workers(BLOCKED, "/", 403, "of_the_day")?;
    edge.wait_for_workers(ANYONE, "/", 403, "of_the_night")?;
    edge.wait_for_workers(OFFICE, "/", 401, "api_key_missing")?;
    expect_each_by_its_own(&edge, BLOCKED)?;

    // One of them changes: the others do not.
    server.answer(DAY, Answer::ok("203.0.113.0/24\n"));
    edge.wait_for_workers(OFFICE, "/", 403, "of_the_day")?;
    edge.wait_for_workers(BLOCKED, "/", 401, "api_key_missing")?;
    expect_each_by_its_own(&edge, OFFICE)
}

/// Over several fetches, and by every worker: who asks from `of_the_day` is on that list,
/// and who is on none needs a key.
fn expect_each_by_its_own(edge: &Edge<'_>, of_the_day: [u8; 4]) -> Result<()> {
    let of_neither = if of_the_day == OFFICE {
        BLOCKED
    } else {
        OFFICE
    };
    for _ in 0..30 {
        for (from, key, status, says) in [
            (of_the_day, "demo-acme", 403, "of_the_day"),
            (ANYONE, "demo-acme", 403, "of_the_night"),
            (of_neither, "demo-nobody", 401, "api_key_unknown"),
            (of_neither, "demo-acme", 200, ""),
        ] {
            let response = edge.gateway.get(from, "/", &[("x-api-key", key)])?;
            let text = response.text();
            assert_eq!(response.status, status, "{from:?} {key}: {text}");
            assert!(text.contains(says), "{from:?} {key}: {text}");
        }
    }
    Ok(())
}

/// Tells the proxies of a namespace of the server.
fn know(namespace: &Namespace<'_>, server: &FeedServer) -> Result<()> {
    namespace.apply(&json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "lists"},
        "spec": {
            "hosts": ["lists.example"],
            "location": "MESH_EXTERNAL",
            "resolution": "STATIC",
            "exportTo": ["."],
            "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}],
            "endpoints": [{"address": MACHINE, "ports": {"http": server.port()}}],
        },
    }))?;
    Ok(())
}

fn feed(path: &str) -> Value {
    json!({
        "cluster": "outbound|80||lists.example",
        "authority": "lists.example",
        "path": path,
        "refresh": "1s",
    })
}

fn list_from_the_server(
    namespace: &Namespace<'_>,
    name: &str,
    priority: u32,
    path: &str,
) -> Result<Value> {
    let mut plugin = shipped::ip_allowlist_at_a_gateway(namespace.name())?;
    plugin["metadata"]["name"] = name.into();
    plugin["spec"]["pluginName"] = name.into();
    plugin["spec"]["priority"] = priority.into();
    *shipped::document(&mut plugin) = json!({
        "client_address": {"from": "connection"},
        "lists": {"blocked": {"feed": feed(path), "reason": format!("of_the_{name}")}},
        "rules": [{"name": "all", "allow": "anyone", "deny": ["blocked"]}],
    });
    Ok(plugin)
}

/// The server has the keys of the shipped document from now on.
fn api_keys_from_the_server(namespace: &Namespace<'_>, server: &FeedServer) -> Result<Value> {
    let file = "wasmplugin/gateway/api-key-auth.yaml";
    let mut plugin = shipped::in_namespace(file, namespace.name())?;
    let document = shipped::document(&mut plugin);
    let keys = document["keys"].take();
    server.answer(KEYS, Answer::ok(json!({"keys": keys}).to_string()));
    *document = json!({
        "feed": feed(KEYS),
        "rules": [{"name": "all", "groups": ["partners"]}],
    });
    Ok(plugin)
}
