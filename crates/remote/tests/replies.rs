//! What the source answers, and what comes of it.
#![allow(unused_must_use)] // An event whose actions are beside the point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod support;

use std::time::Duration;

use gatepost_remote::{Body, Failure, FailureKind, MaxAge, SourceSpec, State, Unavailable};
use support::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const GOOD: &str = "a\nend\n";

#[test]
fn a_fetch_is_a_get_of_the_source_without_encodings() {
    let shared = Shared::default();
    let mut one = worker(1);
    let fetch = fetch(&mut one, START, &shared);
    let expected: [(&str, &[u8]); 4] = [
        (":method", b"GET"),
        (":path", b"/list?a=b"),
        (":authority", b"feeds.example"),
        ("accept-encoding", b"identity"),
    ];
    assert_eq!(fetch.headers(one.source()), expected);
}

#[test]
fn anything_but_a_whole_document_is_a_failure() {
    let too_large = Answer {
        body: Body::TooLarge(5 << 20),
        ..Answer::ok("")
    };
    let copied = Answer::ok(&"x".repeat((4 << 20) + 1));
    let cases: &[(Answer, Failure<BadLine>)] = &[
        (Answer::none(), Failure::NoReply),
        (
            Answer::new("301", GOOD).with("location", "/"),
            Failure::Redirect(301),
        ),
        (Answer::new("307", GOOD), Failure::Redirect(307)),
        (Answer::new("304", ""), Failure::Status(304)),
        (Answer::new("201", GOOD), Failure::Status(201)),
        (Answer::new("206", GOOD), Failure::Status(206)),
        (Answer::new("204", ""), Failure::Status(204)),
        (Answer::new("404", GOOD), Failure::Status(404)),
        (
            Answer::new("503", "no healthy upstream"),
            Failure::Status(503),
        ),
        (
            Answer::new("504", "upstream request timeout"),
            Failure::Status(504),
        ),
        (Answer::new("", GOOD), Failure::Status(0)),
        (Answer::new("0200", GOOD), Failure::Status(0)),
        (Answer::new("+20", GOOD), Failure::Status(0)),
        (Answer::new("99999", GOOD), Failure::Status(0)),
        (Answer::ok(GOOD).with(":status", "200"), Failure::Status(0)),
        (too_large, Failure::TooLarge(5 << 20)),
        (copied, Failure::TooLarge((4 << 20) + 1)),
        (
            Answer::ok(GOOD).with("content-encoding", "gzip"),
            Failure::Encoded,
        ),
        (
            Answer::ok(GOOD)
                .with("content-encoding", "identity")
                .with("Content-Encoding", "br"),
            Failure::Encoded,
        ),
        (Answer::ok(GOOD).with("content-length", "7"), Failure::Cut),
        (Answer::ok(GOOD).with("content-length", "-6"), Failure::Cut),
        (
            Answer::ok(GOOD)
                .with("content-length", "6")
                .with("content-length", "6"),
            Failure::Cut,
        ),
        (Answer::ok(""), Failure::Empty),
        (Answer::ok("<html>"), Failure::Invalid(BadLine(1))),
        (Answer::ok("a\nb\n"), Failure::Invalid(BadLine(3))),
    ];
    for (answer, failure) in cases {
        let shared = Shared::default();
        let mut one = worker(1);
        let actions = refresh(&mut one, answer, START, &shared);
        assert_eq!(actions.failed, std::slice::from_ref(failure));
        assert!(actions.wake && !actions.changed);
        let unavailable = Unavailable::Failed(failure.kind());
        assert_eq!(one.state(START), State::Unavailable(unavailable));
        let keys = shared.slots.borrow();
        assert!(keys.keys().all(|key| !key.ends_with(b"document")));
    }
}

#[test]
fn a_refused_call_is_a_failure() {
    for (status, failure) in [(2, Failure::ClusterMissing), (10, Failure::CallRefused(10))] {
        let shared = Shared::default();
        let mut one = worker(1);
        let fetch = fetch(&mut one, START, &shared);
        let actions = one.call_refused(fetch.attempt, status, START, &shared);
        assert_eq!(actions.failed, [failure]);
        assert!(actions.fetch.is_none());
    }
}

#[test]
fn identity_is_no_encoding() {
    let answer = Answer::ok(GOOD)
        .with("content-encoding", "Identity")
        .with("content-length", "6");
    assert!(refresh(&mut worker(1), &answer, START, &Shared::default()).changed);
}

#[test]
fn a_failure_says_what_was_expected() {
    for (failure, text) in [
        (
            Failure::Invalid(BadLine(7)),
            "the body is no document: line 7: expected letters and digits",
        ),
        (
            Failure::Redirect(302),
            "redirected with 302; redirects are not followed",
        ),
        (Failure::Status(404), "expected status 200, got 404"),
        (Failure::ClusterMissing, "the proxy knows no such cluster"),
        (
            Failure::CallRefused(10),
            "the proxy refused the call with status 10, as it does when the cluster has no endpoint",
        ),
        (
            Failure::CallRefused(1),
            "the proxy refused the call with status 1",
        ),
    ] {
        assert_eq!(failure.to_string(), text);
    }
    let mut codes: Vec<_> = FailureKind::ALL.iter().map(|kind| kind.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), FailureKind::ALL.len());
}

