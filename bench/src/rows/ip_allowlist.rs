//! The ip-allowlist filter. The client's address stands last in every list.

use std::rc::Rc;

use gatepost_e2e::module;
use serde_json::{Value, json};

use super::networks;
use crate::error::Result;
use crate::requests::Requests;
use crate::row::Row;

/// What the load balancer in front of Envoy wrote: a forged entry and the client's,
/// which stands last in the list in place of the load balancer's.
const FORWARDED_FOR: &str = "198.51.100.7, 192.0.2.44";

pub(super) fn rows(requests: &Rc<Requests>) -> Result<Vec<Row>> {
    let mut recorded = by_connection(100_000);
    recorded["record"] = json!("always");
    let to_last =
        Requests::new("the path of the last rule", "path").with_path("/service-499/orders/7");
    let forwarded =
        Requests::new("X-Forwarded-For", "xff").with_header("x-forwarded-for", FORWARDED_FOR);
    let (to_last, forwarded) = (Rc::new(to_last), Rc::new(forwarded));
    let module = module("ip-allowlist")?;
    let row = |name, requests, document: Value| {
        Row::new(name, requests).gatepost(&module, "ip-allowlist", &document)
    };
    Ok(vec![
        row("ip-allowlist-10", requests, by_connection(10)),
        row("ip-allowlist-100k", requests, by_connection(100_000)),
        row("ip-allowlist-100k-record", requests, recorded),
        row("ip-allowlist-500-routes", &to_last, routes(500)),
        row("ip-allowlist-100k-xff", &forwarded, behind_proxy(100_000)),
    ])
}

fn by_connection(entries: u32) -> Value {
    json!({
        "client_address": { "from": "connection" },
        "lists": { "office": { "cidrs": cidrs(entries) } },
        "rules": [{ "name": "all", "allow": ["office"] }],
    })
}

/// A rule a service, each by its path; the request is for the last one.
fn routes(count: usize) -> Value {
    let rules: Vec<Value> = (0..count)
        .map(|index| {
            json!({
                "name": format!("service-{index}"),
                "match": { "paths": [{ "prefix": format!("/service-{index}") }] },
                "allow": ["office"],
            })
        })
        .collect();
    let mut document = by_connection(10);
    document["rules"] = json!(rules);
    document
}

/// Behind one load balancer: its address is what Envoy appended.
fn behind_proxy(entries: u32) -> Value {
    let mut document = by_connection(entries);
    document["client_address"] =
        json!({ "from": "x_forwarded_for", "trusted_hops": 1, "peer_appended": true });
    let mut cidrs = cidrs(entries);
    cidrs.pop();
    cidrs.push("192.0.2.0/24".to_owned());
    document["lists"]["office"]["cidrs"] = json!(cidrs);
    document
}

fn cidrs(count: u32) -> Vec<String> {
    networks(count)
        .map(|(address, length)| format!("{address}/{length}"))
        .collect()
}
