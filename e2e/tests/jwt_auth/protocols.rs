//! What each protocol gets of a denial, and requests that wait with their bodies.

use gatepost_e2e::{Answer, Http2Client, Result, each_envoy, grpc_request};

use crate::gate::{Gate, KEYS, bearer, document, is_denied, issuer};

#[test]
fn a_grpc_call_without_a_good_token_is_unauthenticated() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::with(binary, &document())?;
        gate.settles(&gate.issuer.token()?, 200)?;
        let mut client = Http2Client::connect(gate.address())?;
        let mut call = |headers: &[(&str, &str)]| {
            grpc_request(&mut client, "/shop.Orders/List", headers, b"x")
        };
        let answer = call(&[])?;
        assert_eq!((answer.http.status, answer.status), (200, Some(16)));
        assert_eq!(answer.message.as_deref(), Some("jwt_missing"));
        let challenge = answer.http.header("www-authenticate");
        assert_eq!(challenge.as_deref(), Some(r#"Bearer realm="shop""#));
        let token = bearer(&gate.issuer.token()?);
        let answer = call(&[("authorization", &token)])?;
        assert_eq!(answer.status, Some(0));
        Ok(())
    })
}

#[test]
fn a_grpc_call_without_keys_is_unavailable() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["keys"]["remote"]["wait"] = "100ms".into();
        let gate = Gate::open(binary, issuer()?, Some(&document), |server| {
            server.answer(KEYS, Answer::status(500));
        })?;
        let token = bearer(&gate.issuer.token()?);
        let mut client = Http2Client::connect(gate.address())?;
        let headers = [("authorization", token.as_str())];
        let answer = grpc_request(&mut client, "/shop.Orders/List", &headers, b"x")?;
        assert_eq!((answer.http.status, answer.status), (200, Some(14)));
        Ok(())
    })
}

#[test]
fn a_body_that_waits_for_keys_arrives_whole_and_a_refused_one_not_at_all() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["keys"]["remote"]["wait"] = "20s".into();
        document["providers"]["shop"]["keys"]["remote"]["timeout"] = "20s".into();
        let gate = Gate::open(binary, issuer()?, Some(&document), |server| {
            server.answer(KEYS, Answer::held());
        })?;
        let stranger = gatepost_e2e::SigningKey::generate("ES256", "first")?;
        let good = gate.issuer.token()?;
        let forged = stranger.mint(&gate.issuer.claims())?;
        let mut waiting = Vec::new();
        for token in [&good, &forged].repeat(6) {
            let mut client = gate.connect()?;
            let head = format!(
                "POST /a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\ncontent-length: 50000\r\n\r\n"
            );
            client.send(head.as_bytes())?;
            client.send(&[b'x'; 50_000])?;
            waiting.push((client, *token == good));
        }
        gate.server.wait_for(KEYS, 1)?;
        assert_eq!(gate.upstream.requests(), 0);
        gate.publish();
        for (client, is_good) in &mut waiting {
            let answer = client.response()?;
            if *is_good {
                assert_eq!(answer.echo()?.body_length, 50_000);
            } else {
                is_denied(&answer, 401, "jwt_bad_signature", "invalid_token");
            }
        }
        assert_eq!(gate.upstream.requests(), 6);
        Ok(())
    })
}
