//! Tokens: the jwt-auth filter, an issuer that changes its key, and one that is gone.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use gatepost_e2e::{
    Answer, Binary, Envoy, FeedServer, Http1Client, Issuer, Response, Result, SigningKey, Upstream,
    shipped, unsigned, with_signature,
};
use serde_json::{Value, json};

use crate::show::{expect, show_metric, total, verdict};

const FILTER: &str = "jwt-auth";
const KEYS: &str = "/jwks.json";

pub(crate) fn show(binary: &Binary, upstream: &Upstream) -> Result<()> {
    let key = SigningKey::generate("RS256", "2026-11")?;
    let mut issuer = Issuer::new("https://issuer.example", "shop", key);
    println!(
        "envoy/jwt-auth.yaml as shipped, but for a cooldown of 1 s, and an issuer that publishes its \
         keys at {KEYS}"
    );
    let server = FeedServer::start()?;
    server.answer(KEYS, Answer::ok(issuer.jwks()));
    let gate = Gate::open(binary, upstream, &server)?;
    for step in steps(&issuer)? {
        gate.take(&step)?;
    }
    rotation(&gate, &server, &mut issuer)?;
    println!("\nThe issuer's server is gone, and the proxy starts anew");
    let gone = FeedServer::reserve()?;
    let gate = Gate::open(binary, upstream, &gone)?;
    gate.take(&Step {
        says: "a good token that nobody can check",
        token: Some(issuer.token()?),
        status: 503,
        reason: "jwks_unavailable",
        ..Step::good()
    })
}

struct Gate {
    envoy: Envoy,
    to: SocketAddr,
}

/// A request of the demo, and what is to come of it.
struct Step {
    says: &'static str,
    method: &'static str,
    path: &'static str,
    token: Option<String>,
    status: u16,
    rule: &'static str,
    reason: &'static str,
}

impl Step {
    /// What most steps have in common.
    const fn good() -> Self {
        Self {
            says: "",
            method: "GET",
            path: "/",
            token: None,
            status: 200,
            rule: "everything",
            reason: "allowed",
        }
    }
}

fn steps(issuer: &Issuer) -> Result<Vec<Step>> {
    let token = |changes: Value| issuer.token_with(&changes).map(Some);
    let refused = |says, token, reason| Step {
        says,
        token,
        status: 401,
        reason,
        ..Step::good()
    };
    let write = |says, token, status, reason| Step {
        says,
        token,
        status,
        reason,
        method: "PUT",
        path: "/orders/7",
        rule: "orders-write",
    };
    let stranger = SigningKey::generate("RS256", "2026-11")?;
    let claims = issuer.claims().to_string();
    let none = unsigned(r#"{"alg":"none"}"#, &claims) + ".";
    // The public key, which everybody has, as the secret of an HMAC.
    let confused = with_signature(r#"{"alg":"HS256","kid":"2026-11"}"#, &claims, |input| {
        let secret = issuer.key().jwk().to_string();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        ring::hmac::sign(&key, input).as_ref().to_vec()
    });
    let crit = json!({"alg": "RS256", "kid": "2026-11", "crit": ["b64"], "b64": false});
    let crit = issuer.key().compact(crit.to_string(), &claims)?;
    Ok(vec![
        Step {
            says: "a good token",
            token: Some(issuer.token()?),
            ..Step::good()
        },
        refused("no token", None, "jwt_missing"),
        Step {
            says: "no token, where none is needed",
            path: "/healthz",
            rule: "health",
            reason: "not_required",
            ..Step::good()
        },
        refused(
            "a token that has expired",
            token(json!({"exp": 1}))?,
            "jwt_expired",
        ),
        refused(
            "a token for another service",
            token(json!({"aud": "stock"}))?,
            "jwt_wrong_audience",
        ),
        refused(
            "another issuer's",
            token(json!({"iss": "https://evil.example"}))?,
            "jwt_wrong_issuer",
        ),
        refused(
            "signed by a stranger",
            Some(stranger.mint(&issuer.claims())?),
            "jwt_bad_signature",
        ),
        refused("`alg: none`", Some(none), "jwt_unsigned"),
        refused(
            "the public key taken for a secret",
            Some(confused),
            "jwt_algorithm_not_allowed",
        ),
        refused(
            "`crit` of what nobody understands",
            Some(crit),
            "jwt_unsupported_header",
        ),
        refused("no token at all", Some("hello".to_owned()), "jwt_malformed"),
        write(
            "leave to read, where leave to write is needed",
            token(json!({"scope": "orders.read"}))?,
            403,
            "scope_missing",
        ),
        write(
            "leave to write",
            token(json!({"scope": "orders.read orders.write"}))?,
            200,
            "allowed",
        ),
    ])
}

