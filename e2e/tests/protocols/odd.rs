//! Requests without a path, without a host, or with more of either than is usual.

use gatepost_e2e::{RawAnswer, Result, StreamEnd};

use crate::gate::{Door, each_gate};
use crate::proxy::Manner;

#[test]
fn the_absolute_form_is_judged_as_any_other() -> Result<()> {
    each_gate(|gate| {
        let ask = |door: &Door| {
            let text = door.text(
                "GET http://far.test/a?b HTTP/1.1",
                &[("host", "near.test")],
                "",
            );
            door.http1()?.exchange(&text)
        };
        let echo = gate.allows(1, ask)?.echo()?;
        // The target's authority is the host (RFC 9112 3.2.2).
        assert_eq!(
            (echo.path.as_str(), echo.values("host")),
            ("/a?b", vec!["far.test"])
        );
        gate.denies(|door| {
            door.is_denied(&ask(door)?);
            Ok(())
        })
    })
}

/// Without a host Envoy refuses it, unless the listener has one for it.
#[test]
fn http_1_0_needs_a_host_and_is_judged() -> Result<()> {
    each_gate(|gate| {
        let ask = |door: &Door, head: &[(&str, &str)]| {
            door.http1()?
                .exchange(&door.text("GET /old HTTP/1.0", head, ""))
        };
        let bare = |door: &Door| ask(door, &[]);
        let named = |door: &Door| ask(door, &[("host", "test")]);
        assert_eq!(gate.allows(1, named)?.status, 200);
        gate.denies(|door| {
            door.is_denied(&named(door)?);
            Ok(())
        })?;
        if gate.manner == Manner::Plain {
            return gate.never_asked(|door| {
                assert_eq!(bare(door)?.status, 400);
                Ok(())
            });
        }
        assert_eq!(
            gate.allows(1, bare)?.echo()?.values("host"),
            ["default.test"]
        );
        gate.denies(|door| {
            door.is_denied(&bare(door)?);
            Ok(())
        })
    })
}

/// `host` takes the place of `:authority`; without both Envoy refuses the request.
#[test]
fn http2_needs_an_authority_or_a_host_and_is_judged() -> Result<()> {
    each_gate(|gate| {
        let ask = |door: &Door, fields: &[(&'static str, &'static str)]| {
            let head = [(":method", "GET"), (":scheme", "http"), (":path", "/")];
            let mut client = door.raw_http2()?;
            client.send_headers(1, &door.with(&[&head, fields].concat()), true)?;
            client.answer(1)
        };
        let named = |door: &Door| ask(door, &[("host", "test")]);
        assert_eq!(gate.allows(1, named)?.status, Some(200));
        gate.denies(|door| {
            assert_eq!(named(door)?.status, Some(door.case.status));
            Ok(())
        })?;
        gate.never_asked(|door| {
            is_refused(&ask(door, &[])?);
            Ok(())
        })
    })
}

#[test]
fn a_request_without_a_path_stops_at_envoy() -> Result<()> {
    each_gate(|gate| {
        gate.never_asked(|door| {
            let text = door.text("OPTIONS * HTTP/1.1", &[("host", "test")], "");
            assert_eq!(door.http1()?.exchange(&text)?.status, 404);
            Ok(())
        })?;
        for head in [
            [
                (":method", "OPTIONS"),
                (":scheme", "http"),
                (":authority", "test"),
                (":path", "*"),
            ]
            .as_slice(),
            &[
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "test"),
                (":path", ""),
            ],
            &[
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "test"),
            ],
            &[(":method", "GET"), (":authority", "test"), (":path", "/")],
            &[(":scheme", "http"), (":authority", "test"), (":path", "/")],
        ] {
            gate.never_asked(|door| {
                let mut client = door.raw_http2()?;
                client.send_headers(1, &door.with(head), true)?;
                is_refused(&client.answer(1)?);
                Ok(())
            })?;
        }
        Ok(())
    })
}

/// With a status, or with a reset of the stream or of its connection.
fn is_refused(answer: &RawAnswer) {
    let is_refused = match answer.status {
        Some(status) => (400..500).contains(&status),
        None => !matches!(answer.end, None | Some(StreamEnd::Whole)),
    };
    assert!(is_refused, "{answer:?}");
}
