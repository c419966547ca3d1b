//! What is in a list, and what a source says of it.

use std::time::{Duration, Instant};

use gatepost_e2e::{
    Answer, Result, each_envoy, seconds_now, shortest_pause, timestamp, wait_until,
};

use crate::gate::{GOOD, Gate, LISTED, List, SOON, STRANGER, path};

/// Fetched once only, in a test.
fn once(name: &'static str) -> List {
    List::new(name)
        .with("refresh", "1h")
        .with("stale_for", "2h")
        .with("timeout", "20s")
        .with("wait", "20s")
}

#[test]
fn every_form_of_a_list_is_read_and_its_entries_expire_without_a_fetch() -> Result<()> {
    each_envoy(|binary| {
        let lists = [
            once("text"),
            once("json").with("format", "json"),
            once("lasting"),
            once("chunked"),
            once("unstated"),
        ];
        let gate = Gate::open(binary, &lists, |server| {
            server.answer("/text", Answer::held());
            server.answer("/json", Answer::held());
            // 127.0.0.7/30 and ::7/64 are networks with host bits.
            let lasting = "# ours\r\n127.0.0.2;and a comment\n\n127.0.0.7/30\n::7/64\n";
            server.answer("/lasting", Answer::ok(lasting));
            server.answer("/chunked", Answer::ok(GOOD).chunked(false));
            server.answer("/unstated", Answer::ok(GOOD).unstated());
        })?;
        for list in ["text", "json"] {
            gate.server.wait_for(&path(list), 1)?;
        }
        let expires = timestamp(seconds_now() + 5);
        let expiring = format!("127.0.0.2 expires={expires}\n127.0.0.1 # stays\n");
        let json = format!(
            r#"{{"cidrs": ["127.0.0.1", {{"cidr": "127.0.0.2/32", "expires": "{expires}"}}]}}"#
        );
        gate.answer("text", Answer::ok(expiring));
        gate.answer("json", Answer::ok(json));
        for list in ["text", "json", "lasting", "chunked", "unstated"] {
            gate.settles(STRANGER, list, 403)?;
            gate.settles(LISTED, list, 200)?;
        }
        assert!(
            now_is_before(&expires),
            "too slow to see an entry before it expires"
        );
        gate.wait_for(("gatepost_list_entries", "lasting", ""), |entries| {
            entries == 3
        })?;
        gate.wait_for(("gatepost_list_masked_entries", "lasting", ""), |masked| {
            masked == 2
        })?;
        gate.settles([127, 0, 0, 4].into(), "lasting", 200)?;
        gate.settles([127, 0, 0, 8].into(), "lasting", 403)?;
        let loaded = "list lasting: loaded, 3 entries, 2 of them with host bits";
        gate.envoy.log().wait_for(loaded, 0, SOON)?;

        for list in ["text", "json"] {
            gate.settles(LISTED, list, 403)?;
            gate.settles([127, 0, 0, 1].into(), list, 200)?;
            gate.wait_for(("gatepost_list_entries", list, ""), |entries| entries == 1)?;
        }
        for list in ["text", "json", "lasting", "chunked", "unstated"] {
            assert_eq!(gate.fetched(list).len(), 1, "{list}");
        }
        Ok(())
    })
}

#[test]
fn an_unchanged_list_is_asked_for_by_its_etag_and_stays() -> Result<()> {
    each_envoy(|binary| {
        // Of the second it says that it is the first, though it is not.
        let lists = [List::new("tagged"), List::new("lying")];
        let gate = Gate::open(binary, &lists, |server| {
            server.answer("/tagged", Answer::ok(GOOD).etag("\"one\""));
            server.answer("/lying", Answer::ok(GOOD).header("etag", "\"one\""));
        })?;
        let started = seconds_now();
        let fetched = gate.server.wait_for("/tagged", 3)?;
        let conditions: Vec<_> = fetched
            .iter()
            .map(|one| one.header("if-none-match"))
            .collect();
        assert_eq!(conditions[..3], [None, Some("\"one\""), Some("\"one\"")]);
        gate.settles(LISTED, "tagged", 200)?;
        gate.settles(STRANGER, "tagged", 403)?;
        assert_eq!(
            gate.envoy.log().count("list tagged: loaded"),
            3,
            "once a VM"
        );
        let success = ("gatepost_list_last_success_seconds", "tagged", "");
        gate.wait_for(success, |at| at > started && at <= seconds_now())?;
        for kind in ["status", "invalid", "empty"] {
            assert_eq!(gate.failures("tagged", kind), 0, "{kind}");
        }

        gate.settles(LISTED, "lying", 200)?;
        gate.answer("lying", Answer::ok("127.0.0.9\n").header("etag", "\"one\""));
        gate.settles(LISTED, "lying", 403)?;
        gate.settles(STRANGER, "lying", 200)?;

        // By all workers together once a period, which is cut by a tenth at most.
        for list in ["tagged", "lying"] {
            let pause = shortest_pause(&gate.fetched(list)).unwrap_or_default();
            assert!(pause >= Duration::from_millis(890), "{list}: {pause:?}");
        }
        Ok(())
    })
}

#[test]
fn a_healthy_source_is_asked_once_a_period_whatever_the_number_of_requests() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary, &[List::new("busy")], |server| {
            server.answer("/busy", Answer::ok(GOOD));
        })?;
        gate.settles(LISTED, "busy", 200)?;
        let first = gate
            .server
            .wait_for("/busy", 1)?
            .first()
            .map(|fetched| fetched.at);
        let first = first.unwrap_or_else(Instant::now);
        let seconds = wait_until("five periods have passed", SOON, || {
            let answers = [
                gate.get(LISTED, "busy").ok()?,
                gate.get(STRANGER, "busy").ok()?,
            ];
            assert_eq!(answers.map(|answer| answer.status), [200, 403]);
            let passed = first.elapsed().as_secs_f64();
            (passed >= 5.0).then_some(passed)
        })?;
        let count = gate.fetched("busy").len() as f64;
        assert!(
            count <= 1.0 + seconds / 0.9,
            "{count} fetches in {seconds} s"
        );
        assert!(count >= 3.0, "{count} fetches in {seconds} s");
        Ok(())
    })
}

fn now_is_before(moment: &str) -> bool {
    *timestamp(seconds_now()) < *moment
}
