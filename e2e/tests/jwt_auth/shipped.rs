//! The files of envoy/ as they are shipped.

use gatepost_e2e::{
    Answer, Binary, Envoy, FeedServer, Issuer, Result, SigningKey, Upstream, each_envoy,
};
use serde_json::json;

use crate::gate::{AUDIENCE, Gate, KEYS, bearer, bootstrap, is_denied, issuer};

#[test]
fn the_rules_of_the_shipped_file_are_enforced() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::shipped(binary, issuer()?)?;
        gate.settles(&gate.issuer.token()?, 200)?;
        let fetched = gate.fetched();
        assert_eq!(fetched.len(), 1);
        assert_eq!(fetched[0].header("host"), Some("issuer.example"));
        assert_eq!(fetched[0].header("accept-encoding"), Some("identity"));

        assert_eq!(gate.get("/healthz", &[])?.status, 200);
        is_denied(&gate.get("/", &[])?, 401, "jwt_missing", "bare");
        assert_eq!(gate.get("/catalogue/7", &[])?.status, 200);
        let expired = bearer(&gate.issuer.token_with(&json!({"exp": 1}))?);
        for path in ["/", "/catalogue/7", "/orders"] {
            let answer = gate.get(path, &[("authorization", &expired)])?;
            is_denied(&answer, 401, "jwt_expired", "invalid_token");
        }
        // A rule that needs no token does not look at one.
        let answer = gate.get("/healthz", &[("authorization", &expired)])?;
        assert_eq!(answer.status, 200);

        let reader = bearer(&gate.issuer.token_with(&json!({"scope": "orders.read"}))?);
        let writer = bearer(
            &gate
                .issuer
                .token_with(&json!({"scope": "orders.read orders.write"}))?,
        );
        let send = |method, token: &str| {
            gate.connect()?
                .request(method, "/orders/7", &[("authorization", token)], b"{}")
        };
        assert_eq!(send("GET", &reader)?.status, 200);
        assert_eq!(send("PUT", &writer)?.status, 200);
        let answer = send("PUT", &reader)?;
        is_denied(&answer, 403, "scope_missing", "insufficient_scope");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains(r#"scope="orders.write""#), "{challenge}");
        Ok(())
    })
}

#[test]
fn a_page_of_the_allowed_origin_may_ask_and_read_the_denial() -> Result<()> {
    const PREFLIGHT: [(&str, &str); 2] = [
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization"),
    ];
    each_envoy(|binary| {
        let gate = Gate::shipped(binary, issuer()?)?;
        let ask = |origin: &str, headers: &[(&str, &str)]| {
            let headers = [&[("origin", origin)], &PREFLIGHT[..], headers].concat();
            gate.connect()?
                .request("OPTIONS", "/orders/7", &headers, b"")
        };
        // Envoy answers it itself.
        let answer = ask("https://app.example", &[])?;
        assert_eq!(answer.status, 200);
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed.as_deref(), Some("https://app.example"));
        assert_eq!(gate.upstream.requests(), 0);

        // That of a page which Envoy does not know goes on to the service, as nobody.
        let answer = ask(
            "https://other.example",
            &[("x-user", "root"), ("x-scope", "all")],
        )?;
        let echo = answer.echo()?;
        assert_eq!(
            (echo.method.as_str(), gate.upstream.requests()),
            ("OPTIONS", 1)
        );
        assert!(echo.values("x-user").is_empty() && echo.values("x-scope").is_empty());
        assert_eq!(gate.decided("allowed", "cors_preflight")?, 1);

        // What is no preflight needs a token, and its denial can be read by the page.
        let origin = ("origin", "https://app.example");
        let answer = gate
            .connect()?
            .request("OPTIONS", "/orders/7", &[origin], b"")?;
        is_denied(&answer, 401, "jwt_missing", "bare");
        let answer = gate.get("/", &[origin])?;
        is_denied(&answer, 401, "jwt_missing", "bare");
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed.as_deref(), Some("https://app.example"));
        let exposed = answer.header("access-control-expose-headers");
        assert_eq!(exposed.as_deref(), Some("www-authenticate"));
        Ok(())
    })
}

