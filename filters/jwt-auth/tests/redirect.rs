//! Internal redirects run the filter again, without the token that it took away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use std::time::Duration;

use gatepost_jose::{Algorithm, Jwk};
use gatepost_test_host::{RequestParts, Sent, TestProxy, Verdict, values};
use support::tokens::{ISSUER, NOW, by_other, claims, encoded, good, hs256, key_set, p256_jwk};
use support::{answer_fetch, document, each_code, get, judged, preflight, serve_keys};

const RULES: &str = r#""rules": [
    {"name": "admin", "match": {"paths": [{"exact": "/admin"}]}, "require": {"provider": "main"}, "scopes": {"any": ["admin"]}},
    {"name": "bank", "match": {"paths": [{"exact": "/bank"}]}, "require": {"provider": "main"}, "audiences": ["bank"]},
    {"name": "optional", "match": {"paths": [{"exact": "/optional"}]}, "require": {"provider": "main"}, "optional": true},
    {"name": "all", "require": {"provider": "main"}}]"#;
const HEADER: &str = r#""claims_to_headers": [{"claim": "sub", "header": "x-sub"}],"#;

/// Keys that change: from a server, asked every second.
const FETCHED: &str = r#"{"remote": {"cluster": "keys", "authority": "issuer.example", "path": "/jwks", "refresh": "1s"}}"#;

/// A proxy that keeps filter state for a request, as Envoy does, and knows the server
/// of [`FETCHED`].
fn keeping(document: &str, test: impl Fn(&mut TestProxy)) {
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_foreign_function("declare_property", |_| Ok(Vec::new()));
        proxy.add_cluster("keys");
        assert!(proxy.configure(document), "{}", proxy.log_text());
        test(&mut proxy);
    });
}

/// The second run of a request that passed: its headers as the first left them, on
/// another path, with what the proxy kept.
fn redirected(proxy: &mut TestProxy, request: &RequestParts, path: &str) -> RequestParts {
    let sent = proxy.send(request);
    assert!(matches!(proxy.verdict(sent), Verdict::Passed(_)));
    proxy.redirected(sent, path)
}

#[test]
fn what_was_established_is_judged_again_by_the_rules_of_the_new_path() {
    keeping(&document(HEADER, RULES), |proxy| {
        let token = good("");
        let second = redirected(proxy, &get("/a", &token), "/b");
        let headers = proxy.passed(&second);
        assert_eq!(values(&headers, "x-sub"), ["alice"]);
        for (path, expected) in [
            ("/admin", "403 scope_missing"),
            ("/bank", "401 jwt_wrong_audience"),
            ("/optional", "passed"),
        ] {
            let second = redirected(proxy, &get("/a", &token), path);
            assert_eq!(judged(proxy, &second), expected, "{path}");
        }
        let second = redirected(proxy, &get("/a", &token), "/b");
        proxy.set_wall_clock(Duration::from_secs(NOW + 900));
        assert_eq!(judged(proxy, &second), "401 jwt_expired");
    });
}

