//! Which key is let in, and what becomes of those that are not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::time::Duration;

use gatepost_api_key_auth::digest::{Algorithm, Hasher};
use gatepost_test_host::{RequestParts, TestProxy};
use support::{challenge, document, each_code, entry, filter, judged, with_key, with_keys};

#[test]
fn a_known_key_passes_and_no_other() {
    filter(&document(""), |proxy| {
        for (key, expected) in [
            ("alpha", "passed"),
            ("Alpha", "401 api_key_unknown"),
            ("alph", "401 api_key_unknown"),
            ("alphaa", "401 api_key_unknown"),
            ("a", "401 api_key_unknown"),
            ("", "401 api_key_missing"),
            ("  ", "401 api_key_missing"),
        ] {
            assert_eq!(judged(proxy, &with_key(key)), expected, "{key:?}");
        }
        let none = RequestParts::get("/");
        assert_eq!(judged(proxy, &none), "401 api_key_missing");
    });
}

#[test]
fn the_digest_is_no_key() {
    let digest = support::sha256("alpha");
    filter(&document(""), |proxy| {
        for text in [digest.as_str(), digest.trim_start_matches("sha256:")] {
            assert_eq!(judged(proxy, &with_key(text)), "401 api_key_unknown");
        }
    });
}

#[test]
fn a_digest_with_a_secret_needs_that_secret() {
    let secret = "0123456789abcdef0123456789abcdef";
    let digest = |secret: &str, key: &str| {
        let hasher = Hasher::with_secret(secret.as_bytes()).unwrap();
        let digest = hasher.digest(Algorithm::HmacSha256, key.as_bytes());
        digest.unwrap().to_string()
    };
    let keys = [
        format!(r#"{{"id": "a", "digest": "{}"}}"#, digest(secret, "alpha")),
        format!(
            r#"{{"id": "b", "digest": "{}"}}"#,
            digest("another secret of thirty-two bytes", "beta")
        ),
        entry("c", "gamma", ""),
    ];
    let more = format!(r#""hmac_secret": {{"inline": "{secret}"}}"#);
    filter(&with_keys(&keys, &more), |proxy| {
        assert_eq!(judged(proxy, &with_key("alpha")), "passed");
        assert_eq!(judged(proxy, &with_key("beta")), "401 api_key_unknown");
        assert_eq!(judged(proxy, &with_key("gamma")), "passed");
        assert!(proxy.log_text().contains("hmac_secret.inline: "));
        assert!(!proxy.log_text().contains(secret));
    });
}

#[test]
fn the_secret_comes_from_the_proxys_environment_or_the_document_is_refused() {
    let secret = "0123456789abcdef0123456789abcdef";
    let hasher = Hasher::with_secret(secret.as_bytes()).unwrap();
    let digest = hasher.digest(Algorithm::HmacSha256, b"alpha").unwrap();
    let document = format!(
        r#"{{"hmac_secret": {{"host_env_key": "KEY_SECRET"}}, "keys": [{{"id": "a", "digest": "{digest}"}}]}}"#
    );
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        assert!(!proxy.configure(&document));
        proxy.set_environment("KEY_SECRET", "too short");
        assert!(!proxy.configure(&document));
        assert!(!proxy.log_text().contains("too short"));
        proxy.set_environment("KEY_SECRET", secret);
        assert!(proxy.configure(&document), "{}", proxy.log_text());
        assert_eq!(judged(&mut proxy, &with_key("alpha")), "passed");
        assert_eq!(judged(&mut proxy, &with_key("beta")), "401 api_key_unknown");
    });
}

#[test]
fn a_key_is_good_from_not_before_until_expires() {
    let more = r#""not_before": "2030-01-01T00:00:00Z", "expires": "2030-01-02T00:00:00Z""#;
    filter(&with_keys(&[entry("a", "alpha", more)], ""), |proxy| {
        let start = 1_893_456_000;
        for (second, expected) in [
            (start - 1, "401 api_key_not_yet_valid"),
            (start, "passed"),
            (start + 86_399, "passed"),
            (start + 86_400, "401 api_key_expired"),
            // The wall clock may step back.
            (start + 10, "passed"),
        ] {
            proxy.set_wall_clock(Duration::from_secs(second));
            assert_eq!(judged(proxy, &with_key("alpha")), expected, "{second}");
        }
    });
}

