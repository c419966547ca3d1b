//! Internal redirects: the filter runs again on headers that it changed itself.

use gatepost_e2e::{Answer, Binary, Envoy, FeedServer, Result, Upstream, each_envoy};
use serde_json::json;

use crate::gate::{Gate, KEYS, bearer, bootstrap, document, issuer};

/// A gate whose redirects Envoy follows itself.
fn open(binary: &Binary) -> Result<Gate> {
    let mut document = document();
    document["rules"] = json!([
        {"name": "public", "match": {"paths": [{"prefix": "/public"}]}, "require": "none"},
        {"name": "admin", "match": {"paths": [{"prefix": "/admin"}]},
         "require": {"provider": "shop"}, "scopes": {"all": ["admin"]}},
        {"name": "all", "require": {"provider": "shop"}},
    ]);
    let (upstream, server, issuer) = (Upstream::start()?, FeedServer::start()?, issuer()?);
    server.answer(KEYS, Answer::ok(issuer.jwks()));
    let file = bootstrap("jwt-auth.yaml", &upstream, &server, Some(&document))?;
    let file = file.with(&[(
        "route: { cluster: app }",
        "route: { cluster: app, internal_redirect_policy: { max_internal_redirects: 2 } }",
    )])?;
    let gate = Gate::of(Envoy::start(binary, &file)?, server, upstream, issuer)?;
    gate.settles(&gate.issuer.token()?, 200)?;
    Ok(gate)
}

fn to(path: &str) -> String {
    format!("/status/302?location=http://test{path}")
}

#[test]
fn a_token_that_was_taken_away_counts_on_the_way_that_the_service_sends_the_request() -> Result<()>
{
    each_envoy(|binary| {
        let gate = open(binary)?;
        let token = bearer(&gate.issuer.token()?);
        for _ in 0..4 {
            let echo = gate
                .get(&to("/elsewhere"), &[("authorization", &token)])?
                .echo()?;
            assert_eq!(echo.path, "/elsewhere");
            assert_eq!(echo.values("x-user"), ["alice"]);
            assert!(echo.values("authorization").is_empty());
        }
        Ok(())
    })
}

#[test]
fn the_new_path_is_judged_by_its_own_rule() -> Result<()> {
    each_envoy(|binary| {
        let gate = open(binary)?;
        let token = |scope: &str| gate.issuer.token_with(&json!({"scope": scope}));
        let (admin, user) = (bearer(&token("admin")?), bearer(&token("read")?));
        let echo = gate
            .get(&to("/admin"), &[("authorization", &admin)])?
            .echo()?;
        assert_eq!(echo.path, "/admin");
        let before = gate.upstream.requests();
        let answer = gate.get(&to("/admin"), &[("authorization", &user)])?;
        assert_eq!((answer.status, gate.upstream.requests() - before), (403, 1));
        Ok(())
    })
}

/// What is kept for the second run is kept by the proxy: no header makes it.
#[test]
fn a_request_that_came_without_a_token_has_none_on_the_new_path() -> Result<()> {
    each_envoy(|binary| {
        let gate = open(binary)?;
        let before = gate.upstream.requests();
        let path = "/public/../status/302?location=http://test/elsewhere";
        for (path, headers) in [
            (path, vec![]),
            (
                "/elsewhere",
                vec![("x-user", "root"), ("x-gatepost-jwt-auth", "{}")],
            ),
            ("/elsewhere", vec![("x-envoy-original-path", "/public")]),
        ] {
            assert!(gate.get(path, &headers)?.status >= 400, "{path}");
        }
        assert_eq!(gate.upstream.requests(), before);
        Ok(())
    })
}
