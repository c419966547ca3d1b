//! envoy/ip-allowlist.yaml as shipped: verdicts, reasons, record, metrics.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_e2e::{
    Binary, Bytes, Envoy, Http1Client, Http2Client, Response, Result, Upstream, each_envoy,
    grpc_request, http, shipped,
};

struct Gate {
    envoy: Envoy,
    upstream: Upstream,
    port: u16,
}

const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const BLOCKED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));

impl Gate {
    fn open(binary: &Binary) -> Result<Self> {
        let upstream = Upstream::start()?;
        let envoy = Envoy::start(binary, &shipped("ip-allowlist.yaml", &upstream)?)?;
        let port = envoy.listener("ingress")?.port();
        Ok(Self {
            envoy,
            upstream,
            port,
        })
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn get(&self, from: IpAddr, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        Http1Client::connect_from(from, self.address())?.get(path, headers)
    }

    fn denied(&self, rule: &str, reason: &str) -> Result<u64> {
        let name = counter("denied", rule, reason);
        self.envoy.wait_for_stat(&name, |count| count > 0)
    }
}

fn counter(decision: &str, rule: &str, reason: &str) -> String {
    format!(
        "wasmcustom.wasm_filter.ip-allowlist.component.{rule}.tag.{reason};.gatepost_{decision}_total"
    )
}

#[test]
fn a_listed_address_passes_and_others_do_not() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        assert_eq!(gate.get(OFFICE, "/admin", &[])?.status, 200);
        let refused = gate.get(STRANGER, "/admin", &[])?;
        assert_eq!(
            (refused.status, refused.text().as_str()),
            (403, "Forbidden: ip_not_allowed\n")
        );
        assert_eq!(gate.get(STRANGER, "/", &[])?.status, 200);
        let refused = gate.get(BLOCKED, "/", &[])?;
        assert_eq!(
            (refused.status, refused.text().as_str()),
            (403, "Forbidden: ip_blocked\n")
        );
        assert_eq!(gate.get(BLOCKED, "/admin", &[])?.status, 403);
        assert_eq!(gate.upstream.requests(), 2);
        assert_eq!(gate.denied("admin", "ip_not_allowed")?, 1);
        assert_eq!(gate.denied("everything", "ip_blocked")?, 1);
        Ok(())
    })
}

#[test]
fn no_header_of_the_client_changes_who_it_is() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        for header in [
            "x-forwarded-for",
            "forwarded",
            "x-real-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "x-envoy-external-address",
        ] {
            for value in ["127.0.0.2", "for=127.0.0.2", "127.0.0.2, 127.0.0.2"] {
                let refused = gate.get(STRANGER, "/admin", &[(header, value)])?;
                assert_eq!(refused.status, 403, "{header}: {value}");
            }
        }
        assert_eq!(
            gate.get(OFFICE, "/admin", &[("x-forwarded-for", "127.0.0.3")])?
                .status,
            200
        );
        assert_eq!(gate.upstream.requests(), 1);
        Ok(())
    })
}

#[test]
fn a_path_that_servers_read_differently_selects_no_rule() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        for path in [
            "//admin",
            "/x/../admin",
            "/%61dmin/",
            "/admin%2fx/../../",
            "/.;/admin",
            "/x/..;a=b/admin",
            "/x/%2e%2e/admin",
            "/\\admin",
            "/;x/admin",
        ] {
            let refused = gate.get(STRANGER, path, &[])?;
            assert_eq!(refused.status, 400, "{path}: {}", refused.text());
        }
        for path in ["/admin?x", "/admin#x", "/admin?/../"] {
            let refused = gate.get(STRANGER, path, &[])?;
            assert!(
                matches!(refused.status, 400 | 403),
                "{path}: {}",
                refused.status
            );
        }
        assert_eq!(gate.upstream.requests(), 0);
        Ok(())
    })
}

#[test]
fn ipv6_and_ipv4_are_told_apart_on_one_listener() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        let six: SocketAddr = (std::net::Ipv6Addr::LOCALHOST, gate.port).into();
        assert_eq!(Http1Client::connect(six)?.get("/admin", &[])?.status, 200);
        assert_eq!(gate.get(STRANGER, "/admin", &[])?.status, 403);
        Ok(())
    })
}

#[test]
fn details_and_record_say_why() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        gate.get(
            BLOCKED,
            "/admin?token=hush-hush",
            &[("authorization", "Bearer hush-hush")],
        )?;
        let log = gate.envoy.log();
        let line = log.wait_for("\"details\":\"ip_blocked\"", 0, Duration::from_secs(20))?;
        for part in [
            r#""decision":"denied""#,
            r#""rule":"admin""#,
            r#""reason":"ip_blocked""#,
            r#""list":"blocked""#,
            r#""client":"127.0.0.3""#,
            r#""status":403"#,
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        let line = log.wait_for("ip-allowlist: denied", 0, Duration::from_secs(20))?;
        assert!(
            line.contains("rule=admin reason=ip_blocked list=\"blocked\""),
            "{line}"
        );
        assert!(!log.text(0).contains("hush-hush"));
        Ok(())
    })
}

