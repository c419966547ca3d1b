//! Shared data that is anybody's, refused, or lost.
#![allow(unused_must_use)] // An event whose actions are beside the point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod support;

use gatepost_remote::{Demand, Failure, FailureKind, Remote, Source, State, Unavailable};
use support::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const GOOD: &str = "a\nend\n";

fn filled() -> (Shared, Worker) {
    let shared = Shared::default();
    let mut one = worker(1);
    refresh(&mut one, &Answer::ok(GOOD), START, &shared);
    (shared, one)
}

#[test]
fn equal_sources_share_and_others_never_meet() {
    let shared = Shared::default();
    let mut others: Vec<Worker> = vec![worker(1)];
    let changes: [fn(&mut gatepost_remote::SourceSpec); 8] = [
        |spec| spec.cluster.push('2'),
        |spec| spec.authority.push('2'),
        |spec| spec.path.push('2'),
        |spec| spec.timeout = s(6),
        |spec| spec.max_bytes = 5,
        |spec| spec.policy.refresh = s(61),
        |spec| spec.policy.stale_for = s(3601),
        |spec| spec.policy.cooldown = s(31),
    ];
    for change in changes {
        let mut spec = spec();
        change(&mut spec);
        others.push(worker_of(spec, 1));
    }
    let source = Source::new(spec()).unwrap();
    others.push(Remote::new(source, Lines { id: 2 }, 1));
    let count = others.len();
    for other in &mut others {
        assert!(other.tick(START, &shared).fetch.is_some());
    }
    assert_eq!(shared.slots.borrow().len(), count);
    assert!(worker(2).tick(START, &shared).fetch.is_none());
}

/// The source that a document of `owner` names.
fn named(path: &str, owner: &Source) -> Worker {
    let mut named = spec();
    named.path = path.to_owned();
    let source = Source::new(named).unwrap().named_by(owner, b"owner");
    Remote::new(source, Lines { id: 1 }, 1)
}

#[test]
fn whoever_names_ever_new_sources_gets_a_fixed_set_of_slots() {
    let shared = Shared::default();
    let owner = Source::new(spec()).unwrap();
    let mut other = spec();
    other.path = "/other".to_owned();
    let other = Source::new(other).unwrap();
    for number in 0..200 {
        let path = format!("/{number}");
        let now = START + s(number);
        let body = format!("{number}\nend\n");
        let mut one = named(&path, &owner);
        let actions = refresh(&mut one, &Answer::ok(&body), now, &shared);
        assert!(actions.changed, "{number}");
        // Equal ones share, and what another place has left there is nothing.
        let mut two = named(&path, &owner);
        assert!(two.tick(now, &shared).fetch.is_none());
        assert_eq!(first_line(&two, now), Some(&*number.to_string()));
    }
    assert_eq!(shared.slots.borrow().len(), 16);
    refresh(&mut named("/0", &other), &Answer::ok(GOOD), START, &shared);
    assert_eq!(shared.slots.borrow().len(), 18);
}

#[test]
fn sources_that_meet_in_a_slot_serve_on_and_take_turns() {
    let shared = Shared::default();
    let owner = Source::new(spec()).unwrap();
    let mut old = named("/old", &owner);
    refresh(&mut old, &Answer::ok("old\nend\n"), START, &shared);
    let meets = |path: &String| {
        let alone = Shared::default();
        fetch(&mut named("/old", &owner), START, &alone);
        fetch(&mut named(path, &owner), START, &alone);
        alone.slots.borrow().len() == 1
    };
    let meeting = (0..100).map(|number| format!("/{number}")).find(meets);
    let mut new = named(&meeting.unwrap(), &owner);
    refresh(&mut new, &Answer::ok("new\nend\n"), START, &shared);
    assert_eq!(shared.slots.borrow().len(), 2);
    for second in 0..30 {
        let now = START + s(second);
        assert!(old.tick(now, &shared).fetch.is_none(), "{second}");
        assert_eq!(first_line(&old, now), Some("old"));
        assert_eq!(first_line(&new, now), Some("new"));
    }
    // After the cooldown the one that looks is asked for again.
    assert!(old.tick(START + s(30), &shared).fetch.is_some());
}

