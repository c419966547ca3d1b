//! Keys that change at the issuer's server.

use std::thread;
use std::time::{Duration, Instant};

use gatepost_e2e::{Answer, Result, SigningKey, each_envoy, shortest_pause};
use serde_json::json;

use crate::gate::{Gate, KEYS, SOON, document, is_denied, issuer};

#[test]
fn the_first_token_of_a_new_key_waits_for_the_key_and_passes() -> Result<()> {
    each_envoy(|binary| {
        let mut gate = Gate::shipped(binary, issuer()?)?;
        let old = gate.issuer.token()?;
        gate.settles(&old, 200)?;
        assert_eq!(gate.fetched().len(), 1);

        gate.issuer.rotate(SigningKey::generate("EdDSA", "second")?);
        gate.publish();
        // The fetch that was due is no reason not to look for the key.
        let started = Instant::now();
        let answer = gate.present(&gate.issuer.token()?)?;
        let took = started.elapsed();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert_eq!(gate.fetched().len(), 2);
        // The other worker has the key too, and fetches nothing for it.
        assert_eq!(gate.everywhere(&gate.issuer.token()?)?.0, 200);
        assert_eq!(gate.everywhere(&old)?.0, 200);
        assert_eq!(gate.fetched().len(), 2);
        Ok(())
    })
}

#[test]
fn requests_of_both_workers_wait_for_one_fetch() -> Result<()> {
    each_envoy(|binary| {
        let mut gate = Gate::with(binary, &document())?;
        gate.settles(&gate.issuer.token()?, 200)?;
        gate.issuer.rotate(SigningKey::generate("ES256", "second")?);
        gate.server.answer(KEYS, Answer::held());
        let tokens: Vec<String> = (0..24)
            .map(|_| gate.issuer.token())
            .collect::<Result<_>>()?;
        let mut waiting = Vec::new();
        for token in &tokens {
            let mut client = gate.connect()?;
            let head =
                format!("GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
            client.send(head.as_bytes())?;
            waiting.push(client);
        }
        gate.server.wait_for(KEYS, 2)?;
        gate.publish();
        for client in &mut waiting {
            let answer = client.response()?;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        assert_eq!(gate.fetched().len(), 2);
        Ok(())
    })
}

#[test]
fn in_a_cooldown_an_unknown_key_is_refused_at_once_and_then_asked_for() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["cooldown"] = json!("2s");
        let mut gate = Gate::with(binary, &document)?;
        gate.settles(&gate.issuer.token()?, 200)?;
        // A token of a key that nobody has: one fetch, and the cooldown begins.
        let nobody = SigningKey::generate("ES256", "nobody")?;
        let forged = nobody.mint(&gate.issuer.claims())?;
        is_denied(
            &gate.present(&forged)?,
            401,
            "jwt_unknown_key",
            "invalid_token",
        );
        assert_eq!(gate.fetched().len(), 2);

        gate.issuer.rotate(SigningKey::generate("ES256", "second")?);
        gate.publish();
        let token = gate.issuer.token()?;
        let started = Instant::now();
        is_denied(
            &gate.present(&token)?,
            401,
            "jwt_unknown_key",
            "invalid_token",
        );
        let took = started.elapsed();
        assert!(took < Duration::from_millis(500), "{took:?}");
        assert_eq!(gate.fetched().len(), 2);

        gate.settles(&token, 200)?;
        let fetched = gate.fetched();
        assert_eq!(fetched.len(), 3);
        let pause = shortest_pause(fetched.get(1..).unwrap_or_default()).unwrap_or_default();
        assert!(pause >= Duration::from_millis(1900), "{pause:?}");
        Ok(())
    })
}

#[test]
fn a_token_of_a_withdrawn_key_counts_no_more_although_it_was_verified() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["keys"]["remote"]["refresh"] = json!("1s");
        let mut gate = Gate::with(binary, &document)?;
        let old = gate.issuer.token()?;
        gate.settles(&old, 200)?;
        gate.issuer.rotate(SigningKey::generate("ES256", "second")?);
        gate.issuer.retire();
        gate.publish();
        gate.settles(&old, 401)?;
        assert_eq!(gate.everywhere(&old)?.1, "jwt_unknown_key");
        gate.settles(&gate.issuer.token()?, 200)
    })
}

/// As when an issuer uses a name again.
#[test]
fn keys_that_share_a_name_are_all_tried_and_a_bad_signature_fetches_none() -> Result<()> {
    each_envoy(|binary| {
        let mut issuer = issuer()?;
        let old = issuer.token()?;
        issuer.rotate(SigningKey::generate("ES256", "first")?);
        let gate = Gate::shipped(binary, issuer)?;
        gate.settles(&gate.issuer.token()?, 200)?;
        assert_eq!(gate.everywhere(&old)?.0, 200);
        let another = SigningKey::generate("ES256", "first")?;
        let forged = another.mint(&gate.issuer.claims())?;
        assert_eq!(
            gate.everywhere(&forged)?,
            (401, "jwt_bad_signature".to_owned())
        );
        assert_eq!(gate.fetched().len(), 1);
        Ok(())
    })
}

#[test]
fn a_server_that_is_slow_to_publish_holds_nobody_else_up() -> Result<()> {
    each_envoy(|binary| {
        let mut gate = Gate::with(binary, &document())?;
        let good = gate.issuer.token()?;
        gate.settles(&good, 200)?;
        gate.issuer.rotate(SigningKey::generate("ES256", "second")?);
        let slow = Answer::ok(gate.issuer.jwks()).after(Duration::from_millis(700));
        gate.server.answer(KEYS, slow);
        let new = gate.issuer.token()?;
        thread::scope(|scope| -> Result<()> {
            let waits = scope.spawn(|| gate.present(&new));
            gate.server.wait_for(KEYS, 2)?;
            let started = Instant::now();
            assert_eq!(gate.everywhere(&good)?.0, 200);
            assert!(started.elapsed() < SOON);
            let answer = waits.join().expect("it gives errors, and no panic")?;
            assert_eq!(answer.status, 200, "{}", answer.text());
            Ok(())
        })
    })
}
