//! Who fetches: the claim, its expiry, its return.
#![allow(unused_must_use)] // An event whose actions are beside the point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod support;

use gatepost_remote::{Failure, FailureKind, State, Unavailable};
use support::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn nothing_happens_before_the_first_tick() {
    let shared = Shared::default();
    let mut canary = worker(1);
    assert_eq!(canary.state(START), State::Loading);
    canary.close(START, &shared);
    drop(canary);
    assert_eq!((shared.gets.get(), shared.puts.get()), (0, 0));
}

#[test]
fn one_of_many_workers_fetches() {
    let shared = Shared::default();
    let mut workers: Vec<Worker> = (0..8).map(worker).collect();
    let fetches = |workers: &mut Vec<Worker>, now| {
        let ticks = workers.iter_mut().map(|worker| worker.tick(now, &shared));
        ticks.filter(|actions| actions.fetch.is_some()).count()
    };
    assert_eq!(fetches(&mut workers, START), 1);
    assert_eq!(fetches(&mut workers, START + s(1)), 0);
}

#[test]
fn a_claim_is_told_apart_by_its_number_when_nonces_are_equal() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(0), worker(0));
    let first = fetch(&mut one, START, &shared);
    assert!(two.tick(START, &shared).fetch.is_none());
    let later = START + s(11);
    let second = fetch(&mut two, later, &shared);
    let late = Answer::ok("late\nend\n").give(&mut one, first.attempt, later, &shared);
    assert!(!late.changed);
    Answer::ok("a\nend\n").give(&mut two, second.attempt, later, &shared);
    assert!(two.tick(later, &shared).changed);
    assert_eq!(first_line(&two, later), Some("a"));
    one.tick(later, &shared);
    assert_eq!(first_line(&one, later), Some("a"));
}

#[test]
fn a_document_reaches_every_worker_and_wakes_its_requests() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    two.tick(START, &shared);
    let mut three = worker(3);
    fetch(&mut worker(9), START + s(20), &shared);
    // The first holder, two, and the second are gone: this one takes over.
    let later = START + s(60);
    let actions = refresh(&mut one, &Answer::ok("a\nb\nend\n"), later, &shared);
    assert!(actions.changed && actions.wake);
    for worker in [&mut two, &mut three] {
        let actions = worker.tick(later, &shared);
        assert!(actions.changed && actions.wake && actions.fetch.is_none());
        assert_eq!(worker.document(later).unwrap(), &["a", "b"]);
        let again = worker.tick(later, &shared);
        assert!(!again.changed && !again.wake);
    }
}

#[test]
fn a_failure_wakes_the_requests_of_every_worker() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    let fetch = fetch(&mut one, START, &shared);
    assert!(!two.tick(START, &shared).wake);
    let actions = Answer::new("500", "").give(&mut one, fetch.attempt, START, &shared);
    assert!(actions.wake);
    assert_eq!(actions.failed, [Failure::Status(500)]);
    let told = two.tick(START, &shared);
    assert!(told.wake && told.failed.is_empty());
    let failed = State::Unavailable(Unavailable::Failed(FailureKind::Status));
    assert_eq!(one.state(START), failed);
    assert_eq!(two.state(START), failed);
}

#[test]
fn a_claim_that_is_not_given_back_expires_and_counts_as_a_failure() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    fetch(&mut one, START, &shared);
    drop(one);
    // Timeout 5 s, margin 5 s.
    assert!(two.tick(START + ms(9_999), &shared).fetch.is_none());
    let actions = two.tick(START + s(10), &shared);
    assert!(actions.fetch.is_some());
    assert_eq!(actions.failed, [Failure::Abandoned]);
}

#[test]
fn holders_that_die_one_after_the_other_back_off() {
    let shared = Shared::default();
    let mut starts = Vec::new();
    let mut now = START;
    while starts.len() < 9 {
        // A document that takes its worker down, for example.
        if worker(starts.len() as u128)
            .tick(now, &shared)
            .fetch
            .is_some()
        {
            starts.push(now);
        }
        now += ms(500);
    }
    let gaps: Vec<_> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps[0] <= ms(10_500));
    assert!(gaps[7] >= s(30), "{gaps:?}");
}

#[test]
fn a_claim_given_back_is_taken_at_once() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    fetch(&mut one, START, &shared);
    one.close(START + ms(10), &shared);
    let actions = two.tick(START + ms(20), &shared);
    assert!(actions.fetch.is_some() && actions.failed.is_empty());
}