/// A new key at the issuer: the first token of it waits for the key, and passes.
fn rotation(gate: &Gate, server: &FeedServer, issuer: &mut Issuer) -> Result<()> {
    issuer.rotate(SigningKey::generate("ES256", "2026-12")?);
    server.answer(KEYS, Answer::ok(issuer.jwks()));
    let before = server.fetched(KEYS).len();
    println!("\nThe issuer signs with a new key now: ES256, kid 2026-12");
    let started = Instant::now();
    gate.take(&Step {
        says: "the first token of the new key",
        token: Some(issuer.token()?),
        ..Step::good()
    })?;
    let took = started.elapsed().as_millis();
    let after = server.fetched(KEYS).len();
    println!("    {took} ms; the keys were fetched {before} -> {after} times");
    expect(after == before + 1, "one fetch for the new key")?;
    issuer.rotate(SigningKey::generate("ES256", "2027-01")?);
    let unknown = issuer.token()?;
    gate.take(&Step {
        says: "a key that is not published, in the cooldown: no fetch for it",
        token: Some(unknown),
        status: 401,
        reason: "jwt_unknown_key",
        ..Step::good()
    })?;
    expect(
        server.fetched(KEYS).len() == after,
        "no fetch in a cooldown",
    )
}

impl Gate {
    fn open(binary: &Binary, upstream: &Upstream, server: &FeedServer) -> Result<Self> {
        let port = format!("port_value: {}", server.port());
        let file = shipped("jwt-auth.yaml", upstream)?.with(&[
            ("port_value: 8081", &port),
            // Nobody wants to watch ten seconds pass.
            ("cooldown: 10s", "cooldown: 1s"),
        ])?;
        let envoy = Envoy::start(binary, &file)?;
        let to = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
        Ok(Self { envoy, to })
    }

    fn take(&self, step: &Step) -> Result<()> {
        let before = total(
            &self.envoy.stats()?,
            FILTER,
            step.status,
            step.rule,
            step.reason,
        );
        let answer = self.ask(step)?;
        println!("\n  {}", step.says);
        println!("    {} {}", step.method, step.path);
        println!("    {} {}", answer.status, verdict(&answer));
        if let Some(challenge) = answer.header("www-authenticate") {
            println!("    www-authenticate: {challenge}");
        }
        if let Some(seconds) = answer.header("retry-after") {
            println!("    retry-after: {seconds}");
        }
        if let Ok(echo) = answer.echo() {
            let user = echo.values("x-user").join(", ");
            let token = echo.values("authorization").len();
            println!("    the service saw x-user: {user:?}, and {token} tokens");
            expect(token == 0, "the token is taken away")?;
        }
        show_metric(
            &self.envoy,
            FILTER,
            step.status,
            step.rule,
            step.reason,
            before,
        )?;
        expect(answer.status == step.status, step.says)
    }

    fn ask(&self, step: &Step) -> Result<Response> {
        let token = step.token.as_ref().map(|token| format!("Bearer {token}"));
        let token = token.iter().map(|token| ("authorization", token.as_str()));
        let headers: Vec<_> = token.collect();
        Http1Client::connect(self.to)?.request(step.method, step.path, &headers, b"")
    }
}