#[test]
fn the_access_log_says_who_was_refused_and_why_and_never_the_token() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::shipped(binary, issuer()?)?;
        let token = gate.issuer.token_with(&json!({"exp": 1}))?;
        is_denied(&gate.present(&token)?, 401, "jwt_expired", "invalid_token");
        let needle = r#""reason":"jwt_expired""#;
        let line = gate.envoy.log().wait_for(needle, 0, crate::gate::SOON)?;
        for field in [
            r#""status":401"#,
            r#""details":"jwt_expired""#,
            r#""decision":"denied""#,
            r#""rule":"everything""#,
        ] {
            assert!(line.contains(field), "{field} in {line}");
        }
        let log = gate.envoy.log().text(0);
        let (_, signature) = token.rsplit_once('.').unwrap_or_default();
        assert!(!log.contains(signature));
        Ok(())
    })
}

const METADATA: &str = "/shop/.well-known/openid-configuration";

#[test]
fn an_issuer_that_says_where_its_keys_are_is_believed_about_itself_alone() -> Result<()> {
    each_envoy(|binary| {
        let issuer = shop()?;
        let right = issuer.discovery("https://keys.example/keys");
        let lies = [
            // Of another issuer; no TLS; with somebody's name; no address; no metadata.
            right.replace("issuer.example/shop", "issuer.example"),
            issuer.discovery("http://keys.example/keys"),
            issuer.discovery("https://me@keys.example/keys"),
            issuer.discovery("keys"),
            "<html>".to_owned(),
        ];
        for lie in lies {
            lied_to(binary, &issuer, &lie)?;
        }
        Ok(())
    })
}

/// Istio CVE-2026-41413: no metadata can have the proxy ask whom they like.
#[test]
fn a_key_server_that_is_mapped_to_no_cluster_is_never_asked() -> Result<()> {
    each_envoy(|binary| {
        let issuer = shop()?;
        for host in [
            "evil.example",
            "keys.example:444",
            "keys.example.evil.example",
            "127.0.0.1",
        ] {
            let lie = issuer.discovery(&format!("https://{host}/keys"));
            lied_to(binary, &issuer, &lie)?;
        }
        Ok(())
    })
}

fn shop() -> Result<Issuer> {
    let key = SigningKey::generate("ES256", "first")?;
    Ok(Issuer::new("https://issuer.example/shop", AUDIENCE, key))
}

/// Nobody gets in by a lie, no keys are asked for, and the truth is believed as soon
/// as it is told.
fn lied_to(binary: &Binary, issuer: &Issuer, lie: &str) -> Result<()> {
    let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
    server.answer(METADATA, Answer::ok(lie));
    server.answer("/keys", Answer::ok(issuer.jwks()));
    let file = bootstrap("jwt-auth-discovery.yaml", &upstream, &server, None)?;
    let envoy = Envoy::start(binary, &file)?;
    let unused = SigningKey::generate("ES256", "unused")?;
    let gate = Gate::of(envoy, server, upstream, Issuer::new("", "", unused))?;
    let token = issuer.token()?;
    let answer = gate.present(&token)?;
    is_denied(&answer, 503, "jwks_unavailable", "");
    assert_eq!(gate.server.fetched("/keys").len(), 0, "{lie}");

    let truth = issuer.discovery("https://keys.example/keys");
    gate.server.answer(METADATA, Answer::ok(truth));
    gate.settles(&token, 200)?;
    let keys = gate.server.fetched("/keys");
    assert_eq!(keys[0].header("host"), Some("keys.example"));
    let metadata = gate.server.fetched(METADATA);
    assert_eq!(metadata[0].header("host"), Some("issuer.example"));
    assert_eq!(gate.server.fetched(KEYS).len(), 0);
    Ok(())
}