#[test]
fn closing_leaves_the_claim_of_another_alone() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    fetch(&mut one, START, &shared);
    fetch(&mut two, START + s(10), &shared);
    let before = shared.value("control");
    one.close(START + s(10), &shared);
    assert_eq!(shared.value("control"), before);
}

#[test]
fn a_new_configuration_of_the_same_source_loads_without_a_fetch() {
    let shared = Shared::default();
    let mut old = worker(1);
    refresh(&mut old, &Answer::ok("a\nend\n"), START, &shared);
    old.close(START, &shared);
    let mut new = worker(2);
    let actions = new.tick(START + s(1), &shared);
    assert!(actions.changed && actions.fetch.is_none());
    assert_eq!(first_line(&new, START + s(1)), Some("a"));
}

#[test]
fn a_holder_that_lost_its_claim_drops_what_it_parsed() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    let old = fetch(&mut one, START, &shared);
    let body = "old\n".to_owned() + &"x\n".repeat(50) + "end\n";
    Answer::ok(&body).give(&mut one, old.attempt, START, &shared);
    // Its thread stands still, and another takes over.
    let later = START + s(20);
    refresh(&mut two, &Answer::ok("new\nend\n"), later, &shared);
    for step in 0..60 {
        let actions = one.tick(later + ms(step), &shared);
        assert!(actions.failed.is_empty() && actions.fetch.is_none());
    }
    assert_eq!(first_line(&one, later + ms(60)), Some("new"));
}

#[test]
fn a_holder_that_parses_renews_its_claim() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    let fetch = fetch(&mut one, START, &shared);
    let body = "x\n".repeat(60) + "end\n";
    Answer::ok(&body).give(&mut one, fetch.attempt, START, &shared);
    let mut changed = false;
    for step in 1..=60 {
        let now = START + ms(step * 500);
        changed |= one.tick(now, &shared).changed;
        assert!(two.tick(now, &shared).fetch.is_none());
    }
    assert!(changed);
    assert!(two.document(START + s(30)).is_some());
}

#[test]
fn a_parser_without_end_is_given_up() {
    let shared = Shared::default();
    let mut one = worker(1);
    let fetch = fetch(&mut one, START, &shared);
    let body = "x\n".repeat(1000) + "end\n";
    Answer::ok(&body).give(&mut one, fetch.attempt, START, &shared);
    let failed = (1..=61).flat_map(|step| one.tick(START + s(step), &shared).failed);
    assert_eq!(failed.collect::<Vec<_>>(), [Failure::Unfinished]);
}

#[test]
fn a_reply_that_never_comes_is_a_failure() {
    let shared = Shared::default();
    let mut one = worker(1);
    fetch(&mut one, START, &shared);
    assert!(one.tick(START + ms(5_999), &shared).failed.is_empty());
    assert_eq!(one.tick(START + s(6), &shared).failed, [Failure::NoReply]);
}

#[test]
fn a_reply_to_a_fetch_that_was_given_up_is_not_looked_at() {
    let shared = Shared::default();
    let mut one = worker(1);
    let old = fetch(&mut one, START, &shared);
    one.tick(START + s(6), &shared);
    let later = START + s(10);
    let new = fetch(&mut one, later, &shared);
    let late = Answer::ok("late\nend\n").give(&mut one, old.attempt, later, &shared);
    assert!(!late.wake && !late.changed);
    Answer::ok("a\nend\n").give(&mut one, new.attempt, later, &shared);
    one.tick(later, &shared);
    assert_eq!(first_line(&one, later), Some("a"));
}

#[test]
fn ticks_are_fast_while_something_is_about_to_happen() {
    let shared = Shared::default();
    let mut one = worker(1);
    assert_eq!(one.next_tick(START), ms(50));
    refresh(&mut one, &Answer::ok("a\nend\n"), START, &shared);
    assert_eq!(one.next_tick(START), s(1));
    assert_eq!(one.next_tick(START + ms(59_700)), ms(300));
    let later = START + s(60);
    let fetch = fetch(&mut one, later, &shared);
    assert_eq!(one.next_tick(later), s(1));
    Answer::ok("a\nb\nend\n").give(&mut one, fetch.attempt, later, &shared);
    assert_eq!(one.next_tick(later), ms(10));
}
