//! Keys of which the issuer says where they are: followed, refused, moved, gone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::cell::Cell;
use std::time::Duration;

use gatepost_test_host::{TestProxy, values};
use support::servers::{Answered, answer, document, last_fetch, outcome, pass, proxy, sent, serve};
use support::tokens::{ISSUER, claims, good, key_set, p256_jwk, signed};
use support::{bearer, challenge};

const DISCOVERY: &str = r#"{"discovery": {"cluster": "keys",
    "key_servers": {"keys.example": "keys", "keys2.example:8443": "keys"}}}"#;

fn metadata(issuer: &str, uri: &str) -> String {
    format!(r#"{{"issuer": "{issuer}", "jwks_uri": "{uri}"}}"#)
}

#[test]
fn keys_are_fetched_where_the_issuer_says() {
    proxy(&document(DISCOVERY, ""), |proxy| {
        let waiting = proxy.send(&bearer(&good("")));
        pass(proxy, Duration::from_millis(200));
        let fetch = last_fetch(proxy, 0);
        assert_eq!(values(&fetch.1.headers, ":authority"), ["issuer.example"]);
        assert_eq!(
            values(&fetch.1.headers, ":path"),
            ["/.well-known/openid-configuration"]
        );
        let before = proxy.calls(0).len();
        answer(
            proxy,
            &fetch,
            &metadata(ISSUER, "https://keys.example/v1/jwks?x=1"),
        );
        let fetch = last_fetch(proxy, before);
        assert_eq!(values(&fetch.1.headers, ":authority"), ["keys.example"]);
        assert_eq!(values(&fetch.1.headers, ":path"), ["/v1/jwks?x=1"]);
        answer(proxy, &fetch, &key_set());
        pass(proxy, Duration::from_secs(1));
        assert_eq!(outcome(proxy, waiting), "passed");
        assert_eq!(sent(proxy, 1, &bearer(&good(""))), "passed");
    });
}

#[test]
fn metadata_of_another_issuer_or_host_are_not_followed() {
    for (body, said) in [
        (
            metadata(&format!("{ISSUER}/"), "https://keys.example/k"),
            "the issuer that is configured",
        ),
        (
            metadata(ISSUER, "http://keys.example/k"),
            "expected an https URL",
        ),
        (
            metadata(ISSUER, "https://evil.example/k"),
            "none of `key_servers`",
        ),
        (
            metadata(ISSUER, "https://keys.example:444/k"),
            "none of `key_servers`",
        ),
    ] {
        proxy(&document(DISCOVERY, ""), |proxy| {
            pass(proxy, Duration::from_millis(200));
            let fetch = last_fetch(proxy, 0);
            answer(proxy, &fetch, &body);
            assert!(
                proxy.log_text().contains(said),
                "{body}: {}",
                proxy.log_text()
            );
            let waiting = proxy.send(&bearer(&good("")));
            pass(proxy, Duration::from_millis(2400));
            assert_eq!(outcome(proxy, waiting), "503 jwks_unavailable");
            let asked = [proxy.calls(0), proxy.calls(1)].concat();
            assert!(
                asked
                    .iter()
                    .all(|call| values(&call.headers, ":authority") == ["issuer.example"])
            );
        });
    }
}

fn discovery(more: &str) -> String {
    let keys = format!(
        "{}{more}}}}}",
        DISCOVERY.strip_suffix("}}").expect("two objects")
    );
    document(&keys, "")
}

const SECOND: Duration = Duration::from_secs(1);

/// The place of keys where nothing else is said.
const PLACE: &str = "https://keys.example/k";

fn metric(proxy: &TestProxy, tag: &str, name: &str) -> Option<i64> {
    let tag = match tag {
        "" => String::new(),
        tag => format!("tag.{tag};."),
    };
    let name = format!("wasm_filter.jwt-auth.component.main.{tag}{name}");
    proxy.metrics().get(&name).copied()
}

#[test]
fn keys_count_no_longer_than_the_metadata_that_say_where_they_are() {
    for (status, body) in [
        (500, String::new()),
        (200, "<html>".to_owned()),
        (200, metadata(&format!("{ISSUER}/other"), PLACE)),
        (200, format!(r#"{{"issuer": "{ISSUER}"}}"#)),
        (200, metadata(ISSUER, "https://evil.example/k")),
    ] {
        proxy(
            &discovery(r#", "refresh": "10s", "stale_for": "60s""#),
            |proxy| {
                let answered = &mut Answered::default();
                let servers = |is_good: bool, host: &str| match host {
                    "issuer.example" if is_good => (200, metadata(ISSUER, PLACE)),
                    "issuer.example" => (status, body.clone()),
                    _ => (200, key_set()),
                };
                let token = bearer(&good(""));
                serve(proxy, SECOND * 30, answered, |host, _| servers(true, host));
                assert_eq!(sent(proxy, 0, &token), "passed");
                serve(proxy, SECOND * 40, answered, |host, _| servers(false, host));
                for worker in [0, 1] {
                    assert_eq!(sent(proxy, worker, &token), "passed", "{body}");
                }
                serve(proxy, SECOND * 40, answered, |host, _| servers(false, host));
                for _ in [0, 1] {
                    let reply = proxy.refused(&token);
                    let given = (reply.status, reply.details.as_str());
                    assert_eq!(given, (503, "jwks_stale"), "{body}");
                    assert_eq!(values(&reply.headers, "retry-after"), ["2"]);
                    assert_eq!(challenge(&reply), "");
                }
                serve(proxy, SECOND * 90, answered, |host, _| servers(true, host));
                assert_eq!(sent(proxy, 0, &token), "passed", "{body}");
            },
        );
    }
}

#[test]
fn a_place_that_is_no_key_servers_is_a_failure_of_its_own_kind_and_no_success() {
    proxy(&document(DISCOVERY, ""), |proxy| {
        let answered = &mut Answered::default();
        let body = metadata(ISSUER, "https://evil.example/k");
        serve(proxy, SECOND / 2, answered, |_, _| (200, body.clone()));
        let failures = "gatepost_discovery_failures_total";
        assert_eq!(metric(proxy, "refused", failures), Some(1));
        assert_eq!(metric(proxy, "invalid", failures), None);
        let last_success = metric(proxy, "", "gatepost_discovery_last_success_seconds");
        assert_eq!(last_success.unwrap_or(0), 0);
        let log = proxy.log_text();
        let said =
            "the metadata server failed (refused): `jwks_uri` names the host \"evil.example\"";
        assert_eq!(log.matches(said).count(), 1, "{log}");
        assert_eq!(log.matches("evil.example").count(), 1, "{log}");
        assert_eq!(
            log.matches("issuer metadata main: loaded").count(),
            0,
            "{log}"
        );
    });
}

#[test]
fn an_issuer_that_moves_its_keys_all_the_time_takes_no_more_slots_and_metrics() {
    let document = discovery(r#", "refresh": "1s", "stale_for": "60s", "wait": "30s""#);
    for is_answered in [true, false] {
        proxy(&document, |proxy| {
            let (answered, moves, asked) = (&mut Answered::default(), Cell::new(0), Cell::new(0));
            let first = Cell::new(true);
            let server = |host: &str, _: &str| match host {
                "issuer.example" => {
                    moves.set(moves.get() + 1);
                    let place = format!("{PLACE}/{}", moves.get());
                    (200, metadata(ISSUER, &place))
                }
                _ if is_answered || first.take() => {
                    asked.set(asked.get() + 1);
                    (200, key_set())
                }
                _ => (500, String::new()),
            };
            serve(proxy, SECOND * 20, answered, server);
            for worker in [0, 1] {
                assert_eq!(sent(proxy, worker, &bearer(&good(""))), "passed");
            }
            let defined = proxy.calls_seen()["proxy_define_metric"];
            serve(proxy, SECOND * 100, answered, server);
            assert!(moves.get() > 60, "{}", moves.get());
            // Of the metadata, and eight of keys.
            let slots = proxy.shared_data_keys();
            let ours = slots
                .iter()
                .filter(|key| key.starts_with(b"gatepost.remote."));
            assert!(ours.count() <= 2 + 16, "{}", slots.len());
            // A worker that fetched for the first time has others to count.
            let more = proxy.calls_seen()["proxy_define_metric"] - defined;
            assert!(more <= 8, "{more}");
            // One worker asks each place, once.
            assert!(
                asked.get() <= moves.get(),
                "{} {}",
                asked.get(),
                moves.get()
            );
            let expected = if is_answered {
                "passed"
            } else {
                "503 jwks_stale"
            };
            for worker in [0, 1] {
                assert_eq!(sent(proxy, worker, &bearer(&good(""))), expected);
            }
        });
    }
}

#[test]
fn where_the_issuer_names_another_place_its_keys_are_waited_for_and_the_old_one_rests() {
    proxy(
        &discovery(r#", "refresh": "10s", "stale_for": "60s""#),
        |proxy| {
            let answered = &mut Answered::default();
            serve(proxy, SECOND * 15, answered, |host, _| match host {
                "issuer.example" => (200, metadata(ISSUER, PLACE)),
                _ => (200, key_set()),
            });
            let rotated = format!(r#"{{"keys": [{}]}}"#, p256_jwk(2, "k2"));
            let (old_asked, is_up) = (Cell::new(0), Cell::new(false));
            let moved = |host: &str, path: &str| match (host, path) {
                ("issuer.example", _) => (200, metadata(ISSUER, "https://keys2.example:8443/new")),
                ("keys2.example:8443", "/new") if is_up.get() => (200, rotated.clone()),
                ("keys2.example:8443", _) => (500, String::new()),
                _ => {
                    old_asked.set(old_asked.get() + 1);
                    (200, key_set())
                }
            };
            serve(proxy, SECOND * 12, answered, moved);
            let before = old_asked.get();
            serve(proxy, SECOND * 20, answered, moved);
            assert_eq!(old_asked.get(), before);
            // The gauges go on telling how old the keys are that serve.
            let age = metric(proxy, "", "gatepost_jwks_age_seconds").unwrap_or_default();
            assert!((20..=45).contains(&age), "{age}");
            assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed");
            let new = signed(2, r#"{"alg":"ES256","kid":"k2"}"#, &claims(""));
            is_up.set(true);
            let waiting = proxy.send(&bearer(&new));
            assert_eq!(outcome(proxy, waiting), "held");
            serve(proxy, SECOND * 2, answered, moved);
            assert_eq!(outcome(proxy, waiting), "passed");
            for worker in [0, 1] {
                assert_eq!(sent(proxy, worker, &bearer(&new)), "passed");
            }
        },
    );
}

#[test]
fn a_key_servers_host_is_compared_as_the_host_of_a_url() {
    for (written, uri) in [
        ("KEYS.Example", "https://keys.example/k"),
        ("keys.example:443", "https://keys.example/k"),
        ("keys.example", "https://Keys.EXAMPLE:443/k"),
        ("Keys.example:8443", "https://keys.example:8443/k"),
        ("[2001:DB8::1]", "https://[2001:db8:0::1]:443/k"),
    ] {
        let keys = format!(
            r#"{{"discovery": {{"cluster": "keys", "key_servers": {{"{written}": "keys"}}}}}}"#
        );
        proxy(&document(&keys, ""), |proxy| {
            let answered = &mut Answered::default();
            serve(proxy, SECOND * 2, answered, |host, _| match host {
                "issuer.example" => (200, metadata(ISSUER, uri)),
                _ => (200, key_set()),
            });
            assert_eq!(sent(proxy, 0, &bearer(&good(""))), "passed", "{written}");
        });
    }
}
