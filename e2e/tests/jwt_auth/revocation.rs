//! Tokens that are withdrawn before they expire.

use gatepost_e2e::{Answer, Result, each_envoy, seconds_now};
use serde_json::json;

use crate::gate::{Gate, KEYS, document, is_denied, issuer};

#[test]
fn a_token_that_was_let_in_is_refused_as_soon_as_the_feed_names_it() -> Result<()> {
    const FEED: &str = "/revoked.json";
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["revocation"] = json!({"feed": {"document": {
            "cluster": "issuer",
            "authority": "issuer.example",
            "path": FEED,
            "refresh": "1s",
            "timeout": "500ms",
            "stale_for": "60s",
        }}});
        let issuer = issuer()?;
        let keys = issuer.jwks();
        let gate = Gate::open(binary, issuer, Some(&document), |server| {
            server.answer(KEYS, Answer::ok(keys));
            server.answer(FEED, Answer::ok("{}"));
        })?;
        let token = |changes| gate.issuer.token_with(&changes);
        let by_jti = token(json!({"jti": "stolen"}))?;
        let by_sub = token(json!({"sub": "mallory"}))?;
        let by_sid = token(json!({"sid": "session-7"}))?;
        let by_time = token(json!({"iat": seconds_now() - 1000}))?;
        let good = gate.issuer.token()?;
        let all = [&by_jti, &by_sub, &by_sid, &by_time, &good];
        for token in all {
            gate.settles(token, 200)?;
        }
        let since = gatepost_e2e::timestamp(seconds_now() - 500);
        for (feed, revoked) in [
            (json!({"jti": ["stolen", "another"]}), &by_jti),
            (json!({"sub": ["mallory"]}), &by_sub),
            (json!({"sid": ["session-7"]}), &by_sid),
            (json!({"issued_before": since}), &by_time),
        ] {
            gate.server.answer(FEED, Answer::ok(feed.to_string()));
            gate.settles(revoked, 401)?;
            let answer = gate.present(revoked)?;
            is_denied(&answer, 401, "jwt_revoked", "invalid_token");
            for other in all.into_iter().filter(|other| *other != revoked) {
                // A worker may still have the list before this one.
                gate.settles(other, 200)?;
            }
        }
        gate.server
            .answer(FEED, Answer::ok(json!({"kid": ["first"]}).to_string()));
        for token in all {
            gate.settles(token, 401)?;
        }
        // A feed that breaks leaves the last good list.
        gate.server.answer(FEED, Answer::ok("<html>"));
        let asked = gate.server.fetched(FEED).len();
        gate.server.wait_for(FEED, asked + 2)?;
        assert_eq!(gate.everywhere(&good)?, (401, "jwt_revoked".to_owned()));
        gate.server.answer(FEED, Answer::ok("{}"));
        gate.settles(&good, 200)?;
        assert_eq!(gate.fetched().len(), 1);
        Ok(())
    })
}

#[test]
fn without_the_feed_nobody_passes_and_it_is_our_fault() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["revocation"] = json!({"feed": {"document": {
            "cluster": "issuer",
            "authority": "issuer.example",
            "path": "/revoked.json",
            "refresh": "1s",
            "timeout": "500ms",
            "stale_for": "60s",
            "wait": "100ms",
        }}});
        let gate = Gate::with(binary, &document)?;
        let token = gate.issuer.token()?;
        gate.settles(&token, 503)?;
        let answer = gate.present(&token)?;
        is_denied(&answer, 503, "revocations_unavailable", "");
        assert!(answer.header("retry-after").is_some());
        gate.server.answer("/revoked.json", Answer::ok("{}"));
        gate.settles(&token, 200)
    })
}

#[test]
fn a_document_names_withdrawn_tokens_itself() -> Result<()> {
    each_envoy(|binary| {
        let mut document = document();
        document["providers"]["shop"]["revocation"] =
            json!({"sub": ["mallory"], "jti": ["stolen"]});
        let gate = Gate::with(binary, &document)?;
        gate.settles(&gate.issuer.token()?, 200)?;
        for changes in [json!({"sub": "mallory"}), json!({"jti": "stolen"})] {
            let answer = gate.present(&gate.issuer.token_with(&changes)?)?;
            is_denied(&answer, 401, "jwt_revoked", "invalid_token");
        }
        Ok(())
    })
}
