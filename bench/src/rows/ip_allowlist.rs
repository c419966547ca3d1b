//! The ip-allowlist filter. The client's address stands last in every list.

use std::fmt::Write as _;

use gatepost_e2e::module;
use serde_json::{Value, json};

use crate::error::Result;
use crate::row::Row;

pub(super) fn rows() -> Result<Vec<Row>> {
    Ok(vec![row(
        "ip-allowlist-100k",
        &json!({
            "client_address": { "from": "connection" },
            "lists": { "office": { "cidrs": networks(100_000) } },
            "rules": [{ "name": "all", "allow": ["office"] }],
        }),
    )?])
}

fn row(name: &'static str, document: &Value) -> Result<Row> {
    let chain = json!({ "filters": [{ "name": name, "ip-allowlist": document }] });
    Ok(Row::new(name)
        .wasm(&module("ip-allowlist")?, Some(chain.to_string()))
        .counted_by(format!(
            "wasmcustom.wasm_filter.{name}.component.*.tag.allowed;.gatepost_allowed_total"
        )))
}

/// So many networks that do not touch each other, the last one the client's.
fn networks(count: u32) -> Vec<String> {
    let mut networks: Vec<String> = (1..count)
        .map(|index| {
            // Every second /24: 11.0.0.0/24, 11.0.2.0/24, ...
            let [a, b, c, d] = (0x0b00_0000 + index * 512).to_be_bytes();
            let mut text = String::new();
            let _ = write!(text, "{a}.{b}.{c}.{d}/24");
            text
        })
        .collect();
    networks.push("127.0.0.1/32".to_owned());
    networks
}
