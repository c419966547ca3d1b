//! WebSocket, CONNECT and extended CONNECT: bytes flow both ways, or nothing opens.

use gatepost_e2e::{Result, StreamEnd};

use crate::gate::{Door, each_gate};

const UPGRADE: [(&str, &str); 5] = [
    ("host", "test"),
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
];

/// What a client says through a tunnel that CONNECT opened: the upstream counts it.
const INSIDE: &str = "GET /inside HTTP/1.1\r\nhost: inside\r\nconnection: close\r\n\r\n";

#[test]
fn a_websocket_is_open_both_ways_or_not_at_all() -> Result<()> {
    each_gate(|gate| {
        gate.allows(1, |door| {
            let mut client = door.http1()?;
            client.send(&door.text("GET /chat HTTP/1.1", &UPGRADE, ""))?;
            let answer = client.response()?;
            assert_eq!(
                (answer.status, answer.header("upgrade").as_deref()),
                (101, Some("websocket"))
            );
            for bytes in [b"any bytes \xff".as_slice(), b"and more"] {
                client.send(bytes)?;
                assert_eq!(client.read_exact(bytes.len())?, bytes);
            }
            Ok(())
        })?;
        // The client does not wait for 101: what it sends too early goes nowhere.
        gate.denies(|door| {
            let mut client = door.http1()?;
            let answer = client.exchange(&door.text("GET /chat HTTP/1.1", &UPGRADE, "early"))?;
            door.is_denied(&answer);
            assert_eq!(answer.header("upgrade"), None);
            Ok(())
        })
    })
}

/// RFC 8441.
#[test]
fn a_websocket_over_http2_is_open_both_ways_or_not_at_all() -> Result<()> {
    let head = |door: &Door| -> Vec<(&str, &str)> {
        [
            &[
                (":method", "CONNECT"),
                (":protocol", "websocket"),
                (":scheme", "http"),
            ],
            [(":authority", "test"), (":path", "/chat")].as_slice(),
            &[("sec-websocket-version", "13")],
            door.case.headers,
        ]
        .concat()
    };
    each_gate(|gate| {
        gate.allows(1, |door| {
            let mut client = door.raw_http2()?;
            client.send_headers(1, &head(door), false)?;
            assert_eq!(client.head(1)?.status, Some(200));
            client.send_data(1, b"any bytes", false)?;
            assert_eq!(client.body(1, 9)?.body, b"any bytes");
            Ok(())
        })?;
        gate.denies(|door| {
            let mut client = door.raw_http2()?;
            client.send_headers(1, &head(door), false)?;
            client.send_data(1, b"early", false)?;
            assert_eq!(client.answer(1)?.status, Some(door.case.status));
            Ok(())
        })
    })
}

#[test]
fn connect_opens_a_tunnel_or_no_connection_at_all() -> Result<()> {
    each_gate(|gate| {
        gate.allows(1, |door| {
            let mut client = door.http1()?;
            client.send(&door.text(
                "CONNECT far.test:443 HTTP/1.1",
                &[("host", "far.test:443")],
                "",
            ))?;
            assert_eq!(client.head()?.status, 200);
            client.send(INSIDE.as_bytes())?;
            assert_eq!(client.response()?.echo()?.path, "/inside");
            Ok(())
        })?;
        gate.allows(1, |door| {
            let mut client = door.raw_http2()?;
            client.send_headers(1, &connect(door), false)?;
            assert_eq!(client.head(1)?.status, Some(200));
            client.send_data(1, INSIDE.as_bytes(), false)?;
            let answer = client.answer(1)?;
            assert!(answer.body.starts_with(b"HTTP/1.1 200 OK"), "{answer:?}");
            Ok(())
        })?;
        let opened = || {
            Ok(gate
                .proxy
                .envoy
                .stats()?
                .get("cluster.tunnel.upstream_cx_total"))
        };
        let before: u64 = opened()?;
        gate.denies(|door| {
            let mut client = door.http1()?;
            let head = door.text(
                "CONNECT far.test:443 HTTP/1.1",
                &[("host", "far.test:443")],
                INSIDE,
            );
            door.is_denied(&client.exchange(&head)?);
            Ok(())
        })?;
        gate.denies(|door| {
            let mut client = door.raw_http2()?;
            client.send_headers(1, &connect(door), false)?;
            client.send_data(1, INSIDE.as_bytes(), false)?;
            let answer = client.answer(1)?;
            assert_eq!(answer.status, Some(door.case.status));
            assert_ne!(answer.end, Some(StreamEnd::Closed));
            Ok(())
        })?;
        assert_eq!(opened()?, before);
        Ok(())
    })
}

fn connect(door: &Door) -> Vec<(&str, &str)> {
    [
        &[(":method", "CONNECT"), (":authority", "far.test:443")],
        door.case.headers,
    ]
    .concat()
}
