//! What the service learns of a token, and that nobody else can tell it that.

use gatepost_e2e::{Echo, Response, Result, decoded, each_envoy};
use serde_json::{Value, json};

use crate::gate::{Gate, bearer, bootstrap, document, issuer, reason};

/// What a client sends who would like to be somebody: each header of ours, in every
/// spelling, more than once.
const COPIES: [(&str, &str); 8] = [
    ("x-user", "root"),
    ("X-User", "root"),
    ("x_user", "root"),
    ("X_USER", "root"),
    ("x-payload", "e30"),
    ("x_payload", "e30"),
    ("x-roles", "admin"),
    ("x_roles", "admin"),
];

fn with_headers() -> Value {
    let mut document = document();
    let shop = &mut document["providers"]["shop"];
    shop["claims_to_headers"] = json!([
        {"claim": "sub", "header": "x-user"},
        {"claim": "realm_access.roles", "header": "x-roles"},
        {"claim": ["https://shop.example/tier"], "header": "x-tier"},
        {"claim": "address", "header": "x-address", "format": "json"},
        {"claim": "limit", "header": "x-limit"},
        {"claim": "beta", "header": "x-beta"},
    ]);
    shop["payload_header"] = json!("x-payload");
    document["rules"] = json!([
        {"name": "exempt", "match": {"paths": [{"exact": "/exempt"}]}, "require": "none"},
        {"name": "optional", "match": {"paths": [{"exact": "/optional"}]},
         "require": {"provider": "shop"}, "optional": true},
        {"name": "shadow", "match": {"paths": [{"exact": "/shadow"}]}, "mode": "shadow",
         "require": {"provider": "shop"}, "scopes": {"any": ["nobody-has-it"]}},
        {"name": "all", "require": {"provider": "shop"}},
    ]);
    document
}

/// A gate whose listener lets headers with `_` through.
fn open(binary: &gatepost_e2e::Binary, document: &Value) -> Result<Gate> {
    use gatepost_e2e::{Answer, Envoy, FeedServer, Upstream};
    let (upstream, server, issuer) = (Upstream::start()?, FeedServer::start()?, issuer()?);
    server.answer(crate::gate::KEYS, Answer::ok(issuer.jwks()));
    let file = bootstrap("jwt-auth.yaml", &upstream, &server, Some(document))?;
    let file = file.with(&[("action: REJECT_REQUEST", "action: ALLOW")])?;
    let gate = Gate::of(Envoy::start(binary, &file)?, server, upstream, issuer)?;
    gate.settles(&gate.issuer.token()?, 200)?;
    Ok(gate)
}

/// Every header of the request that arrived whose name is one of ours in some spelling.
fn ours(echo: &Echo) -> Vec<(String, String)> {
    let is_ours = |name: &str| {
        let name = name.replace('_', "-");
        [
            "x-user",
            "x-payload",
            "x-roles",
            "x-tier",
            "x-address",
            "x-limit",
            "x-beta",
        ]
        .contains(&name.as_str())
    };
    let mut found: Vec<_> = echo
        .headers
        .iter()
        .filter(|(name, _)| is_ours(name))
        .cloned()
        .collect();
    found.sort();
    found
}

