//! A gate of tokens: an issuer whose server of keys does as a test says, an Envoy
//! that asks it, and a service behind.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Fetched, Http1Client, Issuer, Response, Result,
    SigningKey, Upstream, shipped, wait_until, with_document,
};
use serde_json::{Value, json};

/// What the shipped file expects of tokens.
pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const AUDIENCE: &str = "shop";
/// Where the shipped file fetches keys.
pub(crate) const KEYS: &str = "/jwks.json";
/// For what happens within a period or two.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Gate {
    pub(crate) envoy: Envoy,
    pub(crate) server: FeedServer,
    pub(crate) upstream: Upstream,
    pub(crate) issuer: Issuer,
    to: SocketAddr,
}

/// The issuer that the shipped file knows, with a key of ES256: it is made in no time.
pub(crate) fn issuer() -> Result<Issuer> {
    let key = SigningKey::generate("ES256", "first")?;
    Ok(Issuer::new(ISSUER, AUDIENCE, key))
}

/// How soon a key that is not known can be asked for again, in [`document`].
pub(crate) const COOLDOWN: Duration = Duration::from_secs(1);

/// A document as small as the shipped one is long: any path needs a token of the
/// issuer, whose keys are not due for a fetch within a test.
pub(crate) fn document() -> Value {
    json!({
        "providers": {"shop": {
            "issuer": ISSUER,
            "audiences": [AUDIENCE],
            "keys": {"remote": {
                "cluster": "issuer",
                "authority": "issuer.example",
                "path": KEYS,
                "refresh": "1h",
                "timeout": "5s",
                "stale_for": "2h",
            }},
            "cooldown": "1s",
            "claims_to_headers": [{"claim": "sub", "header": "x-user"}],
        }},
        "rules": [{"name": "all", "require": {"provider": "shop"}}],
        "challenge": {"realm": "shop"},
    })
}

/// `envoy/<file>` with the issuer's server and this document, if one is given.
pub(crate) fn bootstrap(
    file: &str,
    upstream: &Upstream,
    server: &FeedServer,
    document: Option<&Value>,
) -> Result<Bootstrap> {
    let port = format!("port_value: {}", server.port());
    let file = shipped(file, upstream)?.with(&[("port_value: 8081", &port)])?;
    match document {
        Some(document) => with_document(&file, &document.to_string()),
        None => Ok(file),
    }
}

impl Gate {
    /// The shipped file as it stands, with the keys of the issuer.
    pub(crate) fn shipped(binary: &Binary, issuer: Issuer) -> Result<Self> {
        let keys = Answer::ok(issuer.jwks());
        Self::open(binary, issuer, None, |server| server.answer(KEYS, keys))
    }

    /// The shipped file with this document, and a server that publishes the keys.
    pub(crate) fn with(binary: &Binary, document: &Value) -> Result<Self> {
        let issuer = issuer()?;
        let keys = Answer::ok(issuer.jwks());
        Self::open(binary, issuer, Some(document), |server| {
            server.answer(KEYS, keys);
        })
    }

    /// Opens a gate; `prepare` tells the server what to answer.
    pub(crate) fn open(
        binary: &Binary,
        issuer: Issuer,
        document: Option<&Value>,
        prepare: impl FnOnce(&FeedServer),
    ) -> Result<Self> {
        let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
        prepare(&server);
        let bootstrap = bootstrap("jwt-auth.yaml", &upstream, &server, document)?;
        Self::of(Envoy::start(binary, &bootstrap)?, server, upstream, issuer)
    }

    pub(crate) fn of(
        envoy: Envoy,
        server: FeedServer,
        upstream: Upstream,
        issuer: Issuer,
    ) -> Result<Self> {
        let to = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
        Ok(Self {
            envoy,
            server,
            upstream,
            issuer,
            to,
        })
    }

    pub(crate) fn connect(&self) -> Result<Http1Client> {
        Http1Client::connect(self.to)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.to
    }

    /// A GET on a new connection.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        self.connect()?.get(path, headers)
    }

    /// A GET of `/` with this token.
    pub(crate) fn present(&self, token: &str) -> Result<Response> {
        self.get("/", &[("authorization", &bearer(token))])
    }

    /// The status and reason that every worker gives to a GET of `/` with this token.
    pub(crate) fn everywhere(&self, token: &str) -> Result<(u16, String)> {
        let mut answers = self.of_each_worker(token)?;
        assert_eq!(answers.len(), 1, "workers differ: {answers:?}");
        Ok(answers.pop_first().expect("there is one"))
    }

    /// Waits until every worker gives this status. Each learns of keys at a tick of
    /// its own.
    pub(crate) fn settles(&self, token: &str, status: u16) -> Result<()> {
        wait_until(format!("every worker answers {status}"), SOON, || {
            let answers = self.of_each_worker(token).ok()?;
            answers.iter().all(|(one, _)| *one == status).then_some(())
        })
    }

    fn of_each_worker(&self, token: &str) -> Result<BTreeSet<(u16, String)>> {
        let answers = self.envoy.ask_each_worker(|| self.present(token))?;
        let answers = answers.iter();
        Ok(answers
            .map(|answer| (answer.status, reason(answer)))
            .collect())
    }

    /// From now on the issuer publishes the keys that it has now.
    pub(crate) fn publish(&self) {
        self.server.answer(KEYS, Answer::ok(self.issuer.jwks()));
    }

    /// How the keys were asked for so far.
    pub(crate) fn fetched(&self) -> Vec<Fetched> {
        self.server.fetched(KEYS)
    }

    /// How many requests were decided so, by whichever rule.
    pub(crate) fn decided(&self, decision: &str, reason: &str) -> Result<u64> {
        let stats = self.envoy.stats()?;
        let end = format!(".tag.{reason};.gatepost_{decision}_total");
        let of_ours = stats.matching("wasmcustom.wasm_filter.jwt-auth.component.");
        Ok(of_ours
            .filter(|(name, _)| name.ends_with(&end))
            .map(|(_, value)| value)
            .sum())
    }
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// The reason code in the body of a denial.
pub(crate) fn reason(answer: &Response) -> String {
    let text = answer.text();
    let code = text.trim_end().rsplit_once(": ").map(|(_, code)| code);
    code.filter(|_| answer.status >= 400)
        .unwrap_or_default()
        .to_owned()
}

/// The answer is a denial with this status and reason, and this challenge, without
/// its realm; an empty one is none at all.
pub(crate) fn is_denied(answer: &Response, status: u16, why: &str, challenge: &str) {
    assert_eq!((answer.status, reason(answer).as_str()), (status, why));
    let given = answer.header("www-authenticate").unwrap_or_default();
    let expected = match challenge {
        "" => String::new(),
        "bare" => r#"Bearer realm="shop""#.to_owned(),
        error => format!(r#"Bearer realm="shop", error="{error}""#),
    };
    if challenge.is_empty() || challenge == "bare" {
        assert_eq!(given, expected, "{why}");
    } else {
        assert!(given.starts_with(&expected), "{why}: {given}");
    }
}