#[test]
fn metrics_carry_filter_rule_and_reason_as_labels() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        gate.get(STRANGER, "/admin", &[])?;
        gate.get(OFFICE, "/admin", &[])?;
        gate.denied("admin", "ip_not_allowed")?;
        gate.envoy
            .wait_for_stat(&counter("allowed", "admin", "allowed"), |count| count == 1)?;
        let text = gate.envoy.prometheus()?;
        for (metric, reason) in [
            ("gatepost_denied_total", "ip_not_allowed"),
            ("gatepost_allowed_total", "allowed"),
        ] {
            let line = text
                .lines()
                .find(|line| line.starts_with(&format!("{metric}{{")));
            let line = line.unwrap_or_else(|| panic!("{metric} in\n{text}"));
            for label in [
                r#"wasm_filter="ip-allowlist""#.to_owned(),
                r#"component="admin""#.to_owned(),
                format!("tag=\"{reason}\""),
            ] {
                assert!(line.contains(&label), "{label} in {line}");
            }
            assert!(line.ends_with(" 1"), "{line}");
        }
        Ok(())
    })
}

#[test]
fn the_answer_suits_the_client() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        let refused = gate.get(STRANGER, "/admin", &[("accept", "application/json")])?;
        assert_eq!(
            refused.header("content-type").as_deref(),
            Some("application/problem+json")
        );
        let text = refused.text();
        assert!(text.contains(r#""status":403"#) && text.contains(r#""reason":"ip_not_allowed""#));

        let mut client = Http2Client::connect_from(STRANGER, gate.address())?;
        assert_eq!(client.get("/admin", &[])?.status, 403);
        let refused = grpc_request(&mut client, "/admin/Service", &[], b"x")?;
        assert_eq!((refused.status, refused.http.status), (Some(7), 200));
        assert_eq!(refused.message.as_deref(), Some("ip_not_allowed"));

        let mut client = Http1Client::connect_from(STRANGER, gate.address())?;
        client.send(b"HEAD /admin HTTP/1.1\r\nhost: a\r\n\r\n")?;
        assert_eq!(client.head()?.status, 403);
        assert_eq!(gate.upstream.requests(), 0);
        Ok(())
    })
}

#[test]
fn bodies_trailers_and_tunnels_are_refused_with_their_request() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        let body = [b'x'; 100_000];
        let mut client = Http1Client::connect_from(BLOCKED, gate.address())?;
        assert_eq!(client.request("POST", "/", &[], &body)?.status, 403);
        let mut client = Http1Client::connect_from(BLOCKED, gate.address())?;
        let upgrade = [("connection", "upgrade"), ("upgrade", "websocket")];
        assert_eq!(client.get("/", &upgrade)?.status, 403);
        // CONNECT has no path for a rule to see: the shipped file lets none through.
        for from in [BLOCKED, STRANGER] {
            let mut client = Http1Client::connect_from(from, gate.address())?;
            let connect = b"CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n";
            assert!(
                client
                    .exchange(connect)
                    .map_or(true, |answer| answer.status != 200)
            );
        }
        assert_eq!(gate.upstream.requests(), 0);

        let mut client = Http1Client::connect_from(OFFICE, gate.address())?;
        let passed = client.request("POST", "/", &[], &body)?;
        assert_eq!((passed.status, passed.echo()?.body_length), (200, 100_000));
        let mut client = Http2Client::connect_from(OFFICE, gate.address())?;
        let request = http::Request::post("http://a/")
            .body(Bytes::from_static(b"abc"))
            .unwrap();
        let mut trailers = http::HeaderMap::new();
        trailers.insert("x-trailer", http::HeaderValue::from_static("t"));
        assert_eq!(client.send_with_trailers(request, trailers)?.status, 200);
        Ok(())
    })
}

#[test]
fn a_request_that_is_judged_twice_is_judged_alike() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let redirecting = shipped("ip-allowlist.yaml", &upstream)?.with(&[(
            "route: { cluster: app }",
            "route: { cluster: app, internal_redirect_policy: { max_internal_redirects: 1 } }",
        )])?;
        let envoy = Envoy::start(binary, &redirecting)?;
        let to: SocketAddr = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
        let get = |from, target: &str| {
            let path = format!("/status/302?location=http://a{target}");
            Http1Client::connect_from(from, to)?.get(&path, &[("host", "a")])
        };
        // By the rules of the path that it is sent to.
        let refused = get(STRANGER, "/admin")?;
        assert_eq!(
            (refused.status, refused.text().as_str()),
            (403, "Forbidden: ip_not_allowed\n")
        );
        assert_eq!(get(OFFICE, "/admin")?.status, 200);
        assert_eq!(get(STRANGER, "/elsewhere")?.status, 200);
        assert_eq!(upstream.requests(), 5);
        Ok(())
    })
}

/// The document's smallest form on a listener that does not know its peer.
#[test]
fn an_address_that_envoy_took_from_a_header_is_refused() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let trusting = shipped("ip-allowlist.yaml", &upstream)?
            .with(&[("use_remote_address: true", "use_remote_address: false")])?;
        let envoy = Envoy::start(binary, &trusting)?;
        let to: SocketAddr = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
        let get = |from, headers: &[(&str, &str)]| {
            Http1Client::connect_from(from, to)?.get("/admin", headers)
        };
        assert_eq!(get(OFFICE, &[])?.status, 200);
        assert_eq!(get(STRANGER, &[])?.status, 403);
        for value in [
            "127.0.0.2",
            "127.0.0.2:4711",
            "::1",
            "[::1]:80",
            "1.1.1.1, 127.0.0.2",
        ] {
            let refused = get(STRANGER, &[("x-forwarded-for", value)])?;
            assert_ne!(refused.status, 200, "{value}: {}", refused.text());
        }
        let refused = get(STRANGER, &[("x-forwarded-for", "127.0.0.2")])?;
        assert!(
            refused.text().contains("client_address_from_header"),
            "{}",
            refused.text()
        );
        Ok(())
    })
}
