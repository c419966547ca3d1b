//! Envoy's own filter for addresses, as it is: the client's address stands last, as
//! in every list here, so that `rbac` with principals compares all of them.

use std::rc::Rc;

use serde_json::{Value, json};

use super::networks;
use crate::requests::Requests;
use crate::row::Row;

pub(super) fn rows(requests: &Rc<Requests>) -> Vec<Row> {
    let row = |name, field, policy| row(Row::new(name, requests), field, policy);
    vec![
        row("rbac-10", "rules", principals(10)),
        row("rbac-10k", "rules", principals(10_000)),
        row("rbac-matcher-100k", "matcher", ip_matcher(100_000)),
    ]
}

fn row(row: Row, field: &str, policy: Value) -> Row {
    let mut filter = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
    });
    filter[field] = policy;
    let counter = format!("http.{}.rbac.allowed", row.name);
    row.native("envoy.filters.http.rbac", &filter)
        .counted_by(counter)
}

/// Each network a principal: they are compared one after the other.
fn principals(count: u32) -> Value {
    let principals: Vec<Value> = cidr_ranges(count)
        .map(|range| json!({ "direct_remote_ip": range }))
        .collect();
    json!({
        "action": "ALLOW",
        "policies": { "office": { "permissions": [{ "any": true }], "principals": principals } },
    })
}

/// All networks in one matcher of the matching API, which looks them up in a trie
/// (`envoy.extensions.matching.input_matchers.ip.v3.Ip`).
fn ip_matcher(count: u32) -> Value {
    json!({
        "matcher_list": { "matchers": [{
            "predicate": { "single_predicate": {
                "input": {
                    "name": "direct-source-ip",
                    "typed_config": { "@type": "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput" },
                },
                "custom_match": {
                    "name": "office",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.matching.input_matchers.ip.v3.Ip",
                        "stat_prefix": "office",
                        "cidr_ranges": cidr_ranges(count).collect::<Vec<_>>(),
                    },
                },
            } },
            "on_match": action("office", "ALLOW"),
        }] },
        "on_no_match": action("nobody", "DENY"),
    })
}

fn action(name: &str, action: &str) -> Value {
    json!({ "action": {
        "name": name,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.rbac.v3.Action",
            "name": name,
            "action": action,
        },
    } })
}

fn cidr_ranges(count: u32) -> impl Iterator<Item = Value> {
    networks(count)
        .map(|(address, length)| json!({ "address_prefix": address, "prefix_len": length }))
}
