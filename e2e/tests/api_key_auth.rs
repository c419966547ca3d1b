//! envoy/api-key-auth.yaml as shipped, and keys that a server publishes.

use std::time::Duration;

use gatepost_e2e::{
    Answer, Binary, Envoy, FeedServer, Http1Client, Response, Result, Upstream, each_envoy,
    shipped, wait_until, with_document,
};

struct Gate {
    envoy: Envoy,
    upstream: Upstream,
    port: u16,
}

impl Gate {
    fn open(binary: &Binary) -> Result<Self> {
        let upstream = Upstream::start()?;
        let envoy = Envoy::start(binary, &shipped("api-key-auth.yaml", &upstream)?)?;
        Self::of(envoy, upstream)
    }

    fn of(envoy: Envoy, upstream: Upstream) -> Result<Self> {
        let port = envoy.listener("ingress")?.port();
        Ok(Self {
            envoy,
            upstream,
            port,
        })
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        Http1Client::connect(([127, 0, 0, 1], self.port).into())?.get(path, headers)
    }

    fn status(&self, path: &str, key: &str) -> Result<u16> {
        Ok(self.get(path, &[("x-api-key", key)])?.status)
    }
}

#[test]
fn the_shipped_file_lets_known_keys_in_and_says_why_others_are_not() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        for (path, key, status, reason) in [
            ("/orders", "demo-acme", 200, ""),
            ("/", "demo-ci", 200, ""),
            ("/orders", "demo-ci", 403, "api_key_not_allowed"),
            ("/orders", "demo-acme-2025", 401, "api_key_expired"),
            ("/orders", "demo-globex", 401, "api_key_disabled"),
            ("/orders", "demo-nobody", 401, "api_key_unknown"),
            ("/orders", "demo-acme, demo-ci", 400, "api_key_malformed"),
            ("/x/..;/orders", "demo-ci", 400, "path_ambiguous"),
        ] {
            let response = gate.get(path, &[("x-api-key", key)])?;
            let text = response.text();
            assert_eq!(response.status, status, "{path} {key}: {text}");
            assert!(text.contains(reason), "{path} {key}: {text}");
        }
        let missing = gate.get("/orders", &[])?;
        assert_eq!(missing.status, 401);
        assert_eq!(
            missing.header("www-authenticate").as_deref(),
            Some(r#"ApiKey realm="orders""#)
        );
        assert_eq!(gate.get("/health", &[])?.status, 200);
        assert_eq!(gate.upstream.requests(), 3);
        let denied = "wasmcustom.wasm_filter.api-key-auth.component.orders.tag.api_key_expired;.gatepost_denied_total";
        gate.envoy.wait_for_stat(denied, |count| count == 1)?;
        Ok(())
    })
}

#[test]
fn the_upstream_gets_the_keys_id_and_never_the_key() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        let response = gate.get(
            "/orders",
            &[
                ("x-api-key", "demo-acme"),
                ("x-consumer", "forged"),
                ("x-tier", "forged"),
            ],
        )?;
        assert_eq!(response.status, 200);
        let seen = response.echo()?;
        assert_eq!(seen.values("x-consumer"), ["acme"]);
        assert_eq!(seen.values("x-tier"), ["gold"]);
        let text = response.text();
        assert!(
            !text.contains("demo-acme") && !text.contains("forged"),
            "{text}"
        );
        Ok(())
    })
}

#[test]
fn a_published_key_counts_on_every_worker_until_it_is_taken_back() -> Result<()> {
    each_envoy(|binary| {
        let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
        let key = |id: &str, digest: &str| {
            format!(r#"{{"keys": [{{"id": "{id}", "digest": "sha256:{digest}"}}]}}"#)
        };
        // SHA-256 of `abc`, and of nothing.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        server.answer("/keys.json", Answer::ok(key("a", abc)));
        let document = r#"{"feed": {"cluster": "keys", "authority": "keys.example",
            "path": "/keys.json", "refresh": "1s", "timeout": "500ms"}}"#;
        let file = with_document(&shipped("api-key-auth.yaml", &upstream)?, document)?;
        let clusters = "  clusters:\n";
        let keys = format!(
            "{clusters}    - name: keys\n      type: STATIC\n      load_assignment:\n        cluster_name: keys\n        endpoints: [{{ lb_endpoints: [{{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {} }} }} }} }}] }}]\n",
            server.port()
        );
        let file = file.with(&[(clusters, keys.as_str())])?;
        let gate = Gate::of(Envoy::start(binary, &file)?, upstream)?;
        // The first ones may wait for the document; each connection is some worker's.
        for _ in 0..16 {
            assert_eq!(gate.status("/", "abc")?, 200);
            assert_eq!(gate.status("/", "abd")?, 401);
        }
        server.answer("/keys.json", Answer::ok(key("b", nothing)));
        wait_until("the key is taken back", Duration::from_secs(20), || {
            let mut answers = (0..16).map(|_| gate.status("/", "abc"));
            answers
                .all(|status| matches!(status, Ok(401)))
                .then_some(())
        })?;
        Ok(())
    })
}
