//! Which sources and policies there can be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod support;

use std::time::Duration;

use gatepost_remote::{MaxAge, Source, SourceError as Error, SourceSpec};
use support::{ms, s};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn refused(change: impl Fn(&mut SourceSpec)) -> Option<Error> {
    let mut spec = SourceSpec::new("feeds", "feeds.example", "/");
    change(&mut spec);
    Source::new(spec).err()
}

#[test]
fn the_defaults_are_within_the_limits() {
    assert_eq!(refused(|_| ()), None);
}

#[test]
fn names_are_visible_ascii_of_a_bounded_length() {
    let long = "x".repeat(256);
    for bad in ["", "a b", "a\r\nb", "é", "a\0", long.as_str()] {
        let cluster = refused(|spec| bad.clone_into(&mut spec.cluster));
        assert_eq!(cluster, Some(Error::Cluster));
        let authority = refused(|spec| bad.clone_into(&mut spec.authority));
        assert_eq!(authority, Some(Error::Authority));
    }
    let mesh = "outbound|443||feeds.example";
    assert_eq!(refused(|spec| mesh.clone_into(&mut spec.cluster)), None);
}

#[test]
fn a_path_begins_with_a_slash_and_has_no_fragment() {
    let long = format!("/{}", "x".repeat(2048));
    for bad in ["", "a", "http://a/", "/a b", "/a#b", "/\n", long.as_str()] {
        let path = refused(|spec| bad.clone_into(&mut spec.path));
        assert_eq!(path, Some(Error::Path));
    }
}

#[test]
fn times_and_sizes_have_limits() {
    let hours = |hours: u64| s(3600 * hours);
    let bounds = |shortest, longest| Some(MaxAge { shortest, longest });
    for (error, change) in [
        (
            Error::Timeout,
            &(|spec: &mut SourceSpec| spec.timeout = ms(99)) as &dyn Fn(&mut SourceSpec),
        ),
        (Error::Timeout, &|spec| spec.timeout = ms(60_001)),
        (Error::MaxBytes, &|spec| spec.max_bytes = 0),
        (Error::MaxBytes, &|spec| spec.max_bytes = (16 << 20) + 1),
        (Error::Refresh, &|spec| spec.policy.refresh = ms(999)),
        (Error::Refresh, &|spec| spec.policy.refresh = hours(25)),
        (Error::Jitter, &|spec| spec.policy.jitter_percent = 51),
        (Error::MaxAge, &|spec| {
            spec.policy.max_age = bounds(ms(999), s(9));
        }),
        (Error::MaxAge, &|spec| {
            spec.policy.max_age = bounds(s(9), hours(25));
        }),
        (Error::MaxAge, &|spec| {
            spec.policy.max_age = bounds(s(9), s(8));
        }),
        (Error::StaleFor, &|spec| spec.policy.stale_for = s(69)),
        (Error::StaleFor, &|spec| spec.policy.stale_for = hours(721)),
        (Error::StaleFor, &|spec| {
            spec.policy.max_age = bounds(s(9), hours(1));
        }),
        (Error::Backoff, &|spec| spec.policy.backoff.first = ms(99)),
        (Error::Backoff, &|spec| spec.policy.backoff.first = s(61)),
        (Error::Backoff, &|spec| {
            spec.policy.backoff.longest = hours(2);
        }),
        (Error::Cooldown, &|spec| {
            spec.policy.cooldown = Duration::ZERO;
        }),
        (Error::Cooldown, &|spec| spec.policy.cooldown = hours(2)),
    ] {
        assert_eq!(refused(change), Some(error));
    }
}

#[test]
fn an_error_names_its_field_and_what_was_expected() {
    assert_eq!(Error::Refresh.field(), "refresh");
    assert_eq!(Error::Refresh.to_string(), "expected 1s to 24h");
}
