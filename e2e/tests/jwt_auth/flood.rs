//! Many tokens at once, of keys that nobody has.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gatepost_e2e::{Http1Client, Result, SigningKey, each_envoy, shortest_pause};
use serde_json::json;

use crate::gate::{COOLDOWN, Gate, bearer, document, reason};

const TOKENS: u64 = 10_000;
const SENDERS: u64 = 4;

#[test]
fn ten_thousand_random_key_names_cause_a_fetch_a_cooldown_while_good_tokens_pass() -> Result<()> {
    each_envoy(|binary| {
        let mut gate = Gate::with(binary, &document())?;
        gate.settles(&gate.issuer.token()?, 200)?;
        let key = SigningKey::generate("EdDSA", "nobody")?;
        let claims = gate.issuer.claims().to_string();
        let is_over = AtomicBool::new(false);
        let good = AtomicU64::new(0);
        let started = Instant::now();
        thread::scope(|scope| -> Result<()> {
            let flood = |sender: u64| {
                let (gate, key, claims) = (&gate, &key, &claims);
                scope.spawn(move || -> Result<()> {
                    let mut client = gate.connect()?;
                    for index in 0..TOKENS / SENDERS {
                        let kid = format!("{sender}-{index}");
                        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": kid});
                        let token = key.compact(header.to_string(), claims)?;
                        let answer = client.get("/", &[("authorization", &bearer(&token))])?;
                        let given = (answer.status, reason(&answer));
                        assert_eq!(given, (401, "jwt_unknown_key".to_owned()));
                    }
                    Ok(())
                })
            };
            let floods: Vec<_> = (0..SENDERS).map(flood).collect();
            let (gate, is_over, good) = (&gate, &is_over, &good);
            let honest = scope.spawn(move || -> Result<()> {
                let mut client: Http1Client = gate.connect()?;
                while !is_over.load(Ordering::SeqCst) {
                    let token = bearer(&gate.issuer.token()?);
                    let answer = client.get("/", &[("authorization", &token)])?;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    good.fetch_add(1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(())
            });
            let results: Vec<_> = floods
                .into_iter()
                .map(|flood| flood.join().expect("it gives errors, and no panic"))
                .collect();
            is_over.store(true, Ordering::SeqCst);
            honest.join().expect("it gives errors, and no panic")?;
            results.into_iter().collect()
        })?;
        let took = started.elapsed();
        let fetched = gate.fetched();
        let cooldowns = took.as_secs() + 1;
        // One before the flood, and one a cooldown.
        let most = usize::try_from(cooldowns + 1).expect("is small");
        assert!(
            fetched.len() >= 2 && fetched.len() <= most,
            "{} in {took:?}",
            fetched.len()
        );
        let pause = shortest_pause(fetched.get(1..).unwrap_or_default());
        if let Some(pause) = pause {
            assert!(pause >= COOLDOWN - Duration::from_millis(50), "{pause:?}");
        }
        assert!(good.load(Ordering::SeqCst) > 20);
        assert_eq!(gate.decided("denied", "jwt_unknown_key")?, TOKENS);

        // A rotation after the flood is picked up as ever.
        gate.issuer.rotate(SigningKey::generate("ES256", "second")?);
        gate.publish();
        gate.settles(&gate.issuer.token()?, 200)
    })
}

/// The cooldown is for one set of keys, and a flood on one leaves the others alone.
#[test]
fn a_flood_on_one_issuer_does_not_hold_up_another_ones_rotation() -> Result<()> {
    use gatepost_e2e::{Answer, Issuer};
    each_envoy(|binary| {
        let stock = |kid| SigningKey::generate("ES256", kid);
        let mut stock_issuer = Issuer::new("https://stock.example", "shop", stock("old")?);
        let mut document = document();
        let mut provider = document["providers"]["shop"].clone();
        provider["issuer"] = json!(stock_issuer.name());
        provider["keys"]["remote"]["path"] = json!("/stock.json");
        document["providers"]["stock"] = provider;
        document["rules"][0]["require"] =
            json!({"any": [{"provider": "shop"}, {"provider": "stock"}]});
        let issuer = crate::gate::issuer()?;
        let keys = issuer.jwks();
        let gate = Gate::open(binary, issuer, Some(&document), |server| {
            server.answer(crate::gate::KEYS, Answer::ok(keys));
            server.answer("/stock.json", Answer::ok(stock_issuer.jwks()));
        })?;
        gate.settles(&gate.issuer.token()?, 200)?;
        gate.settles(&stock_issuer.token()?, 200)?;
        let asked = |path| gate.server.fetched(path).len();
        let nobody = SigningKey::generate("EdDSA", "nobody")?;
        let forged = nobody.mint(&gate.issuer.claims())?;
        for _ in 0..20 {
            assert_eq!(gate.present(&forged)?.status, 401);
        }
        assert!(asked(crate::gate::KEYS) >= 2);
        assert_eq!(asked("/stock.json"), 1);
        stock_issuer.rotate(stock("new")?);
        gate.server
            .answer("/stock.json", Answer::ok(stock_issuer.jwks()));
        let answer = gate.present(&stock_issuer.token()?)?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(asked("/stock.json"), 2);
        Ok(())
    })
}
