//! A new configuration, while a list is there and while it is being fetched.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Reload, Result, Upstream, each_envoy,
    shortest_pause,
};

use crate::gate::{GOOD, Gate, LISTED, List, STRANGER, bootstrap, path};

/// Not due again within a test.
fn once(name: &'static str) -> List {
    List::new(name)
        .with("refresh", "1h")
        .with("stale_for", "2h")
        .with("timeout", "10s")
        .with("wait", "15s")
}

#[test]
fn a_new_configuration_takes_the_list_that_is_there() -> Result<()> {
    each_envoy(|binary| {
        let (gate, first) = open(binary, &[once("kept")])?;
        gate.answer("kept", Answer::ok(GOOD));
        gate.settles(LISTED, "kept", 200)?;
        for round in 0..5 {
            let name = format!(r#""name":"kept-{round}""#);
            let next = first.with(&[(r#""name":"kept""#, &name)])?;
            assert_eq!(gate.envoy.reload(&next)?, Reload::Accepted);
            assert_eq!(gate.everywhere(LISTED, "kept")?.0, 200);
            assert_eq!(gate.everywhere(STRANGER, "kept")?.0, 403);
        }
        assert_eq!(gate.fetched("kept").len(), 1);
        Ok(())
    })
}

#[test]
fn a_new_configuration_waits_for_the_fetch_that_is_under_way() -> Result<()> {
    each_envoy(|binary| {
        let (gate, first) = open(binary, &[once("awaited")])?;
        gate.server.wait_for("/awaited", 1)?;
        let mut old = gate.connect(LISTED)?;
        old.send(b"GET /awaited HTTP/1.1\r\nhost: a\r\n\r\n")?;
        let active = |count| move |active| active >= count;
        const ACTIVE: &str = "http.ingress.downstream_rq_active";
        gate.envoy.wait_for_stat(ACTIVE, active(1))?;
        let next = first.with(&[(r#""name":"awaited""#, r#""name":"anew""#)])?;
        assert_eq!(gate.envoy.reload(&next)?, Reload::Accepted);
        let mut new = gate.connect(LISTED)?;
        new.send(b"GET /awaited HTTP/1.1\r\nhost: a\r\n\r\n")?;
        gate.envoy.wait_for_stat(ACTIVE, active(2))?;
        assert_eq!(
            (gate.fetched("awaited").len(), gate.upstream.requests()),
            (1, 0)
        );

        gate.answer("awaited", Answer::ok(GOOD));
        assert_eq!((old.response()?.status, new.response()?.status), (200, 200));
        assert_eq!(gate.everywhere(STRANGER, "awaited")?.0, 403);
        assert_eq!(gate.fetched("awaited").len(), 1);
        Ok(())
    })
}

#[test]
fn reloads_under_load_change_no_verdict_and_cause_no_storm_of_fetches() -> Result<()> {
    each_envoy(|binary| {
        let lists = || [List::new("old").with("wait", "10s")];
        let (gate, first) = open(binary, &lists())?;
        gate.answer("old", Answer::ok(GOOD));
        gate.settles(LISTED, "old", 200)?;
        // The same list from a place that is slow to answer.
        let other = first.with(&[(r#""path":"/old""#, r#""path":"/new""#)])?;
        let stop = AtomicBool::new(false);
        thread::scope(|scope| -> Result<()> {
            let load = |from, status| {
                let (gate, stop) = (&gate, &stop);
                scope.spawn(move || -> Result<u64> {
                    let mut count = 0;
                    while !stop.load(Ordering::SeqCst) {
                        let answer = gate.get(from, "old")?;
                        assert_eq!(answer.status, status, "{from}: {}", answer.text());
                        count += 1;
                    }
                    Ok(count)
                })
            };
            let threads = [load(LISTED, 200), load(STRANGER, 403)];
            let reloads = reload_by_turns(&gate, [&other, &first]);
            stop.store(true, Ordering::SeqCst);
            reloads?;
            for thread in threads {
                let answered = thread.join().unwrap()?;
                assert!(answered > 0);
            }
            Ok(())
        })?;
        for list in ["old", "new"] {
            let fetched = gate.fetched(list);
            let pause = shortest_pause(&fetched);
            let pause = pause.unwrap_or_else(|| panic!("{list}: {} fetches", fetched.len()));
            assert!(pause.as_millis() >= 890, "{list}: {pause:?}");
        }
        Ok(())
    })
}

/// Reloads six times; the first fetch of the new place is under way in the second.
fn reload_by_turns(gate: &Gate, turns: [&Bootstrap; 2]) -> Result<()> {
    gate.server.answer("/new", Answer::held());
    for (round, next) in turns.repeat(3).into_iter().enumerate() {
        assert_eq!(gate.envoy.reload(next)?, Reload::Accepted);
        if round == 0 {
            gate.server.wait_for("/new", 1)?;
        }
        if round == 1 {
            gate.server.answer("/new", Answer::ok(GOOD));
        }
    }
    let count = gate.server.fetched("/new").len();
    gate.server.wait_for("/new", count + 2)?;
    Ok(())
}

/// A gate whose sources answer nothing yet, and what it was started with.
fn open(binary: &Binary, lists: &[List]) -> Result<(Gate, Bootstrap)> {
    let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
    for list in lists {
        server.answer(&path(list.name()), Answer::held());
    }
    let bootstrap = bootstrap(&upstream, &server, lists)?;
    let envoy = Envoy::start_reloadable(binary, &bootstrap)?;
    Ok((Gate::of(envoy, server, upstream)?, bootstrap))
}
