//! A table of what goes wrong at a server of keys, at the start and later: nobody gets
//! in by it, nobody is told to come with another token, and all heals by itself.

use std::time::{Duration, Instant};

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Issuer, Response, Result, SigningKey, Upstream,
    each_envoy, shortest_pause, wait_until,
};
use serde_json::{Value, json};

use crate::gate::{AUDIENCE, Gate, SOON, bearer, bootstrap, document, is_denied, issuer, reason};

/// A provider, and what its server answers in place of the keys.
type Fault = (&'static str, fn(&Issuer) -> Answer);

const FAULTS: [Fault; 19] = [
    ("error", |_| Answer::status(500)),
    ("html", |_| Answer::ok("<html>\n<p>Sign in</p>\n")),
    ("truncated", |issuer| {
        let keys = issuer.jwks();
        Answer::ok(&keys[..keys.len() / 2])
    }),
    ("short", |issuer| Answer::ok(issuer.jwks()).promising(5)),
    ("cut-chunks", |issuer| {
        Answer::ok(issuer.jwks()).chunked(true)
    }),
    ("empty", |_| Answer::ok("")),
    ("no-keys", |_| Answer::ok(r#"{"keys":[]}"#)),
    ("no-set", |_| Answer::ok("[]")),
    ("no-usable-key", |_| {
        Answer::ok(r#"{"keys":[{"kty":"EC","kid":"first","crv":"P-256","x":"AA","y":"AA"}]}"#)
    }),
    ("secrets", |_| {
        let key = SigningKey::generate("HS256", "first");
        let jwk = key.map_or(Value::Null, |key| key.jwk());
        Answer::ok(json!({"keys": [jwk]}).to_string())
    }),
    ("keys-twice", |issuer| {
        Answer::ok(issuer.jwks().replacen('{', r#"{"keys":[],"#, 1))
    }),
    ("deep", |_| {
        Answer::ok(format!(r#"{{"keys":{}"#, "[".repeat(1 << 16)))
    }),
    ("two-megabytes", |issuer| {
        Answer::ok(padded(issuer, 2 << 20))
    }),
    ("twenty-megabytes", |issuer| {
        Answer::ok(padded(issuer, 20 << 20))
    }),
    ("moved", |_| {
        Answer::status(302).header("location", "/target")
    }),
    ("gzip", |issuer| {
        Answer::ok(issuer.jwks()).header("content-encoding", "gzip")
    }),
    ("not-found", |_| Answer::status(404)),
    ("not-asked", |_| Answer::status(304)),
    ("silent", |_| Answer::held()),
];

/// A right set with white space behind it, of so many bytes.
fn padded(issuer: &Issuer, length: usize) -> Vec<u8> {
    let mut bytes = issuer.jwks().into_bytes();
    bytes.resize(length, b' ');
    bytes
}

/// After a failure the server is asked again in half a second at the earliest.
const PAUSE: Duration = Duration::from_millis(490);

/// An issuer a fault, with one key for all of them.
struct World {
    gate: Gate,
    issuers: Vec<Issuer>,
}

impl World {
    fn open(binary: &Binary) -> Result<Self> {
        let key = || SigningKey::generate("ES256", "first");
        let mut issuers = Vec::new();
        let mut providers = serde_json::Map::new();
        let mut rules = Vec::new();
        let server = FeedServer::start()?;
        for (name, answer) in FAULTS {
            let issuer = Issuer::new(&format!("https://{name}.example"), AUDIENCE, key()?);
            server.answer(&path(name), answer(&issuer));
            providers.insert(name.to_owned(), provider(&issuer, name));
            rules.push(json!({
                "name": name,
                "match": {"paths": [{"exact": path(name)}]},
                "require": {"provider": name},
            }));
            issuers.push(issuer);
        }
        let document =
            json!({"providers": providers, "rules": rules, "challenge": {"realm": "shop"}});
        let upstream = Upstream::start()?;
        let file = bootstrap("jwt-auth.yaml", &upstream, &server, Some(&document))?;
        let envoy = Envoy::start(binary, &file)?;
        Ok(Self {
            gate: Gate::of(envoy, server, upstream, issuer()?)?,
            issuers,
        })
    }

    fn ask(&self, name: &str, token: Option<&str>) -> Result<Response> {
        let headers: Vec<_> = token
            .map(|token| ("authorization", token))
            .into_iter()
            .collect();
        self.gate.get(&path(name), &headers)
    }

    /// Waits until each worker gives this status to this token.
    fn settles(&self, name: &str, token: &str, status: u16) -> Result<()> {
        wait_until(format!("{name} answers {status}"), SOON, || {
            let ask = || self.ask(name, Some(token));
            let answers = self.gate.envoy.ask_each_worker(ask).ok()?;
            answers
                .iter()
                .all(|answer| answer.status == status)
                .then_some(())
        })
    }
}

fn provider(issuer: &Issuer, name: &str) -> Value {
    json!({
        "issuer": issuer.name(),
        "audiences": [AUDIENCE],
        "keys": {"remote": {
            "cluster": "issuer",
            "authority": "issuer.example",
            "path": path(name),
            "refresh": "1s",
            "timeout": "500ms",
            "stale_for": "60s",
            "wait": "100ms",
        }},
    })
}

fn path(name: &str) -> String {
    format!("/{name}")
}

/// 503, when to come again, and no challenge: a token that is good would not help.
fn is_our_fault(answer: &Response, name: &str) {
    let given = (answer.status, reason(answer));
    assert_eq!(given, (503, "jwks_unavailable".to_owned()), "{name}");
    assert!(answer.header("retry-after").is_some(), "{name}");
    assert!(answer.header("www-authenticate").is_none(), "{name}");
}

#[test]
fn a_fault_lets_nobody_in_and_heals_without_a_restart() -> Result<()> {
    each_envoy(|binary| {
        let world = World::open(binary)?;
        let stranger = SigningKey::generate("ES256", "first")?;
        for ((name, _), issuer) in FAULTS.into_iter().zip(&world.issuers) {
            let good = bearer(&issuer.token()?);
            let forged = bearer(&stranger.mint(&issuer.claims())?);
            let expired = bearer(&issuer.token_with(&json!({"exp": 1}))?);
            for token in [&good, &forged] {
                let answers = world
                    .gate
                    .envoy
                    .ask_each_worker(|| world.ask(name, Some(token)))?;
                for answer in &answers {
                    is_our_fault(answer, name);
                }
            }
            // What no key could help is the client's fault all the same.
            is_denied(&world.ask(name, None)?, 401, "jwt_missing", "bare");
            let answer = world.ask(name, Some(&expired))?;
            is_denied(&answer, 401, "jwt_expired", "invalid_token");
        }
        assert_eq!(world.gate.upstream.requests(), 0);
        assert!(world.gate.server.fetched("/target").is_empty());

        for ((name, _), issuer) in FAULTS.into_iter().zip(&world.issuers) {
            world
                .gate
                .server
                .answer(&path(name), Answer::ok(issuer.jwks()));
        }
        for ((name, _), issuer) in FAULTS.into_iter().zip(&world.issuers) {
            let good = bearer(&issuer.token()?);
            world.settles(name, &good, 200)?;
            let forged = bearer(&stranger.mint(&issuer.claims())?);
            let answer = world.ask(name, Some(&forged))?;
            is_denied(&answer, 401, "jwt_bad_signature", "invalid_token");
        }

        // The same again: now each has a last good set, and serves on with it.
        for ((name, answer), issuer) in FAULTS.into_iter().zip(&world.issuers) {
            world.gate.server.answer(&path(name), answer(issuer));
        }
        let before: Vec<usize> = FAULTS
            .iter()
            .map(|(name, _)| world.gate.server.fetched(&path(name)).len())
            .collect();
        for (((name, _), issuer), before) in FAULTS.into_iter().zip(&world.issuers).zip(before) {
            world.gate.server.wait_for(&path(name), before + 2)?;
            let good = bearer(&issuer.token()?);
            let answers = world
                .gate
                .envoy
                .ask_each_worker(|| world.ask(name, Some(&good)))?;
            assert!(answers.iter().all(|answer| answer.status == 200), "{name}");
            let pause = shortest_pause(&world.gate.server.fetched(&path(name)));
            assert!(pause.unwrap_or_default() >= PAUSE, "{name}: {pause:?}");
        }
        Ok(())
    })
}

#[test]
fn a_server_that_is_down_is_told_by_503_and_a_good_token_passes_when_it_is_back() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["keys"]["remote"]["wait"] = json!("200ms");
        let (upstream, mut server) = (Upstream::start()?, FeedServer::reserve()?);
        let issuer = issuer()?;
        server.answer(crate::gate::KEYS, Answer::ok(issuer.jwks()));
        let file = bootstrap("jwt-auth.yaml", &upstream, &server, Some(&document))?;
        let envoy = Envoy::start(binary, &file)?;
        let token = issuer.token()?;
        server.listen()?;
        server.stop();
        let mut gate = Gate::of(envoy, server, upstream, issuer)?;
        let started = Instant::now();
        let answers = gate.envoy.ask_each_worker(|| gate.present(&token))?;
        assert!(started.elapsed() < SOON);
        for answer in &answers {
            is_our_fault(answer, "down");
        }
        gate.server.listen()?;
        gate.settles(&token, 200)?;

        // Gone again: the last good keys serve, an unknown one cannot be asked for.
        gate.server.stop();
        assert_eq!(gate.everywhere(&token)?.0, 200);
        let nobody = SigningKey::generate("ES256", "nobody")?;
        let unknown = nobody.mint(&gate.issuer.claims())?;
        for answer in &gate.envoy.ask_each_worker(|| gate.present(&unknown))? {
            is_our_fault(answer, "gone");
        }
        assert_eq!(gate.everywhere(&token)?.0, 200);
        Ok(())
    })
}

#[test]
fn keys_that_are_too_old_let_nobody_in_until_new_ones_come() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        let remote = &mut document["providers"]["shop"]["keys"]["remote"];
        remote["refresh"] = json!("1s");
        remote["timeout"] = json!("500ms");
        remote["stale_for"] = json!("3s");
        let mut gate = Gate::with(binary, &document)?;
        let token = gate.issuer.token()?;
        gate.settles(&token, 200)?;
        gate.server.stop();
        gate.settles(&token, 503)?;
        let answer = gate.present(&token)?;
        assert_eq!(reason(&answer), "jwks_stale");
        assert!(answer.header("retry-after").is_some());
        assert!(answer.header("www-authenticate").is_none());
        gate.server.listen()?;
        gate.settles(&token, 200)
    })
}

#[test]
fn requests_wait_for_the_first_keys_and_no_longer_than_the_document_says() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["keys"]["remote"]["wait"] = json!("700ms");
        let issuer = issuer()?;
        let token = issuer.token()?;
        let gate = Gate::open(binary, issuer, Some(&document), |server| {
            server.answer(crate::gate::KEYS, Answer::held());
        })?;
        let started = Instant::now();
        is_our_fault(&gate.present(&token)?, "held");
        let took = started.elapsed();
        let about_the_wait = Duration::from_millis(650)..Duration::from_secs(3);
        assert!(about_the_wait.contains(&took), "{took:?}");
        // What cannot be good does not wait for keys.
        let started = Instant::now();
        for bad in [
            gate.issuer.token_with(&json!({"exp": 1}))?,
            "a.b.c".to_owned(),
        ] {
            assert_eq!(gate.present(&bad)?.status, 401);
        }
        assert!(started.elapsed() < Duration::from_millis(650));
        gate.publish();
        gate.settles(&token, 200)?;
        assert_eq!(gate.fetched().len(), 1);
        Ok(())
    })
}

/// Istio CVE-2026-31837: there are no keys but the issuer's.
#[test]
fn a_cluster_that_is_not_there_is_no_reason_to_let_anyone_in() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        let remote = &mut document["providers"]["shop"]["keys"]["remote"];
        remote["cluster"] = json!("nowhere");
        remote["wait"] = json!("100ms");
        let issuer = issuer()?;
        let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
        let file: Bootstrap = bootstrap("jwt-auth.yaml", &upstream, &server, Some(&document))?;
        let gate = Gate::of(Envoy::start(binary, &file)?, server, upstream, issuer)?;
        is_our_fault(&gate.present(&gate.issuer.token()?)?, "nowhere");
        let line = gate.envoy.log().wait_for("cluster_missing", 0, SOON)?;
        assert!(line.contains("key set shop"), "{line}");
        Ok(())
    })
}
