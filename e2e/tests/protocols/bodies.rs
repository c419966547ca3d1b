//! Bodies and trailers of requests: whole at the upstream, or nothing of them.

use gatepost_e2e::{Bytes, Http1Client, Response, Result, StreamEnd, http};

use crate::gate::{Door, each_gate};
use crate::proxy::Manner;

const MEBIBYTE: usize = 1 << 20;

/// A request with a body, and what the upstream must have got of it.
struct Sent {
    send: fn(&Door) -> Result<Response>,
    length: u64,
    trailers: &'static [&'static str],
}

const SENT: [Sent; 6] = [
    Sent {
        send: |door| {
            door.http1()?
                .request("POST", "/", &door.with(&[]), b"small")
        },
        length: 5,
        trailers: &[],
    },
    Sent {
        send: |door| {
            door.http1()?
                .exchange(&chunked(door, "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"))
        },
        length: 6,
        trailers: &[],
    },
    Sent {
        send: |door| {
            door.http1()?
                .exchange(&chunked(door, "5\r\nhello\r\n0\r\nx-end: 1\r\n\r\n"))
        },
        length: 5,
        trailers: &["x-end"],
    },
    Sent {
        send: |door| {
            let length = MEBIBYTE.to_string();
            let head = [("host", "test"), ("content-length", &length)];
            let body = "x".repeat(MEBIBYTE);
            door.http1()?
                .exchange(&door.text("POST / HTTP/1.1", &head, &body))
        },
        length: MEBIBYTE as u64,
        trailers: &[],
    },
    Sent {
        send: |door| door.http2()?.send(post(door, vec![b'x'; MEBIBYTE].into())),
        length: MEBIBYTE as u64,
        trailers: &[],
    },
    Sent {
        send: |door| {
            let trailers = http::HeaderMap::from_iter([(
                http::HeaderName::from_static("x-end"),
                http::HeaderValue::from_static("1"),
            )]);
            door.http2()?
                .send_with_trailers(post(door, Bytes::from_static(b"hello")), trailers)
        },
        length: 5,
        trailers: &["x-end"],
    },
];

#[test]
fn a_body_and_its_trailers_reach_the_upstream_whole_or_not_at_all() -> Result<()> {
    each_gate(|gate| {
        for sent in &SENT {
            let echo = gate.allows(1, sent.send)?.echo()?;
            assert_eq!(echo.body_length, sent.length);
            let names: Vec<&str> = echo
                .trailers
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            assert_eq!(names, sent.trailers);
            gate.denies(|door| {
                door.is_denied(&(sent.send)(door)?);
                Ok(())
            })?;
        }
        Ok(())
    })
}

/// By Envoy's default it says `100 Continue` before a filter has seen the request;
/// with `proxy_100_continue` the upstream says it, so a denied client never hears it.
#[test]
fn a_client_that_waits_to_continue_gets_its_verdict() -> Result<()> {
    each_gate(|gate| {
        let expecting = |door: &Door| -> Result<(Http1Client, Response)> {
            let head = [
                ("host", "test"),
                ("content-length", "5"),
                ("expect", "100-continue"),
            ];
            let mut client = door.http1()?;
            client.send(&door.text("POST / HTTP/1.1", &head, ""))?;
            let first = client.head()?;
            Ok((client, first))
        };
        let echo = gate.allows(1, |door| {
            let (mut client, first) = expecting(door)?;
            assert_eq!(first.status, 100);
            client.send(b"hello")?;
            client.response()
        })?;
        assert_eq!(echo.echo()?.body_length, 5);
        gate.denies(|door| {
            let (mut client, first) = expecting(door)?;
            match gate.manner {
                Manner::Rich => assert_eq!(first.status, door.case.status),
                Manner::Plain => {
                    assert_eq!(first.status, 100);
                    door.is_denied(&client.response()?);
                }
            }
            Ok(())
        })
    })
}

#[test]
fn a_response_may_start_before_the_request_has_ended() -> Result<()> {
    each_gate(|gate| {
        let echo = gate.allows(1, |door| {
            let mut client = door.http1()?;
            let head = [("host", "test"), ("transfer-encoding", "chunked")];
            client.send(&door.text("POST /early HTTP/1.1", &head, "5\r\nhello\r\n"))?;
            assert_eq!(client.head()?.status, 200);
            assert_eq!(client.read_exact(10)?, b"5\r\nearly\r\n");
            client.send(b"1\r\n!\r\n0\r\n\r\n")?;
            client.body_in_chunks()
        })?;
        let echo = Response {
            body: echo,
            ..Response::default()
        };
        assert_eq!(echo.echo()?.body_length, 6);
        // The denial is such a response: the rest of the request is of no use to it.
        gate.denies(|door| {
            let mut client = door.raw_http2()?;
            client.send_headers(1, &door.pseudo("POST", "/early"), false)?;
            client.send_data(1, b"hello", false)?;
            let answer = client.answer(1)?;
            assert_eq!(answer.status, Some(door.case.status));
            assert!(
                matches!(answer.end, Some(StreamEnd::Whole | StreamEnd::Reset(0))),
                "{answer:?}"
            );
            Ok(())
        })
    })
}

fn chunked(door: &Door, chunks: &str) -> Vec<u8> {
    let head = [("host", "test"), ("transfer-encoding", "chunked")];
    door.text("POST / HTTP/1.1", &head, chunks)
}

fn post(door: &Door, body: Bytes) -> http::Request<Bytes> {
    let mut request = http::Request::post("http://test/");
    for (name, value) in door.case.headers {
        request = request.header(*name, *value);
    }
    request.body(body).expect("a request")
}
