//! Fetches on demand, and how long a document serves.
#![allow(unused_must_use)] // An event whose actions are beside the point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod support;

use std::time::Duration;

use gatepost_remote::{Demand, FailureKind, State, Unavailable};
use support::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn filled() -> (Shared, Worker) {
    let shared = Shared::default();
    let mut one = worker(1);
    refresh(&mut one, &Answer::ok("a\nend\n"), START, &shared);
    (shared, one)
}

/// A demand that has the source asked, which answers so.
fn demanded(worker: &mut Worker, answer: &Answer, now: Duration, shared: &Shared) {
    let (demand, actions) = worker.demand(now, shared);
    assert_eq!(demand, Demand::Coming);
    let fetch = actions.fetch.expect("the source is asked");
    answer.give(worker, fetch.attempt, now, shared);
    worker.tick(now, shared);
}

#[test]
fn a_demand_right_after_a_fetch_that_was_due_has_the_source_asked() {
    let (shared, mut one) = filled();
    demanded(&mut one, &Answer::ok("b\nend\n"), START, &shared);
    assert_eq!(first_line(&one, START), Some("b"));
}

#[test]
fn in_the_cooldown_of_a_demand_one_hears_that_it_was_answered() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    demanded(&mut one, &Answer::ok("b\nend\n"), START, &shared);
    assert_eq!(told(two.demand(START, &shared)), Demand::Arrived);
    for second in 0..30 {
        for worker in [&mut one, &mut two] {
            let heard = told(worker.demand(START + s(second), &shared));
            assert_eq!(heard, Demand::Answered);
        }
    }
    demanded(&mut two, &Answer::ok("c\nend\n"), START + s(30), &shared);
}

#[test]
fn a_fetch_that_is_due_begins_no_cooldown_and_answers_who_demands_it() {
    let (shared, mut one) = filled();
    demanded(&mut one, &Answer::none(), START, &shared);
    let retried = START + s(1);
    demanded(&mut one, &Answer::ok("b\nend\n"), retried, &shared);
    let end = START + ms(29_999);
    assert_eq!(told(one.demand(end, &shared)), Demand::Answered);
    // Counted from the demand.
    demanded(&mut one, &Answer::ok("c\nend\n"), START + s(30), &shared);
}

#[test]
fn where_the_source_did_not_answer_a_demand_nobody_hears_that_it_did() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    two.tick(START, &shared);
    demanded(&mut one, &Answer::new("500", ""), START + ms(1), &shared);
    for worker in [&mut one, &mut two] {
        let heard = told(worker.demand(START + ms(100), &shared));
        assert_eq!(heard, Demand::Unanswered);
    }
    // It is asked again as after any failure, and what it says then is an answer.
    let later = START + s(2);
    refresh(&mut two, &Answer::ok("b\nend\n"), later, &shared);
    one.tick(later, &shared);
    for worker in [&mut one, &mut two] {
        assert_eq!(told(worker.demand(later, &shared)), Demand::Answered);
    }
}

#[test]
fn who_has_not_loaded_what_came_hears_no_answer() {
    let (shared, mut one) = filled();
    demanded(&mut one, &Answer::ok("b\nend\n"), START, &shared);
    shared.overwrite(&shared.key("document"), b"x");
    assert_eq!(told(worker(2).demand(START, &shared)), Demand::Unanswered);
    assert_eq!(told(one.demand(START, &shared)), Demand::Answered);
}

#[test]
fn thousands_of_demands_on_every_worker_cause_one_fetch_a_cooldown() {
    let (shared, one) = filled();
    let mut workers = vec![one, worker(2), worker(3)];
    let mut fetches = 0;
    for step in 0..30_000 {
        let now = START + ms(10 * step);
        for worker in &mut workers {
            let mut asked = worker.demand(now, &shared).1.fetch;
            asked = asked.or(worker.tick(now, &shared).fetch);
            if let Some(fetch) = asked {
                fetches += 1;
                Answer::new("500", "").give(worker, fetch.attempt, now, &shared);
            }
        }
    }
    // In 300 s. The first failures are tried again by the back-off.
    assert!((10..=20).contains(&fetches), "{fetches}");
}

#[test]
fn one_who_demands_while_a_fetch_is_under_way_waits_for_it() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    two.tick(START, &shared);
    let later = START + s(40);
    let (_, actions) = one.demand(later, &shared);
    let fetch = actions.fetch.unwrap();
    for worker in [&mut one, &mut two] {
        let (demand, actions) = worker.demand(later, &shared);
        assert_eq!(demand, Demand::Coming);
        assert!(actions.fetch.is_none());
        assert_eq!(worker.next_tick(later), ms(50));
    }
    Answer::ok("b\nend\n").give(&mut one, fetch.attempt, later, &shared);
    assert!(one.tick(later, &shared).wake);
    assert_eq!(one.next_tick(later), s(1));
    // The other one need not wait for its tick.
    let (demand, actions) = two.demand(later, &shared);
    assert_eq!(demand, Demand::Arrived);
    assert!(actions.changed && actions.wake);
    assert_eq!(first_line(&two, later), Some("b"));
}

