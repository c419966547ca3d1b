//! Envoy's own filter for tokens, set to do the same: the token is taken away, one claim
//! becomes a header, and the route is selected again, as it is after any change of
//! headers by a module. It keeps no verified token unless it is told to.

use serde_json::{Value, json};

use crate::row::Row;
use crate::tokens::{AUDIENCE, ISSUER, Pool, Pools, Tokens};

pub(super) fn rows(pools: &Pools) -> Vec<Row> {
    let new = |pool: &Pool| {
        let name = format!("jwt-authn-{}", pool.name);
        row(Row::new(name, &pool.requests), &provider(&pool.tokens))
    };
    let mut rows: Vec<Row> = pools.new.iter().map(new).collect();
    let repeated = &pools.repeated;
    let mut cached = provider(&repeated.tokens);
    cached["jwt_cache_config"] = json!({ "jwt_cache_size": 100 });
    let cached_row = Row::new("jwt-authn-repeated-cache", &repeated.requests);
    rows.push(row(cached_row, &cached));
    rows
}

fn row(row: Row, provider: &Value) -> Row {
    let filter = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": { "shop": provider },
        "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "shop" } }],
    });
    let counter = format!("http.{}.jwt_authn.allowed", row.name);
    row.native("envoy.filters.http.jwt_authn", &filter)
        .counted_by(counter)
}

fn provider(tokens: &Tokens) -> Value {
    json!({
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "local_jwks": { "inline_string": tokens.jwks() },
        "claim_to_headers": [{ "header_name": "x-user", "claim_name": "sub" }],
        "clear_route_cache": true,
    })
}