#[test]
fn keys_are_of_a_fixed_form() {
    let (shared, _) = filled();
    for end in ["control", "document"] {
        let key = String::from_utf8(shared.key(end)).unwrap();
        let hash = key.strip_prefix("gatepost.remote.2.").unwrap();
        let hash = hash.strip_suffix(end).unwrap().strip_suffix('.').unwrap();
        assert_eq!(hash.len(), 32);
        assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

#[test]
fn a_damaged_control_slot_counts_as_absent() {
    let (shared, _) = filled();
    let good = shared.value("control");
    let key = shared.key("control");
    for at in 0..good.len() {
        for bad in [
            good[..at].to_vec(),
            [&good[..at], &[good[at] ^ 1], &good[at + 1..]].concat(),
        ] {
            shared.overwrite(&key, &bad);
            let mut fresh = worker(2);
            // Nothing is known, so the source is asked, and nothing is served.
            assert!(fresh.tick(START, &shared).fetch.is_some(), "{at}");
        }
    }
    shared.overwrite(&key, &[&good[..], b"\0"].concat());
    assert!(worker(2).tick(START, &shared).fetch.is_some());
    shared.overwrite(&key, &good);
    assert!(worker(2).tick(START, &shared).changed);
}

#[test]
fn a_damaged_document_slot_is_fetched_again_after_the_cooldown() {
    let (shared, _) = filled();
    let good = shared.value("document");
    let key = shared.key("document");
    for at in 0..good.len() {
        let bad = [&good[..at], &[good[at] ^ 1], &good[at + 1..]].concat();
        shared.overwrite(&key, &bad);
        let mut fresh = worker(2);
        let actions = fresh.tick(START, &shared);
        assert!(!actions.changed && actions.fetch.is_none(), "{at}");
        assert_eq!(fresh.state(START), State::Loading);
    }
    let mut fresh = worker(2);
    fresh.tick(START, &shared);
    assert!(fresh.tick(START + ms(29_999), &shared).fetch.is_none());
    let actions = refresh(&mut fresh, &Answer::ok(GOOD), START + s(30), &shared);
    assert!(actions.changed);
}

#[test]
fn the_source_is_not_asked_for_changes_of_what_others_cannot_load() {
    let shared = Shared::default();
    let mut one = worker(1);
    let answer = Answer::ok(GOOD).with("etag", "\"x\"");
    refresh(&mut one, &answer, START, &shared);
    shared.overwrite(&shared.key("document"), b"x");
    let fetch = fetch(&mut one, START + s(60), &shared);
    assert_eq!(sent(&one, &fetch, "if-none-match"), None);
}

#[test]
fn a_store_that_forgets_does_not_make_the_source_be_asked_more_often() {
    let (shared, mut one) = filled();
    let mut fetches = 0;
    for second in 1..=300 {
        shared.overwrite(&shared.key("control"), b"");
        fetches += usize::from(one.tick(START + s(second), &shared).fetch.is_some());
    }
    assert_eq!(fetches, 10);
    assert!(one.document(START + s(300)).is_some());
}

#[test]
fn a_store_that_forgets_never_repeats_a_generation() {
    let (shared, mut one) = filled();
    let before = one.status(START).generation;
    shared.slots.borrow_mut().clear();
    let mut two = worker(2);
    let later = START + ms(1);
    refresh(&mut two, &Answer::ok("b\nend\n"), later, &shared);
    assert!(two.status(later).generation > before);
    assert!(one.tick(later, &shared).changed);
    assert_eq!(first_line(&one, later), Some("b"));
}

#[test]
fn slots_of_the_future_count_as_absent() {
    let shared = Shared::default();
    let mut later = worker(1);
    refresh(&mut later, &Answer::ok(GOOD), START + s(1000), &shared);
    assert!(worker(2).tick(START, &shared).fetch.is_some());
}

#[test]
fn threads_may_read_the_clock_at_slightly_different_moments() {
    let (shared, _) = filled();
    let mut two = worker(2);
    let earlier = START - ms(5);
    let actions = two.tick(earlier, &shared);
    assert!(actions.changed && actions.fetch.is_none());
    assert!(two.document(earlier).is_some());
}

#[test]
fn a_lost_swap_means_that_another_fetches() {
    let (shared, mut one) = filled();
    shared.intrude.set(true);
    let later = START + s(60);
    assert!(one.tick(later, &shared).fetch.is_none());
}

#[test]
fn a_document_slot_that_somebody_overwrote_is_written_at_the_next_tick() {
    let shared = Shared::default();
    let mut one = worker(1);
    let fetch = fetch(&mut one, START, &shared);
    assert!(
        !Answer::ok(GOOD)
            .give(&mut one, fetch.attempt, START, &shared)
            .changed
    );
    shared.intrude.set(true);
    assert!(!one.tick(START, &shared).changed);
    assert!(one.tick(START, &shared).changed);
    assert!(worker(2).tick(START, &shared).changed);
}

#[test]
fn without_shared_data_nothing_is_fetched_and_what_is_held_serves_until_it_is_stale() {
    let (shared, mut one) = filled();
    let mut two = worker(2);
    shared.refuse.set(Some(10));
    let mut failed = 0;
    for second in 1..3600 {
        let now = START + s(second);
        for worker in [&mut one, &mut two] {
            let actions = worker.tick(now, &shared);
            assert!(actions.fetch.is_none());
            assert_eq!(actions.wake, !actions.failed.is_empty());
            failed += actions.failed.len();
        }
        assert!(one.document(now).is_some());
        let unavailable = Unavailable::Failed(FailureKind::Slots);
        assert_eq!(two.state(now), State::Unavailable(unavailable));
    }
    // With back-off: some 6 doublings, then one in 30 to 60 s, on two workers.
    assert!((120..300).contains(&failed), "{failed}");
    let stale = Unavailable::Stale(Some(FailureKind::Slots));
    assert_eq!(one.state(START + s(3600)), State::Unavailable(stale));
    shared.refuse.set(None);
    assert!(one.tick(START + s(3700), &shared).fetch.is_some());
}

#[test]
fn a_document_that_cannot_be_shared_is_a_failure() {
    let shared = Shared::default();
    let mut one = worker(1);
    let fetch = fetch(&mut one, START, &shared);
    Answer::ok(GOOD).give(&mut one, fetch.attempt, START, &shared);
    shared.refuse_put.set(Some(10));
    // First the document, then control, which cannot say so either.
    let failed = one.tick(START, &shared).failed;
    assert_eq!(failed, [Failure::Slots(10)]);
    shared.refuse_put.set(None);
    let failed = one.tick(START + s(2), &shared).failed;
    assert_eq!(failed, [Failure::Slots(10)]);
    assert!(one.document(START + s(2)).is_none());
}

#[test]
fn nobody_waits_for_refused_shared_data() {
    let (shared, mut one) = filled();
    shared.refuse.set(Some(10));
    let later = START + s(31);
    let (demand, actions) = one.demand(later, &shared);
    assert_eq!(demand, Demand::Unanswered);
    assert_eq!(actions.failed, [Failure::Slots(10)]);
    let gets = shared.gets.get();
    assert_eq!(one.demand(later, &shared).0, Demand::Unanswered);
    assert_eq!(shared.gets.get(), gets);
}

#[test]
fn a_slot_of_another_source_counts_as_absent() {
    let (shared, _) = filled();
    let of_others = Shared::default();
    let mut other = spec();
    other.path = "/list?a=c".to_owned();
    refresh(
        &mut worker_of(other, 1),
        &Answer::ok("b\nend\n"),
        START,
        &of_others,
    );
    for end in ["control", "document"] {
        shared.overwrite(&shared.key(end), &of_others.value(end));
    }
    let mut fresh = worker(2);
    let actions = fresh.tick(START, &shared);
    assert!(!actions.changed && actions.fetch.is_some());
    assert!(fresh.document(START).is_none());
}
