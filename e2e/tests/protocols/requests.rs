//! HTTP/1.1, HTTP/2 and HEAD.

use gatepost_e2e::{Result, StreamEnd};

use crate::gate::each_gate;

#[test]
fn http1_and_http2_are_judged_alike() -> Result<()> {
    each_gate(|gate| {
        let echo = gate
            .allows(1, |door| {
                door.http1()?.get("/a?b", &door.with(&[("x-a", "1")]))
            })?
            .echo()?;
        assert_eq!(
            (echo.version.as_str(), echo.path.as_str()),
            ("HTTP/1.1", "/a?b")
        );
        assert_eq!(echo.values("x-a"), ["1"]);
        let echo = gate
            .allows(1, |door| {
                door.http2()?.get("/a?b", &door.with(&[("x-a", "1")]))
            })?
            .echo()?;
        assert_eq!(
            (echo.version.as_str(), echo.path.as_str()),
            ("HTTP/2.0", "/a?b")
        );
        assert_eq!(echo.values("x-a"), ["1"]);
        gate.denies(|door| {
            door.is_denied(&door.http1()?.get("/a?b", &door.with(&[]))?);
            Ok(())
        })?;
        gate.denies(|door| {
            door.is_denied(&door.http2()?.get("/a?b", &door.with(&[]))?);
            Ok(())
        })
    })
}

#[test]
fn a_connection_serves_on_after_a_denial() -> Result<()> {
    each_gate(|gate| {
        let (mut one, mut two) = gate.denies(|door| {
            let mut client = door.http1()?;
            door.is_denied(&client.get("/1", &door.with(&[]))?);
            Ok((client, door.http2()?))
        })?;
        gate.denies(|door| {
            door.is_denied(&one.get("/2", &door.with(&[]))?);
            Ok(())
        })?;
        for _ in 0..2 {
            gate.denies(|door| {
                door.is_denied(&two.get("/3", &door.with(&[]))?);
                Ok(())
            })?;
        }
        Ok(())
    })
}

#[test]
fn a_denied_head_has_the_headers_of_the_denial_and_no_body() -> Result<()> {
    each_gate(|gate| {
        let get = gate.denies(|door| door.http1()?.get("/", &door.with(&[])))?;
        let (mut client, head) = gate.denies(|door| {
            let mut client = door.http1()?;
            let head = client.request("HEAD", "/", &door.with(&[]), b"")?;
            Ok((client, head))
        })?;
        for name in ["content-type", "content-length"] {
            assert!(get.header(name).is_some(), "{name}");
            assert_eq!(head.header(name), get.header(name), "{name}");
        }
        // Had there been a body, the next answer on the connection would start with it.
        gate.denies(|door| {
            door.is_denied(&client.get("/", &door.with(&[]))?);
            Ok(())
        })?;
        let answer = gate.denies(|door| {
            let mut client = door.raw_http2()?;
            client.send_headers(1, &door.pseudo("HEAD", "/"), true)?;
            client.answer(1)
        })?;
        assert_eq!(
            (answer.status, answer.body.len(), answer.end),
            (Some(gate.row.denied.status), 0, Some(StreamEnd::Whole))
        );
        let head = gate.allows(1, |door| {
            door.http1()?.request("HEAD", "/", &door.with(&[]), b"")
        })?;
        assert_eq!(head.status, 200);
        Ok(())
    })
}
