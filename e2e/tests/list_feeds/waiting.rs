//! Requests that come before the list.

use std::time::{Duration, Instant};

use gatepost_e2e::{Answer, Http1Client, Result, each_envoy};

use crate::gate::{GOOD, Gate, LISTED, List, STRANGER, path};

#[test]
fn requests_of_every_worker_wait_for_the_list_and_are_woken_by_it() -> Result<()> {
    each_envoy(|binary| {
        let list = List::new("late").with("timeout", "20s").with("wait", "30s");
        let gate = Gate::open(binary, &[list], |server| {
            server.answer("/late", Answer::held())
        })?;
        let before = gate.envoy.connections()?;
        let mut waiting: Vec<(Http1Client, u16)> = Vec::new();
        // Connections fall on workers by chance: until each has had one of both.
        for (from, status) in [(LISTED, 200), (STRANGER, 403)].repeat(12) {
            let mut client = gate.connect(from)?;
            client.send(b"GET /late HTTP/1.1\r\nhost: a\r\n\r\n")?;
            waiting.push((client, status));
        }
        let active = |active| active >= 24;
        gate.envoy
            .wait_for_stat("http.ingress.downstream_rq_active", active)?;
        let now = gate.envoy.connections()?;
        assert!(
            now.iter().zip(before).all(|(now, before)| *now > before),
            "{now:?}"
        );
        assert_eq!(
            (
                gate.server.wait_for("/late", 1)?.len(),
                gate.upstream.requests()
            ),
            (1, 0)
        );

        let came = Instant::now();
        gate.answer("late", Answer::ok(GOOD));
        for (client, status) in &mut waiting {
            assert_eq!(client.response()?.status, *status);
        }
        // By far before their deadline: the list woke them.
        assert!(
            came.elapsed() < Duration::from_secs(10),
            "{:?}",
            came.elapsed()
        );
        assert_eq!(gate.upstream.requests(), 12);
        Ok(())
    })
}

#[test]
fn a_request_waits_as_long_as_the_document_says_and_no_longer() -> Result<()> {
    each_envoy(|binary| {
        let slow = |name| List::new(name).with("timeout", "20s");
        let lists = [
            slow("patient").with("wait", "700ms"),
            slow("impatient").with("before_first_load", "fail"),
            List::new("optional")
                .with("if_unavailable", "ignore")
                .denying(),
        ];
        let gate = Gate::open(binary, &lists, |server| {
            server.answer("/patient", Answer::held());
            server.answer("/impatient", Answer::held());
            server.answer("/optional", Answer::status(500));
        })?;
        let timed = |list: &str| -> Result<(u16, Duration)> {
            let start = Instant::now();
            let answer = gate.get(LISTED, list)?;
            if answer.status == 503 {
                assert!(
                    answer.text().contains("list_unavailable"),
                    "{}",
                    answer.text()
                );
                assert_eq!(answer.header("retry-after").as_deref(), Some("2"));
            }
            Ok((answer.status, start.elapsed()))
        };
        let (status, waited) = timed("patient")?;
        let about_the_wait = Duration::from_millis(700)..Duration::from_secs(3);
        assert!(
            status == 503 && about_the_wait.contains(&waited),
            "{status} after {waited:?}"
        );
        let (status, waited) = timed("impatient")?;
        assert!(
            status == 503 && waited < Duration::from_millis(1500),
            "{status} after {waited:?}"
        );

        // A deny list that may be missing: everybody passes, and it is told.
        gate.fails("optional", "status", 0)?;
        let (status, waited) = timed("optional")?;
        assert!(
            status == 200 && waited < Duration::from_millis(1500),
            "{status} after {waited:?}"
        );
        let ignored = ("gatepost_list_ignored_total", "optional", "ignored");
        gate.wait_for(ignored, |count| count == 1)?;
        let failed = gate.envoy.log().text(0);
        assert!(
            failed.contains("list optional: the feed failed (status)"),
            "{failed}"
        );
        assert!(
            failed.contains("there is no list yet: requests pass by it"),
            "{failed}"
        );

        for (list, listed, stranger) in [
            ("patient", 200, 403),
            ("impatient", 200, 403),
            ("optional", 403, 200),
        ] {
            gate.server.wait_for(&path(list), 1)?;
            gate.answer(list, Answer::ok(GOOD));
            gate.settles(LISTED, list, listed)?;
            gate.settles(STRANGER, list, stranger)?;
        }
        Ok(())
    })
}