#[test]
fn the_source_is_asked_whether_its_document_changed() {
    let shared = Shared::default();
    let (mut one, mut two) = (worker(1), worker(2));
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let answer = Answer::ok(GOOD)
        .with("ETag", "W/\"x\"")
        .with("last-modified", date);
    refresh(&mut one, &answer, START, &shared);
    two.tick(START, &shared);
    let later = START + s(60);
    let fetch = fetch(&mut two, later, &shared);
    assert_eq!(sent(&two, &fetch, "if-none-match").unwrap(), b"W/\"x\"");
    assert_eq!(sent(&two, &fetch, "if-modified-since"), None);
    let actions = Answer::new("304", "").give(&mut two, fetch.attempt, later, &shared);
    assert!(actions.failed.is_empty() && !actions.changed);
    one.tick(later, &shared);
    for worker in [&one, &two] {
        assert_eq!(worker.status(later).age, Some(Duration::ZERO));
        assert_eq!(first_line(worker, later), Some("a"));
    }
    assert!(two.tick(later + s(59), &shared).fetch.is_none());
}

#[test]
fn what_cannot_be_sent_back_is_not() {
    let long = format!("\"{}\"", "x".repeat(255));
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (etag, modified, expected) in [
        ("\"\"", "", Some(("if-none-match", "\"\""))),
        ("bare", date, Some(("if-modified-since", date))),
        ("\"a\r\nevil: 1\"", date, Some(("if-modified-since", date))),
        ("\"a b\"", "", None),
        ("\"a\"b\"", "", None),
        ("\"", "", None),
        ("w/\"a\"", "", None),
        ("\"é\"", "", None),
        (&long, "", None),
        ("", "Sunday, 06-Nov-94 08:49:37 GMT", None),
        ("", "Sun, 06 Nov 1994 08:49:37\r\nGMT", None),
    ] {
        let shared = Shared::default();
        let mut one = worker(1);
        let answer = Answer::ok(GOOD)
            .with("etag", etag)
            .with("last-modified", modified);
        refresh(&mut one, &answer, START, &shared);
        let fetch = fetch(&mut one, START + s(60), &shared);
        let headers = fetch.headers(one.source());
        let condition = headers.get(4).map(|(name, value)| (*name, *value));
        let expected = expected.map(|(name, value)| (name, value.as_bytes()));
        assert_eq!(condition, expected, "{etag:?} {modified:?}");
    }
}

#[test]
fn of_two_etags_neither_is_used() {
    let shared = Shared::default();
    let mut one = worker(1);
    let answer = Answer::ok(GOOD).with("etag", "\"a\"").with("etag", "\"b\"");
    refresh(&mut one, &answer, START, &shared);
    let fetch = fetch(&mut one, START + s(60), &shared);
    assert_eq!(sent(&one, &fetch, "if-none-match"), None);
}

/// Seconds from a success to the next fetch.
fn period(spec: SourceSpec, headers: &[(&'static str, &str)]) -> u64 {
    let shared = Shared::default();
    let mut one = worker_of(spec, 1);
    let answer = headers
        .iter()
        .fold(Answer::ok(GOOD), |answer, (name, value)| {
            answer.with(name, value)
        });
    refresh(&mut one, &answer, START, &shared);
    (1..)
        .find(|second| one.tick(START + s(*second), &shared).fetch.is_some())
        .unwrap()
}

#[test]
fn max_age_moves_the_period_within_its_bounds() {
    let bounded = || {
        let mut spec = spec();
        spec.policy.max_age = Some(MaxAge {
            shortest: s(20),
            longest: s(300),
        });
        spec
    };
    let cases: &[(&[(&str, &str)], u64)] = &[
        (&[], 60),
        (&[("cache-control", "public")], 60),
        (&[("cache-control", "max-age=100")], 100),
        (
            &[("cache-control", "public, Max-Age=\"100\" , must-revalidate")],
            100,
        ),
        (&[("cache-control", "max-age=100"), ("age", "30")], 70),
        (&[("cache-control", "max-age=100"), ("age", "-30")], 100),
        (&[("cache-control", "max-age=100"), ("age", "x")], 100),
        (
            &[
                ("cache-control", "max-age=100"),
                ("age", "9999999999999999999999"),
            ],
            20,
        ),
        (&[("cache-control", "max-age=1")], 20),
        (
            &[("cache-control", "max-age=999999999999999999999999999")],
            300,
        ),
        (&[("cache-control", "max-age=-1")], 20),
        (&[("cache-control", "max-age")], 20),
        (&[("cache-control", "max-age=")], 20),
        (&[("cache-control", "max-age=1e3")], 20),
        (&[("cache-control", "max-age=100, max-age=50")], 50),
        (
            &[
                ("cache-control", "max-age=100"),
                ("cache-control", "max-age=50"),
            ],
            50,
        ),
        (&[("cache-control", "max-age=100, no-store")], 20),
        (&[("cache-control", "no-cache=\"x\", max-age=100")], 20),
        (&[("cache-control", "s-maxage=100")], 60),
        (&[("cache-control", ",,;=,")], 60),
    ];
    for (headers, expected) in cases {
        assert_eq!(period(bounded(), headers), *expected, "{headers:?}");
    }
}

#[test]
fn no_source_moves_the_period_unless_the_policy_says_how_far() {
    assert_eq!(period(spec(), &[("cache-control", "max-age=1000")]), 60);
    assert_eq!(period(spec(), &[("cache-control", "no-store")]), 60);
}

#[test]
fn jitter_makes_a_fetch_earlier_by_its_share_at_most() {
    let mut periods = Vec::new();
    for nonce in 0..200 {
        let shared = Shared::default();
        let mut spec = spec();
        spec.policy.jitter_percent = 50;
        let mut one = worker_of(spec, nonce);
        refresh(&mut one, &Answer::ok(GOOD), START, &shared);
        periods.extend((1..).find(|at| one.tick(START + s(*at), &shared).fetch.is_some()));
    }
    let (least, most) = (periods.iter().min(), periods.iter().max());
    assert!((30..36).contains(least.unwrap()) && (55..=60).contains(most.unwrap()));
}