#[test]
fn one_who_waits_is_woken_when_the_holder_is_gone() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    two.tick(START, &shared);
    let later = START + s(40);
    one.demand(later, &shared);
    assert_eq!(two.demand(later, &shared).0, Demand::Coming);
    one.close(later, &shared);
    let actions = two.tick(later + ms(50), &shared);
    // The fetch is due at once, and this worker makes it.
    let fetch = actions.fetch.unwrap();
    assert!(!actions.wake);
    assert!(
        Answer::none()
            .give(&mut two, fetch.attempt, later + s(1), &shared)
            .wake
    );
}

#[test]
fn an_unchanged_document_wakes_those_who_demanded_a_newer_one() {
    let shared = Shared::default();
    let mut one = worker(1);
    let answer = Answer::ok("a\nend\n").with("etag", "\"x\"");
    refresh(&mut one, &answer, START, &shared);
    let later = START + s(31);
    let fetch = one.demand(later, &shared).1.fetch.unwrap();
    let actions = Answer::new("304", "").give(&mut one, fetch.attempt, later, &shared);
    assert!(actions.wake && !actions.changed);
    assert_eq!(told(one.demand(later, &shared)), Demand::Answered);
}

#[test]
fn a_failure_never_removes_the_last_good_document_before_it_is_stale() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    two.tick(START, &shared);
    for second in 1..3600 {
        let now = START + s(second);
        if let Some(fetch) = one.tick(now, &shared).fetch {
            Answer::new("500", "").give(&mut one, fetch.attempt, now, &shared);
        }
        two.tick(now, &shared);
        assert_eq!(first_line(&one, now), Some("a"));
        assert_eq!(first_line(&two, now), Some("a"));
    }
    let end = START + s(3600);
    let stale = State::Unavailable(Unavailable::Stale(Some(FailureKind::Status)));
    assert_eq!(one.state(end), stale);
    assert_eq!(two.state(end), stale);
    assert_eq!(one.document(end), None);
}

#[test]
fn a_document_goes_stale_even_if_no_tick_comes() {
    let (_, one) = filled();
    assert!(one.document(START + ms(3_599_999)).is_some());
    assert!(one.document(START + s(3600)).is_none());
}

#[test]
fn a_document_is_as_old_as_the_request_that_gave_it() {
    let shared = Shared::default();
    let mut one = worker(1);
    let fetch = fetch(&mut one, START, &shared);
    let later = START + s(4);
    Answer::ok("a\nend\n").give(&mut one, fetch.attempt, later, &shared);
    one.tick(later, &shared);
    assert_eq!(one.status(later).age, Some(s(4)));
    assert!(one.document(START + s(3600)).is_none());
}

#[test]
fn failures_in_a_row_back_off_up_to_the_longest_pause() {
    let shared = Shared::default();
    let mut one = worker(1);
    let mut starts = Vec::new();
    for step in 0..8000 {
        let now = START + ms(50 * step);
        if let Some(fetch) = one.tick(now, &shared).fetch {
            starts.push(now);
            Answer::none().give(&mut one, fetch.attempt, now, &shared);
        }
    }
    let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (gap, pause) in gaps.iter().zip([1, 2, 4, 8, 16, 32, 60, 60, 60]) {
        assert!(
            *gap >= s(pause) / 2 && *gap <= s(pause) + ms(50),
            "{gaps:?}"
        );
    }
    assert_eq!(one.status(START + s(400)).failures as usize, starts.len());
}

#[test]
fn a_success_ends_the_back_off() {
    let shared = Shared::default();
    let mut one = worker(1);
    refresh(&mut one, &Answer::none(), START, &shared);
    refresh(&mut one, &Answer::ok("a\nend\n"), START + s(1), &shared);
    let status = one.status(START + s(1));
    assert_eq!((status.failures, status.last_failure), (0, None));
    assert!(one.tick(START + ms(60_900), &shared).fetch.is_none());
    assert!(one.tick(START + s(61), &shared).fetch.is_some());
}

#[test]
fn one_who_waits_is_woken_when_the_claim_is_wiped_out() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    two.tick(START, &shared);
    let later = START + s(40);
    one.demand(later, &shared);
    assert_eq!(two.demand(later, &shared).0, Demand::Coming);
    two.tick(later, &shared);
    shared.overwrite(&shared.key("control"), b"");
    let actions = two.tick(later + ms(50), &shared);
    assert!(actions.wake && actions.fetch.is_none());
}
