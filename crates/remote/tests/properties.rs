//! Any bytes, from the source and from the slots.
#![cfg(not(target_arch = "wasm32"))]
#![allow(unused_must_use)] // An event whose actions are beside the point.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod support;

use gatepost_remote::{Body, Reply};
use proptest::collection::vec;
use proptest::prelude::{Just, any, prop_oneof, proptest};
use support::*;

/// A name that is looked at, or any.
fn name() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    let known = [
        ":status",
        "etag",
        "last-modified",
        "cache-control",
        "age",
        "content-type",
        "content-encoding",
        "content-length",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.map(|name| name.as_bytes().to_vec()).to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #[test]
    fn any_bytes_in_the_slots_are_no_document(
        control in vec(any::<u8>(), 0..400),
        document in vec(any::<u8>(), 0..400),
        at in 0_usize..400,
    ) {
        let shared = Shared::default();
        let mut one = worker(1);
        refresh(&mut one, &Answer::ok("a\nend\n"), START, &shared);
        let splice = |good: Vec<u8>, bad: &[u8]| {
            let at = at.min(good.len());
            let end = (at + bad.len()).min(good.len());
            [&good[..at], bad, &good[end..]].concat()
        };
        let both = [("control", control), ("document", document)];
        for (end, bad) in both {
            let value = splice(shared.value(end), &bad);
            shared.overwrite(&shared.key(end), &value);
            let mut two = worker(2);
            for second in 0..100 {
                let now = START + s(second);
                two.tick(now, &shared);
                two.demand(now, &shared);
                let served = first_line(&two, now);
                assert!(served.is_none_or(|line| line == "a"));
            }
        }
    }

    #[test]
    fn any_reply_is_a_document_or_a_failure(
        status in prop_oneof![Just(b"200".to_vec()), Just(b"304".to_vec()), vec(any::<u8>(), 0..5)],
        headers in vec((name(), vec(any::<u8>(), 0..40)), 0..10),
        body in prop_oneof![Just(b"a\nend\n".to_vec()), vec(any::<u8>(), 0..40)],
    ) {
        let shared = Shared::default();
        let mut one = worker(1);
        let fetch = fetch(&mut one, START, &shared);
        let mut all: Vec<(&[u8], &[u8])> = vec![(b":status", &status)];
        all.extend(headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
        let reply = Reply { headers: &all, body: Body::Whole(body) };
        let mut failed = one.reply(fetch.attempt, reply, START, &shared).failed;
        for _ in 0..50 {
            failed.extend(one.tick(START, &shared).failed);
        }
        assert_eq!(failed.len(), usize::from(one.document(START).is_none()));
        // Whatever is sent back is fit for a header.
        let later = START + s(70);
        if let Some(fetch) = one.tick(later, &shared).fetch {
            let headers = fetch.headers(one.source());
            let printable = |value: &[u8]| value.iter().all(|byte| (b' '..=b'~').contains(byte));
            assert!(headers.iter().all(|(_, value)| printable(value)));
        }
    }
}
