//! The jwt-auth filter: tokens that it sees for the first time, by algorithm, and one
//! that it knows. The token is taken away, one claim becomes a header, nothing is
//! recorded on allow.

use std::rc::Rc;

use gatepost_e2e::module;
use serde_json::{Value, json};

use crate::error::Result;
use crate::row::Row;
use crate::tokens::{AUDIENCE, ISSUER, Pools, Tokens};

pub(super) fn rows(pools: &Pools) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for tokens in &pools.new {
        let name = match tokens.key().algorithm() {
            "RS256" => "jwt-auth-rs256-new",
            "ES256" => "jwt-auth-es256-new",
            "PS256" => "jwt-auth-ps256-new",
            "EdDSA" => "jwt-auth-eddsa-new",
            _ => "jwt-auth-hs256-new",
        };
        let mut document = document(tokens);
        // The cache is in use, but keeps next to none of thousands: one of the default
        // size keeps those that came first, and a round of them would count as new.
        document["cache"] = json!({ "entries": 8 });
        rows.push(row(name, tokens, &document)?);
    }
    let repeated = &pools.repeated;
    rows.push(row("jwt-auth-repeated", repeated, &document(repeated))?);
    Ok(rows)
}

fn row(name: &'static str, tokens: &Rc<Tokens>, document: &Value) -> Result<Row> {
    let chain = json!({ "filters": [{ "name": name, "jwt-auth": document }] });
    let mut row = Row::new(name)
        .wasm(&module("jwt-auth")?, Some(&chain.to_string()))
        .counted_by(format!(
            "wasmcustom.wasm_filter.{name}.component.*.tag.allowed;.gatepost_allowed_total"
        ));
    row.tokens = Some(Rc::clone(tokens));
    Ok(row)
}

fn document(tokens: &Tokens) -> Value {
    let key = tokens.key();
    let keys = match key.algorithm() {
        "HS256" => {
            json!({ "secrets": [{ "algorithm": "HS256", "kid": key.kid(), "inline": key.jwk()["k"] }] })
        }
        _ => json!({ "inline": { "keys": [key.jwk()] } }),
    };
    json!({
        "providers": { "shop": {
            "issuer": ISSUER,
            "audiences": [AUDIENCE],
            "algorithms": [key.algorithm()],
            "keys": keys,
            "claims_to_headers": [{ "claim": "sub", "header": "x-user" }],
        } },
        "rules": [{ "name": "all", "require": { "provider": "shop" } }],
    })
}
