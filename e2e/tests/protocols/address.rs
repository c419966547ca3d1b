//! ip-allowlist by what it sees of a connection, a method, a path and a host: PROXY
//! protocol, unix sockets, CONNECT, redirects.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use gatepost_e2e::{Http1Client, RawHttp2Client, Response, Result, each_envoy};

use crate::proxy::{Listener, Proxy, count};
use crate::table::Module;

const MODULE: Module = Module::Shipped("ip-allowlist");
const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));
const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";

fn exchange(from: IpAddr, to: SocketAddr, bytes: &[u8]) -> Result<Response> {
    Http1Client::connect_from(from, to)?.exchange(bytes)
}

#[test]
fn the_address_in_a_proxy_protocol_header_is_the_client() -> Result<()> {
    const FAR: &str = "{client_address: {from: connection},
        lists: {far: {cidrs: [203.0.113.7, '2001:db8::7']}}, rules: [{name: all, allow: [far]}]}";
    let version2 = |address: [u8; 4]| {
        let signature: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
        // Version 2, PROXY; TCP over IPv4; 12 bytes: two addresses, two ports.
        [
            signature,
            &[0x21, 0x11, 0, 12],
            &address,
            &[127, 0, 0, 1],
            &[0x12, 0x34, 0, 80],
            GET,
        ]
        .concat()
    };
    let version1 = |line: &str| [line.as_bytes(), b"\r\n", GET].concat();
    let local: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    let requests = [
        (version1("PROXY TCP4 203.0.113.7 127.0.0.1 4660 80"), 200),
        (version1("PROXY TCP4 203.0.113.8 127.0.0.1 4660 80"), 403),
        (version1("PROXY TCP6 2001:db8::7 ::1 4660 80"), 200),
        (version1("PROXY TCP6 2001:db8::8 ::1 4660 80"), 403),
        (version2([203, 0, 113, 7]), 200),
        (version2([203, 0, 113, 8]), 403),
        // Without an address in it the connection's own counts.
        (version1("PROXY UNKNOWN"), 403),
        ([local, GET].concat(), 403),
        // A port of 0 is what Envoy gives an address from X-Forwarded-For: who sends
        // it here is refused as such.
        (version1("PROXY TCP4 203.0.113.7 127.0.0.1 0 80"), 503),
    ];
    each_envoy(|binary| {
        let listener = Listener {
            proxy_protocol: true,
            ..Listener::new("proxied", MODULE, FAR)
        };
        let proxy = Proxy::open(binary, &[listener], 1)?;
        let to = proxy.envoy.listener("proxied")?;
        let mut passed = 0;
        for (bytes, status) in &requests {
            let answer = exchange(OFFICE, to, bytes)?;
            assert_eq!(
                answer.status,
                *status,
                "{}: {}",
                bytes.escape_ascii(),
                answer.text()
            );
            passed += u64::from(*status == 200);
            assert_eq!(proxy.upstream.requests(), passed);
        }
        // No header: Envoy refuses it, whoever it comes from.
        assert!(exchange(OFFICE, to, GET).is_err());
        assert_eq!(proxy.upstream.requests(), passed);
        let stats = proxy.envoy.stats()?;
        assert_eq!(
            count(
                &stats,
                "ip-allowlist",
                "denied",
                "all",
                "client_address_from_header"
            ),
            1
        );
        Ok(())
    })
}

#[test]
fn a_unix_peer_has_no_address_and_needs_a_rule_that_asks_for_none() -> Result<()> {
    const ASKS: &str = "{client_address: {from: connection},
        lists: {all: {cidrs: [0.0.0.0/0, '::/0']}}, rules: [{name: all, allow: [all]}]}";
    const DENIES: &str = "{client_address: {from: connection},
        lists: {bad: {cidrs: [192.0.2.1]}}, rules: [{name: all, allow: anyone, deny: [bad]}]}";
    const ANYONE: &str = "{rules: [{name: all, allow: anyone}]}";
    let configurations = [("asks", ASKS), ("denies", DENIES), ("anyone", ANYONE)];
    each_envoy(|binary| {
        let listeners = configurations.map(|(name, text)| Listener {
            unix: Some(name),
            ..Listener::new(name, MODULE, text)
        });
        let proxy = Proxy::open(binary, &listeners, 1)?;
        let get = |socket: &Path, headers: &[(&str, &str)]| {
            Http1Client::connect_unix(socket)?.get("/", headers)
        };
        for name in ["asks", "denies"] {
            for headers in [[].as_slice(), &[("x-forwarded-for", "203.0.113.7")]] {
                let answer = get(&proxy.unix(name), headers)?;
                assert_eq!(answer.status, 503, "{name}");
                let text = answer.text();
                assert!(
                    text.ends_with("client_address_unknown_peer\n"),
                    "{name} {headers:?}: {text}"
                );
            }
        }
        assert_eq!(proxy.upstream.requests(), 0);
        assert_eq!(get(&proxy.unix("anyone"), &[])?.status, 200);
        Ok(())
    })
}

