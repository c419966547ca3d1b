//! The api-key-auth filter, and Envoy's own `api_key_auth`, with few keys and with
//! many; the client's stands last.

use gatepost_api_key_auth::digest::{Algorithm, Hasher};
use gatepost_e2e::module;
use serde_json::{Value, json};

use crate::error::Result;
use crate::row::Row;

/// As long as those that `make api-key` makes.
const KEY: &str = "gpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(super) fn rows() -> Result<Vec<Row>> {
    Ok(vec![
        native("native-api-key-10", 10),
        native("native-api-key-10k", 10_000),
        row("api-key-10", 10)?,
        row("api-key-10k", 10_000)?,
    ])
}

fn row(name: &'static str, keys: u32) -> Result<Row> {
    let document = json!({ "keys": entries(keys) });
    let chain = json!({ "filters": [{ "name": name, "api-key-auth": document }] });
    let row = Row::new(name)
        .wasm(&module("api-key-auth")?, Some(&chain.to_string()))
        .counted_by(format!(
            "wasmcustom.wasm_filter.{name}.component.*.tag.allowed;.gatepost_allowed_total"
        ));
    Ok(Row {
        headers: vec![("x-api-key", KEY)],
        ..row
    })
}

/// Envoy's, which knows the keys themselves, and takes them away as well.
fn native(name: &'static str, keys: u32) -> Row {
    let credentials: Vec<Value> = keys_of(keys)
        .map(|key| json!({ "key": key, "client": "client" }))
        .collect();
    let row = Row::new(name)
        .native(
            "envoy.filters.http.api_key_auth",
            &json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth",
                "credentials": credentials,
                "key_sources": [{ "header": "x-api-key" }],
                "forwarding": { "hide_credentials": true },
            }),
        )
        .counted_by(format!("http.{name}.api_key_auth.allowed"));
    Row {
        headers: vec![("x-api-key", KEY)],
        ..row
    }
}

fn keys_of(count: u32) -> impl Iterator<Item = String> {
    let others = (1..count).map(|number| format!("key-{number}"));
    others.chain([KEY.to_owned()])
}

fn entries(count: u32) -> Vec<Value> {
    let hasher = Hasher::default();
    keys_of(count)
        .map(|key| {
            let digest = hasher.digest(Algorithm::Sha256, key.as_bytes());
            json!({ "id": "client", "digest": digest.map(|digest| digest.to_string()) })
        })
        .collect()
}
