//! The jwt-auth filter: tokens that it sees for the first time, by algorithm, and one
//! that it knows. The token is taken away, one claim becomes a header, nothing is
//! recorded on allow.

use gatepost_e2e::module;
use serde_json::{Value, json};

use crate::error::Result;
use crate::row::Row;
use crate::tokens::{AUDIENCE, ISSUER, Pool, Pools, Tokens};

pub(super) fn rows(pools: &Pools) -> Result<Vec<Row>> {
    let module = module("jwt-auth")?;
    let row = |pool: &Pool, document: Value| {
        let name = format!("jwt-auth-{}", pool.name);
        Row::new(name, &pool.requests).gatepost(&module, "jwt-auth", &document)
    };
    let new = |pool: &Pool| {
        let mut document = document(&pool.tokens);
        // The cache is in use, but keeps next to none of thousands: one of the default
        // size keeps those that came first, and a round of them would count as new.
        document["cache"] = json!({ "entries": 8 });
        row(pool, document)
    };
    let mut rows: Vec<Row> = pools.new.iter().map(new).collect();
    rows.push(row(&pools.repeated, document(&pools.repeated.tokens)));
    Ok(rows)
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