/// A rule on the method sees CONNECT, a rule on a path never matches it, and on a
/// listener that does not take it Envoy refuses it from anyone.
#[test]
fn connect_is_judged_by_its_method() -> Result<()> {
    const BY_METHOD: &str =
        "{client_address: {from: connection}, lists: {office: {cidrs: [127.0.0.2]}},
        rules: [{name: tunnels, match: {methods: [CONNECT]}, allow: [office]},
                {name: others, allow: anyone}]}";
    const BY_PATH: &str =
        "{client_address: {from: connection}, lists: {office: {cidrs: [127.0.0.2]}},
        rules: [{name: paths, match: {paths: [{prefix: /}]}, allow: [office]}]}";
    const CONNECT: &[u8] = b"CONNECT far.test:443 HTTP/1.1\r\nhost: far.test:443\r\n\r\n";
    const FIELDS: [(&str, &str); 2] = [(":method", "CONNECT"), (":authority", "far.test:443")];
    each_envoy(|binary| {
        let listeners = [
            Listener::new("method", MODULE, BY_METHOD),
            Listener::new("path", MODULE, BY_PATH),
            Listener {
                connect: false,
                ..Listener::new("none", MODULE, BY_METHOD)
            },
        ];
        let proxy = Proxy::open(binary, &listeners, 1)?;
        let connect = |from, listener: &str| -> Result<[Option<u16>; 2]> {
            let to = proxy.envoy.listener(listener)?;
            let mut one = Http1Client::connect_from(from, to)?;
            one.send(CONNECT)?;
            let mut two = RawHttp2Client::connect_from(from, to)?;
            two.send_headers(1, &FIELDS, false)?;
            Ok([Some(one.head()?.status), two.head(1)?.status])
        };
        assert_eq!(connect(OFFICE, "method")?, [Some(200); 2]);
        let opened = || Ok(proxy.envoy.stats()?.get("cluster.tunnel.upstream_cx_total"));
        let before: u64 = opened()?;
        assert_eq!(connect(STRANGER, "method")?, [Some(403); 2]);
        // It is for the default, which denies.
        assert_eq!(connect(OFFICE, "path")?, [Some(403); 2]);
        for from in [OFFICE, STRANGER] {
            for status in connect(from, "none")? {
                assert!(!matches!(status, Some(200..300)), "{status:?}");
            }
        }
        assert_eq!((opened()?, proxy.upstream.requests()), (before, 0));
        Ok(())
    })
}

/// Each run is counted under the rule of its path: the first allowed, the second denied.
#[test]
fn a_redirect_to_a_path_that_is_denied_is_denied() -> Result<()> {
    const ADMIN: &str =
        "{client_address: {from: connection}, lists: {office: {cidrs: [127.0.0.2]}},
        rules: [{name: admin, match: {paths: [{prefix: /admin}]}, allow: [office]},
                {name: others, allow: anyone}]}";
    each_envoy(|binary| {
        let proxy = Proxy::open(binary, &[Listener::new("redirecting", MODULE, ADMIN)], 1)?;
        let to = proxy.envoy.listener("redirecting")?;
        let get = |from, target: &str| {
            let path = format!("/status/302?location=http://test{target}");
            Http1Client::connect_from(from, to)?.get(&path, &[])
        };
        let refused = get(STRANGER, "/admin")?;
        assert_eq!(
            (refused.status, refused.text().as_str()),
            (403, "Forbidden: ip_not_allowed\n")
        );
        assert_eq!(proxy.upstream.requests(), 1);
        assert_eq!(get(OFFICE, "/admin")?.echo()?.path, "/admin");
        assert_eq!(proxy.upstream.requests(), 3);
        let stats = proxy.envoy.stats()?;
        let counted =
            |decision, rule, reason| count(&stats, "ip-allowlist", decision, rule, reason);
        assert_eq!(counted("allowed", "others", "allowed"), 2);
        assert_eq!(counted("denied", "admin", "ip_not_allowed"), 1);
        assert_eq!(counted("allowed", "admin", "allowed"), 1);
        Ok(())
    })
}

/// The host of an absolute target, and of HTTP/2 without `:authority`, is what a rule
/// on hosts sees; a `host` header beside the target changes nothing.
#[test]
fn a_rule_on_hosts_sees_the_host_that_is_routed() -> Result<()> {
    const HOSTS: &str =
        "{client_address: {from: connection}, lists: {office: {cidrs: [127.0.0.2]}},
        rules: [{name: inner, match: {hosts: [inner.test]}, allow: [office]},
                {name: others, allow: anyone}]}";
    each_envoy(|binary| {
        let proxy = Proxy::open(binary, &[Listener::new("hosts", MODULE, HOSTS)], 1)?;
        let to = proxy.envoy.listener("hosts")?;
        for (bytes, status) in [
            ("GET / HTTP/1.1\r\nhost: inner.test\r\n\r\n", 403),
            (
                "GET http://inner.test/ HTTP/1.1\r\nhost: outer.test\r\n\r\n",
                403,
            ),
            (
                "GET http://outer.test/ HTTP/1.1\r\nhost: inner.test\r\n\r\n",
                200,
            ),
            (
                "GET HTTP://INNER.test:80/ HTTP/1.1\r\nhost: outer.test\r\n\r\n",
                403,
            ),
            ("GET / HTTP/1.0\r\nhost: inner.test\r\n\r\n", 403),
        ] {
            assert_eq!(
                exchange(STRANGER, to, bytes.as_bytes())?.status,
                status,
                "{bytes}"
            );
        }
        let head = [(":method", "GET"), (":scheme", "http"), (":path", "/")];
        for (host, status) in [
            ([("host", "inner.test")].as_slice(), 403),
            (&[("host", "outer.test")], 200),
            (&[(":authority", "inner.test"), ("host", "outer.test")], 403),
        ] {
            let mut client = RawHttp2Client::connect_from(STRANGER, to)?;
            let (pseudo, fields): (Vec<_>, Vec<_>) = head
                .iter()
                .chain(host)
                .partition(|(name, _)| name.starts_with(':'));
            client.send_headers(1, &[pseudo, fields].concat(), true)?;
            assert_eq!(client.answer(1)?.status, Some(status), "{host:?}");
        }
        assert_eq!(proxy.upstream.requests(), 2);
        Ok(())
    })
}
