//! A source that dies, and the list that it left.

use std::time::{Duration, Instant};

use gatepost_e2e::{Answer, Result, each_envoy, wait_until};

use crate::gate::{GOOD, Gate, LISTED, List, SOON, STRANGER};

const STALE_FOR: Duration = Duration::from_secs(4);

/// A request on the loopback, on a busy machine.
const ON_THE_WAY: Duration = Duration::from_millis(500);

#[test]
fn the_last_good_list_serves_until_it_is_stale_and_a_new_one_after() -> Result<()> {
    each_envoy(|binary| {
        let list = List::new("mortal").with("stale_for", "4s");
        let mut gate = Gate::open(binary, &[list], |server| {
            server.answer("/mortal", Answer::ok(GOOD));
        })?;
        gate.settles(LISTED, "mortal", 200)?;

        gate.server.stop();
        let last = gate.fetched("mortal").last().map(|fetched| fetched.at);
        let last = last.unwrap_or_else(Instant::now);
        gate.fails("mortal", "status", 0)?;
        let age = ("gatepost_list_age_seconds", "mortal", "");
        gate.wait_for(age, |age| age >= 2)?;
        // While it is young enough, the last good list serves.
        let (listed, _) = gate.everywhere(LISTED, "mortal")?;
        let (stranger, _) = gate.everywhere(STRANGER, "mortal")?;
        if last.elapsed() < STALE_FOR {
            assert_eq!((listed, stranger), (200, 403));
        }
        let stale = wait_until("the list is stale", SOON, || {
            let answer = gate.get(LISTED, "mortal").ok()?;
            (answer.status != 200).then_some(answer)
        })?;
        let lasted = last.elapsed();
        assert!(
            stale.status == 503 && stale.text().contains("list_stale"),
            "{}",
            stale.text()
        );
        assert_eq!(stale.header("retry-after").as_deref(), Some("2"));
        // Each worker lets it go at a tick of its own, a second apart at most.
        // The age counts from when Envoy asked, which is before the server was asked.
        let since_asked = lasted + ON_THE_WAY;
        assert!(
            since_asked >= STALE_FOR && lasted < STALE_FOR * 2,
            "{lasted:?}"
        );
        gate.settles(LISTED, "mortal", 503)?;
        gate.settles(STRANGER, "mortal", 503)?;
        gate.wait_for(("gatepost_list_entries", "mortal", ""), |entries| {
            entries == 0
        })?;
        gate.wait_for(age, |age| age >= 4)?;

        gate.server.listen()?;
        gate.settles(LISTED, "mortal", 200)?;
        gate.settles(STRANGER, "mortal", 403)?;
        gate.wait_for(age, |age| age <= 1)?;
        gate.wait_for(("gatepost_list_entries", "mortal", ""), |entries| {
            entries == 1
        })?;
        Ok(())
    })
}

#[test]
fn a_source_that_fails_now_and_then_is_not_noticed() -> Result<()> {
    each_envoy(|binary| {
        let list = List::new("flapping");
        let (good, bad) = (Answer::ok(GOOD), Answer::status(500));
        let gate = Gate::open(binary, &[list], |server| {
            server.answer_in_turn("/flapping", vec![[good, bad]; 50].concat());
        })?;
        let start = gate.server.wait_for("/flapping", 1)?;
        gate.settles(LISTED, "flapping", 200)?;
        while gate.fetched("flapping").len() < 6 {
            assert_eq!(gate.get(LISTED, "flapping")?.status, 200);
            assert_eq!(gate.get(STRANGER, "flapping")?.status, 403);
        }
        let since = start.first().map(|fetched| fetched.at.elapsed());
        // A success and a failure take 1.4 s at least; one worker of three asks.
        let least = Duration::from_millis(2 * 1400);
        assert!(
            since.is_some_and(|since| since >= least),
            "6 fetches in {since:?}"
        );
        assert!(gate.failures("flapping", "status") >= 2);
        Ok(())
    })
}