/// Providers `main`, `other` with its tokens in `x-token`, and `both`, which takes
/// tokens of `main` and forwards them.
fn three(rules: &str) -> String {
    let others = format!(
        r#""providers": {{
            "other": {{"issuer": "https://other.example", "keys": {{"inline": {{"keys": [{}]}}}},
                "from": {{"headers": [{{"name": "x-token"}}]}},
                "claims_to_headers": [{{"claim": "sub", "header": "x-other"}}]}},
            "both": {{"issuer": "{ISSUER}", "keys": {{"inline": {}}}, "forward_token": true}}, "#,
        p256_jwk(2, "k1"),
        key_set()
    );
    document(HEADER, &format!(r#""rules": [{rules}]"#)).replacen(r#""providers": {"#, &others, 1)
}

const MAIN: &str = r#"{"name": "main", "match": {"paths": [{"exact": "/main"}]}, "require": {"provider": "main"}}"#;
const OTHER: &str = r#"{"name": "other", "match": {"paths": [{"exact": "/other"}]}, "require": {"provider": "other"}}"#;
const OPTIONAL: &str = r#"{"name": "optional", "match": {"paths": [{"exact": "/optional"}]}, "require": {"provider": "other"}, "optional": true}"#;
const EITHER: &str = r#"{"name": "any", "match": {"paths": [{"exact": "/any"}]}, "require": {"any": [{"provider": "other"}, {"provider": "main"}]}}"#;
const ALL: &str =
    r#"{"name": "all", "require": {"all": [{"provider": "main"}, {"provider": "other"}]}}"#;

#[test]
fn a_token_of_a_provider_that_the_new_rule_does_not_name_is_none() {
    let rules = [MAIN, OTHER, OPTIONAL, EITHER, ALL].join(", ");
    keeping(&three(&rules), |proxy| {
        for (path, expected) in [
            ("/other", "401 jwt_missing"),
            // It is not there, so it cannot be a bad one.
            ("/optional", "passed"),
            ("/any", "passed"),
            ("/all", "401 jwt_missing"),
            ("/main", "passed"),
        ] {
            let second = redirected(proxy, &get("/main", &good("")), path);
            assert_eq!(judged(proxy, &second), expected, "{path}");
        }
    });
}

#[test]
fn all_of_several_tokens_are_recalled_and_each_is_judged_again() {
    let rules = [MAIN, OTHER, EITHER, ALL].join(", ");
    keeping(&three(&rules), |proxy| {
        let request = get("/all", &good("")).header("x-token", by_other());
        let second = redirected(proxy, &request, "/all");
        let headers = proxy.passed(&second);
        assert_eq!(values(&headers, "x-sub"), ["alice"]);
        assert_eq!(values(&headers, "x-other"), ["bob"]);
        for path in ["/main", "/other", "/any"] {
            let second = redirected(proxy, &request, path);
            assert_eq!(judged(proxy, &second), "passed", "{path}");
        }
        // What the second run leaves is enough for a third.
        let second = redirected(proxy, &request, "/main");
        let third = redirected(proxy, &second, "/all");
        assert_eq!(judged(proxy, &third), "passed");
        let second = redirected(proxy, &request, "/all");
        proxy.set_wall_clock(Duration::from_secs(NOW + 700));
        assert_eq!(judged(proxy, &second), "401 jwt_expired");
    });
}

#[test]
fn a_token_that_is_taken_away_later_is_kept_beside_what_was_recalled() {
    let forwarding = r#"{"name": "first", "match": {"paths": [{"exact": "/first"}]},
        "require": {"all": [{"provider": "both"}, {"provider": "other"}]}}"#;
    keeping(&three(&[forwarding, ALL].join(", ")), |proxy| {
        let request = get("/first", &good("")).header("x-token", by_other());
        // The token of `both` goes on, and is taken away by the second run; that of
        // `other` is taken away by the first.
        let headers = proxy.passed(&request);
        assert_eq!(values(&headers, "authorization").len(), 1);
        let second = redirected(proxy, &request, "/all");
        let headers = proxy.passed(&second);
        assert_eq!(values(&headers, "authorization").len(), 0);
        let third = redirected(proxy, &second, "/all");
        assert_eq!(judged(proxy, &third), "passed");
    });
}

#[test]
fn what_is_kept_of_a_token_by_a_secret_tells_nothing_of_the_secret() {
    let secrets = [[0x5a; 32], [0x5b; 32]];
    let [first, second] = secrets.map(encoded);
    let keys = format!(
        r#"{{"secrets": [{{"algorithm": "HS256", "kid": "b", "inline": "{first}"}},
            {{"algorithm": "HS256", "kid": "a", "inline": "{second}"}}]}}"#
    );
    let document = document(&format!(r#"{HEADER} "algorithms": ["HS256"],"#), RULES)
        .replace(&format!(r#"{{"inline": {}}}"#, key_set()), &keys);
    keeping(&document, |proxy| {
        for (secret, kid) in [(&secrets[0], "b"), (&secrets[1], "a")] {
            let header = format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#);
            let request = get("/a", &hs256(secret, &header, &claims("")));
            let sent = proxy.send(&request);
            let kept = kept(proxy, sent);
            for telling in secrets.iter().flat_map(|secret| [*secret, id_of(secret)]) {
                let has = |part: &[u8]| kept.windows(part.len()).any(|bytes| bytes == part);
                assert!(!telling.windows(8).any(has));
            }
            assert!(
                kept.len() < claims("").len() + 32,
                "there is room for a digest"
            );
            let second = proxy.redirected(sent, "/b");
            let headers = proxy.passed(&second);
            assert_eq!(values(&headers, "x-sub"), ["alice"]);
            let second = redirected(proxy, &request, "/admin");
            assert_eq!(judged(proxy, &second), "403 scope_missing");
        }
    });
}

/// What the proxy keeps of a request.
fn kept(proxy: &TestProxy, sent: Sent) -> Vec<u8> {
    let properties = proxy.properties(sent);
    let mut kept = properties.iter().filter(|(name, _)| name.contains("kept"));
    let (_, value) = kept.next().expect("something is kept");
    value.clone().into_bytes()
}

/// The digest by which keys of a set are told apart.
fn id_of(secret: &[u8]) -> [u8; 32] {
    let key = Jwk::from_secret(None, secret, Algorithm::Hs256).unwrap();
    *key.id().as_bytes()
}

#[test]
fn a_key_that_is_gone_is_not_fetched_for_a_run_without_a_token() {
    let document = document(r#""cooldown": "1s","#, RULES)
        .replace(&format!(r#"{{"inline": {}}}"#, key_set()), FETCHED);
    keeping(&document, |proxy| {
        let mut answered = 0;
        serve_keys(proxy, &mut answered, &key_set());
        let second = redirected(proxy, &get("/a", &good("")), "/b");
        assert_eq!(judged(proxy, &second), "passed");
        let rotated = format!(r#"{{"keys": [{}]}}"#, p256_jwk(2, "k2"));
        serve_keys(proxy, &mut answered, &rotated);
        let before = proxy.calls(0).len() + proxy.calls(1).len();
        assert_eq!(judged(proxy, &second), "401 jwt_unknown_key");
        assert_eq!(proxy.calls(0).len() + proxy.calls(1).len(), before);
        serve_keys(proxy, &mut answered, &key_set());
        assert_eq!(judged(proxy, &second), "passed");
    });
}

#[test]
fn what_was_recalled_counts_beside_a_token_whose_key_has_just_come() {
    let document = format!(
        r#"{{"providers": {{
            "main": {{"issuer": "{ISSUER}", "keys": {FETCHED}, "forward_token": true}},
            "other": {{"issuer": "https://other.example", "keys": {{"inline": {{"keys": [{}]}}}},
                "from": {{"headers": [{{"name": "x-token"}}]}}}}}}, "rules": [{ALL}]}}"#,
        p256_jwk(2, "k1")
    );
    keeping(&document, |proxy| {
        let mut answered = 0;
        serve_keys(proxy, &mut answered, &key_set());
        let request = get("/a", &good("")).header("x-token", by_other());
        let second = redirected(proxy, &request, "/b");
        let without = format!(r#"{{"keys": [{}]}}"#, p256_jwk(4, "k4"));
        serve_keys(proxy, &mut answered, &without);
        let knows = answer_fetch(proxy, &mut answered, &key_set());
        let sent = proxy.send_to(1 - knows, &second);
        assert_eq!(proxy.verdict(sent).to_string(), "passed");
    });
}

#[test]
fn a_token_of_a_path_that_asks_for_none_is_gone_and_the_next_run_lacks_it() {
    let rules = format!(
        r#"{{"name": "open", "match": {{"paths": [{{"exact": "/open"}}]}}, "require": "none"}}, {MAIN}"#
    );
    let document = document(
        "",
        &format!(r#""rules": [{rules}], "default": {{"action": "allow"}}"#),
    );
    keeping(&document, |proxy| {
        let preflight = preflight(get("/main", &good("")));
        for request in [
            get("/open", &good("")),
            get("/default", &good("")),
            preflight,
        ] {
            let second = redirected(proxy, &request, "/main").without("origin");
            assert_eq!(judged(proxy, &second), "401 jwt_missing");
        }
    });
}

#[test]
fn what_is_kept_is_no_token() {
    keeping(&document("", RULES), |proxy| {
        let token = good("");
        let sent = proxy.send(&get("/a", &token));
        let signature = token.rsplit('.').next().unwrap();
        let kept = format!("{:?}", proxy.properties(sent));
        assert!(
            kept.contains("alice") && !kept.contains(signature),
            "{kept}"
        );
    });
}

#[test]
fn nothing_is_kept_of_a_token_that_goes_on_or_in_shadow_mode() {
    for (provider, more) in [
        (r#""forward_token": true,"#, RULES.to_owned()),
        ("", format!(r#""mode": "shadow", {RULES}"#)),
    ] {
        keeping(&document(provider, &more), |proxy| {
            let sent = proxy.send(&get("/a", &good("")));
            let properties = proxy.properties(sent);
            assert!(
                properties.keys().all(|name| !name.contains("kept")),
                "{properties:?}"
            );
        });
    }
}

#[test]
fn a_client_cannot_say_what_was_established() {
    keeping(&document("", RULES), |proxy| {
        let request = RequestParts::get("/a").header("gatepost.jwt-auth.kept", encoded("alice"));
        assert_eq!(judged(proxy, &request), "401 jwt_missing");
    });
}
