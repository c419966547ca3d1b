//! Envoy's own filter for tokens, set to do the same: token taken away, one claim as
//! a header. It keeps no verified token unless it is told to.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::row::Row;
use crate::tokens::{AUDIENCE, ISSUER, Pools, Tokens};

pub(super) fn rows(pools: &Pools) -> Vec<Row> {
    let mut rows = Vec::new();
    for tokens in &pools.new {
        let name = match tokens.key().algorithm() {
            "RS256" => "jwt-authn-rs256-new",
            "ES256" => "jwt-authn-es256-new",
            "PS256" => "jwt-authn-ps256-new",
            "EdDSA" => "jwt-authn-eddsa-new",
            _ => "jwt-authn-hs256-new",
        };
        rows.push(row(name, tokens, &provider(tokens)));
    }
    let mut cached = provider(&pools.repeated);
    cached["jwt_cache_config"] = json!({ "jwt_cache_size": 100 });
    rows.push(row("jwt-authn-repeated-cache", &pools.repeated, &cached));
    rows
}

fn row(name: &'static str, tokens: &Rc<Tokens>, provider: &Value) -> Row {
    let filter = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": { "shop": provider },
        "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "shop" } }],
    });
    let mut row = Row::new(name)
        .native("envoy.filters.http.jwt_authn", &filter)
        .counted_by(format!("http.{name}.jwt_authn.allowed"));
    row.tokens = Some(Rc::clone(tokens));
    row
}

fn provider(tokens: &Tokens) -> Value {
    json!({
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "local_jwks": { "inline_string": tokens.jwks() },
        "claim_to_headers": [{ "header_name": "x-user", "claim_name": "sub" }],
    })
}
