//! The api-key-auth filter, and Envoy's own `api_key_auth`, with few keys and with
//! many; the client's stands last.

use std::rc::Rc;

use gatepost_api_key_auth::digest::{Algorithm, Hasher};
use gatepost_e2e::module;
use serde_json::{Value, json};

use crate::error::Result;
use crate::requests::Requests;
use crate::row::Row;

/// As long as those that `make api-key` makes.
const KEY: &str = "gpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(super) fn rows() -> Result<Vec<Row>> {
    let requests = Requests::new("an API key", "api-key").with_header("x-api-key", KEY);
    let requests = Rc::new(requests);
    let module = module("api-key-auth")?;
    let ours = |name, keys| {
        let document = json!({ "keys": entries(keys) });
        Row::new(name, &requests).gatepost(&module, "api-key-auth", &document)
    };
    Ok(vec![
        native(Row::new("native-api-key-10", &requests), 10),
        native(Row::new("native-api-key-10k", &requests), 10_000),
        ours("api-key-10", 10),
        ours("api-key-10k", 10_000),
    ])
}

/// Envoy's, which knows the keys themselves, and takes them away as well.
fn native(row: Row, keys: u32) -> Row {
    let credentials: Vec<Value> = keys_of(keys)
        .map(|key| json!({ "key": key, "client": "client" }))
        .collect();
    let counter = format!("http.{}.api_key_auth.allowed", row.name);
    row.native(
        "envoy.filters.http.api_key_auth",
        &json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuth",
            "credentials": credentials,
            "key_sources": [{ "header": "x-api-key" }],
            "forwarding": { "hide_credentials": true },
        }),
    )
    .counted_by(counter)
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