#[test]
fn claims_arrive_as_headers_in_the_place_of_what_the_client_sent() -> Result<()> {
    each_envoy(|binary| {
        let gate = open(binary, &with_headers())?;
        let claims = gate.issuer.claims_with(&json!({
            "realm_access": {"roles": ["buyer", "seller"]},
            "https://shop.example/tier": "gold",
            "address": {"city": "Zürich"},
            "limit": 10,
            "beta": true,
        }));
        let token = bearer(&gate.issuer.key().mint(&claims)?);
        // Twice on each worker: verified anew, and out of the cache.
        for _ in 0..8 {
            let headers = [&COPIES[..], &[("authorization", token.as_str())]].concat();
            let echo = gate.get("/", &headers)?.echo()?;
            let payload = echo.values("x-payload").join(",");
            let sent: Value = serde_json::from_slice(&decoded(&payload)).expect("is JSON");
            assert_eq!(sent, claims);
            let others: Vec<_> = ours(&echo)
                .into_iter()
                .filter(|(name, _)| name != "x-payload")
                .collect();
            let expected = [
                // As the echo escapes what has quotes.
                ("x-address", r#"{\"city\":\"Z%C3%BCrich\"}"#),
                ("x-beta", "true"),
                ("x-limit", "10"),
                ("x-roles", "buyer,seller"),
                ("x-tier", "gold"),
                ("x-user", "alice"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(others, expected);
            assert!(echo.values("authorization").is_empty());
        }
        // A token without these claims gives none of the headers, and keeps none.
        let plain = bearer(&gate.issuer.token()?);
        let headers = [&COPIES[..], &[("authorization", plain.as_str())]].concat();
        let echo = gate.get("/", &headers)?.echo()?;
        let names: Vec<_> = ours(&echo).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x-payload", "x-user"]);
        Ok(())
    })
}

#[test]
fn a_clients_copies_of_our_headers_arrive_by_no_path() -> Result<()> {
    each_envoy(|binary| {
        let gate = open(binary, &with_headers())?;
        let expired = bearer(&gate.issuer.token_with(&json!({"exp": 1}))?);
        let good = bearer(&gate.issuer.token()?);
        let ask = |path, token: Option<&str>, more: &[(&str, &str)]| -> Result<Response> {
            let token: Vec<_> = token
                .map(|token| ("authorization", token))
                .into_iter()
                .collect();
            let headers = [&COPIES[..], more, &token].concat();
            gate.get(path, &headers)
        };
        for (path, token) in [
            ("/exempt", None),
            ("/exempt", Some(expired.as_str())),
            ("/exempt", Some(good.as_str())),
            ("/optional", None),
            ("/shadow", None),
            ("/shadow", Some(expired.as_str())),
        ] {
            let echo = ask(path, token, &[])?.echo()?;
            assert_eq!(ours(&echo), [], "{path} with {token:?}");
        }
        // Denied for a scope, but only in shadow: its claims are true, and are sent.
        let echo = ask("/shadow", Some(&good), &[])?.echo()?;
        let names: Vec<_> = ours(&echo).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x-payload", "x-user"]);
        // A rule in shadow takes no token away.
        assert_eq!(echo.values("authorization"), [good.as_str()]);

        let before = gate.upstream.requests();
        for (path, token) in [
            ("/", None),
            ("/", Some(expired.as_str())),
            ("/optional", Some(expired.as_str())),
        ] {
            assert_eq!(ask(path, token, &[])?.status, 401);
        }
        assert_eq!(gate.upstream.requests(), before);
        Ok(())
    })
}

#[test]
fn a_claim_that_no_header_can_carry_is_not_cut_to_fit() -> Result<()> {
    each_envoy(|binary| {
        let mut lenient = document();
        lenient["providers"]["shop"]["if_unsendable"] = json!("omit");
        let (strict, lenient) = (
            Gate::with(binary, &document())?,
            Gate::with(binary, &lenient)?,
        );
        for gate in [&strict, &lenient] {
            gate.settles(&gate.issuer.token()?, 200)?;
        }
        let long = "a".repeat(100_000);
        for sub in ["a\u{0}b", "a\r\nx-admin: yes", "a\nb", "a\u{7f}b"] {
            let changes = json!({"sub": sub});
            let answer = strict.present(&strict.issuer.token_with(&changes)?)?;
            assert_eq!(
                (answer.status, reason(&answer).as_str()),
                (403, "claim_unsendable"),
                "{sub:?}"
            );
            let echo = lenient
                .present(&lenient.issuer.token_with(&changes)?)?
                .echo()?;
            assert!(echo.values("x-user").is_empty() && echo.values("x-admin").is_empty());
        }
        // Longer than a token may be.
        let token = strict.issuer.token_with(&json!({"sub": long}))?;
        assert!(token.len() > 100_000);
        // What is outside ASCII is percent-encoded, and so told from what looks so.
        let echo = strict
            .present(&strict.issuer.token_with(&json!({"sub": "zoë"}))?)?
            .echo()?;
        assert_eq!(echo.values("x-user"), ["zo%C3%AB"]);
        Ok(())
    })
}