#[test]
fn a_key_with_a_time_is_refused_when_nobody_tells_the_time() {
    let keys = [
        entry("a", "alpha", r#""expires": "2099-01-01T00:00:00Z""#),
        entry("b", "beta", ""),
    ];
    filter(&with_keys(&keys, ""), |proxy| {
        proxy.fail("proxy_get_current_time_nanoseconds", 10);
        assert_eq!(judged(proxy, &with_key("alpha")), "503 host_error");
        assert_eq!(judged(proxy, &with_key("beta")), "passed");
    });
}

#[test]
fn a_disabled_key_is_refused_whatever_else_it_says() {
    let more = r#""disabled": true, "expires": "2001-01-01T00:00:00Z""#;
    filter(&with_keys(&[entry("a", "alpha", more)], ""), |proxy| {
        assert_eq!(judged(proxy, &with_key("alpha")), "401 api_key_disabled");
    });
}

#[test]
fn a_client_may_have_an_old_key_and_a_new_one() {
    let keys = [entry("a", "old", ""), entry("a", "new", "")];
    let more = r#""key_id_header": "x-consumer""#;
    filter(&with_keys(&keys, more), |proxy| {
        for key in ["old", "new"] {
            let told = support::passed_with(proxy, &with_key(key), "x-consumer");
            assert_eq!(told, ["a"], "{key}");
        }
    });
}

#[test]
fn the_challenge_names_the_scheme_and_what_was_wrong() {
    let expired = entry("old", "omega", r#""expires": "2001-01-01T00:00:00Z""#);
    let keys = [entry("a", "alpha", ""), expired];
    let more = r#""realm": "shop \"api\"", "rules": [{"name": "all", "keys": ["old"]}]"#;
    let realm = r#"ApiKey realm="shop \"api\"""#;
    let not_good =
        format!(r#"{realm}, error="invalid_token", error_description="the key is not good""#);
    let illegible =
        format!(r#"{realm}, error="invalid_request", error_description="one key is expected""#);
    filter(&with_keys(&keys, more), |proxy| {
        for (request, status, expected) in [
            (RequestParts::get("/"), 401, realm),
            (with_key("nobody"), 401, &not_good),
            (with_key("omega"), 401, &not_good),
            (with_key("a,b"), 400, &illegible),
            (with_key("a").header("x-api-key", "b"), 400, &illegible),
            (with_key("alpha"), 403, ""),
        ] {
            let reply = proxy.refused(&request);
            assert_eq!(reply.status, status);
            assert_eq!(challenge(&reply), expected);
        }
    });
    filter(&document(""), |proxy| {
        assert_eq!(challenge(&proxy.refused(&RequestParts::get("/"))), "ApiKey");
    });
}

#[test]
fn neither_key_nor_digest_is_told_to_anybody() {
    let more = r#""record": "always", "rules": [{"name": "few", "match": {"paths": [{"prefix": "/few"}]}, "keys": ["b"]}]"#;
    let keys = [
        entry("a", "alpha-secret", ""),
        entry("b", "beta-secret", ""),
    ];
    filter(&with_keys(&keys, more), |proxy| {
        let few = RequestParts::get("/few?x-api-key=alpha-secret");
        for request in [
            with_key("alpha-secret"),
            with_key("gamma-secret"),
            few.header("x-api-key", "alpha-secret"),
            with_key("alpha-secret").header("x-api-key", "beta-secret"),
        ] {
            let sent = proxy.send(&request);
            let told = format!(
                "{:?} {:?} {:?}",
                proxy.properties(sent),
                proxy.metrics(),
                proxy.log_text()
            );
            let digest = support::sha256("alpha-secret");
            let digest = digest.trim_start_matches("sha256:");
            for secret in ["alpha-secret", "beta-secret", "gamma-secret", digest] {
                assert!(!told.contains(secret), "{secret}: {told}");
            }
        }
    });
}

#[test]
fn the_keys_id_stands_in_record_and_log() {
    let keys = [entry("partner-a", "alpha", ""), entry("b", "beta", "")];
    let more = r#""record": "always", "rules": [{"name": "few", "keys": ["b"]}]"#;
    filter(&with_keys(&keys, more), |proxy| {
        let id = "gatepost.api-key-auth.key_id";
        let sent = proxy.send(&with_key("beta"));
        assert_eq!(proxy.property(sent, id).as_deref(), Some("b"));
        let sent = proxy.send(&with_key("alpha"));
        assert_eq!(proxy.property(sent, id).as_deref(), Some("partner-a"));
        assert!(proxy.log_text().contains(r#"key_id="partner-a""#));
        let count = |reason, total| proxy.counter("api-key-auth", "few", reason, total);
        assert_eq!(count("allowed", "allowed"), Some(1));
        assert_eq!(count("api_key_not_allowed", "denied"), Some(1));
    });
}

#[test]
fn ten_thousand_keys_are_each_found_and_no_other() {
    let keys: Vec<String> = (0..10_000)
        .map(|number| entry(&format!("client-{number}"), &format!("key-{number}"), ""))
        .collect();
    let document = with_keys(&keys, r#""key_id_header": "x-consumer""#);
    each_code(|code| {
        let mut proxy = TestProxy::with_document(code, &document);
        for number in (0..10_000).step_by(997) {
            let request = with_key(&format!("key-{number}"));
            let told = support::passed_with(&mut proxy, &request, "x-consumer");
            assert_eq!(told, [format!("client-{number}")]);
            let other = with_key(&format!("kez-{number}"));
            assert_eq!(judged(&mut proxy, &other), "401 api_key_unknown");
        }
    });
}
