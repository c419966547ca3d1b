//! Places of tokens, headers of ours, preflights, shadow mode, the cache.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod support;

use std::time::Duration;

use gatepost_test_host::{RequestParts, TestProxy, values};
use support::tokens::{NOW, claims, encoded, good, signed};
use support::{bearer, document, filter, foreign_calls, get, judged, preflight, rule, simple};

const PLACES: &str = r#""from": {"headers": [{"name": "authorization", "scheme": "Bearer"},
    {"name": "x-token"}], "query": ["access_token"], "cookies": ["session"]},"#;

#[test]
fn a_token_is_found_and_taken_away_wherever_it_may_stand() {
    filter(&simple(PLACES), |proxy| {
        let token = good("");
        for request in [
            bearer(&token),
            RequestParts::get("/").header("authorization", format!("bEaReR   {token}")),
            RequestParts::get("/").header("x-token", &token),
            RequestParts::get(&format!("/?a=1&access_token={token}&b=2")),
            RequestParts::get("/").header("cookie", format!("a=1; session={token}; b=2")),
        ] {
            for _ in 0..2 {
                let headers = proxy.passed(&request);
                let all = format!("{headers:?}");
                let signature: Vec<u8> = token.rsplit('.').next().unwrap().bytes().collect();
                assert!(!all.contains(&format!("{signature:?}")[1..20]), "{all}");
                let path = values(&headers, ":path");
                assert!(path[0] == "/" || path[0] == "/?a=1&b=2", "{path:?}");
            }
        }
    });
}

#[test]
fn several_tokens_are_refused_unless_the_document_says_otherwise() {
    let token = good("");
    let requests = [
        bearer(&token).header("authorization", format!("Bearer {token}")),
        bearer(&token).header("x-token", &token),
        RequestParts::get(&format!("/?access_token={token}&access_token=x")),
        get("/", "x").header("cookie", format!("session={token}")),
    ];
    filter(&simple(PLACES), |proxy| {
        for request in &requests {
            let reply = proxy.refused(request);
            assert_eq!(
                (reply.status, reply.details.as_str()),
                (400, "jwt_several_tokens")
            );
            assert!(support::challenge(&reply).contains("invalid_request"));
        }
    });
    let any = document(
        PLACES,
        &format!(r#"{}, "several_tokens": "first_valid""#, rule("")),
    );
    filter(&any, |proxy| {
        for request in &requests {
            assert_eq!(judged(proxy, request), "passed");
        }
        let bad = get("/", "x").header("x-token", "y");
        assert_eq!(judged(proxy, &bad), "401 jwt_malformed");
    });
}

#[test]
fn a_place_that_holds_no_token_is_a_bad_request() {
    filter(&simple(PLACES), |proxy| {
        let token = good("");
        for request in [
            RequestParts::get("/").header("authorization", "Bearer"),
            RequestParts::get("/").header("authorization", format!("Bearer {token}, Bearer x")),
            RequestParts::get("/").header("authorization", b"Bearer \xff".as_slice()),
            RequestParts::get("/?access_token=%zz"),
        ] {
            assert_eq!(
                judged(proxy, &request),
                "400 jwt_credential_malformed",
                "{request:?}"
            );
        }
    });
}

const HEADERS: &str = r#""payload_header": "x-payload", "claims_to_headers": [
    {"claim": "sub", "header": "x-sub"}, {"claim": "groups", "header": "x-groups"},
    {"claim": "level", "header": "x-level"}, {"claim": "org.name", "header": "x-org"},
    {"claim": "org", "header": "x-org-json", "format": "json"},
    {"claim": "teams.name", "header": "x-teams"},
    {"claim": "teams.name", "header": "x-teams-json", "format": "json"},
    {"claim": "pairs", "header": "x-pairs", "separator": "::"}],"#;

#[test]
fn claims_become_headers() {
    filter(&simple(HEADERS), |proxy| {
        let more = r#""groups": ["a", "b"], "level": 3, "org": {"name": "J\u00fc 5%"}"#;
        let token = good(more);
        for _ in 0..2 {
            let headers = proxy.passed(&bearer(&token));
            for (name, value) in [
                ("x-sub", "alice".to_owned()),
                ("x-groups", "a,b".to_owned()),
                ("x-level", "3".to_owned()),
                ("x-org", "J%C3%BC 5%25".to_owned()),
                ("x-org-json", r#"{"name":"J%C3%BC 5%25"}"#.to_owned()),
                ("x-payload", encoded(claims(more))),
            ] {
                assert_eq!(values(&headers, name), [value], "{name}");
            }
        }
    });
}

#[test]
fn a_list_is_one_with_one_element_too_and_a_text_is_none_with_a_comma() {
    filter(&simple(HEADERS), |proxy| {
        for (claims, header, expected) in [
            (r#""level": "Doe, Jane""#, "x-level", "Doe, Jane"),
            (r#""org": {"name": "a,b"}"#, "x-org", "a,b"),
            (r#""groups": ["a"]"#, "x-groups", "a"),
            (r#""pairs": ["a", ":b"]"#, "x-pairs", "a:::b"),
            (r#""teams": [{"name": "a"}]"#, "x-teams", "a"),
            (r#""teams": [{"name": "a"}]"#, "x-teams-json", r#"["a"]"#),
            (r#""teams": {"name": "a"}"#, "x-teams-json", r#""a""#),
        ] {
            let headers = proxy.passed(&bearer(&good(claims)));
            assert_eq!(values(&headers, header), [expected], "{claims}");
        }
    });
}

#[test]
fn the_clients_copies_of_our_headers_go_on_every_path() {
    let rules = r#""rules": [
        {"name": "open", "match": {"paths": [{"exact": "/open"}]}, "require": "none"},
        {"name": "shadow", "mode": "shadow", "match": {"paths": [{"exact": "/shadow"}]}, "require": {"provider": "main"}},
        {"name": "optional", "match": {"paths": [{"exact": "/optional"}]}, "require": {"provider": "main"}, "optional": true},
        {"name": "all", "require": {"provider": "main"}}]"#;
    filter(&document(HEADERS, rules), |proxy| {
        let forged = |request: RequestParts| {
            request
                .header("x-sub", "root")
                .header("x_sub", "root")
                .header("X-Payload", "root")
                .header("x-groups", "root")
                .header("x-other", "kept")
        };
        for (request, passes) in [
            (RequestParts::get("/open"), true),
            (RequestParts::get("/shadow"), true),
            (RequestParts::get("/optional"), true),
            (RequestParts::get("/"), false),
            (bearer(&good("")), true),
            (preflight(RequestParts::get("/")), true),
        ] {
            let sent = proxy.send(&forged(request));
            assert_eq!(proxy.passes_the_rest(sent), passes);
            let headers = proxy.request_headers(sent);
            assert!(
                headers.iter().all(|(_, value)| value != b"root"),
                "{headers:?}"
            );
            assert_eq!(values(&headers, "x-other"), ["kept"]);
        }
    });
}

#[test]
fn a_claim_that_no_header_carries_denies_or_is_left_out() {
    for (option, expected) in [
        ("", "403 claim_unsendable"),
        (r#""if_unsendable": "omit","#, "passed"),
    ] {
        filter(&simple(&format!("{HEADERS}{option}")), |proxy| {
            for claim in [
                r#""level": "a\r\nx-admin: 1""#,
                r#""level": "a\u0000b""#,
                r#""groups": ["a,b", "c"]"#,
                r#""groups": ["a,b"]"#,
                r#""teams": [{"name": "a,b"}]"#,
                r#""pairs": ["a:", "b"]"#,
                r#""groups": [["a"]]"#,
            ] {
                assert_eq!(judged(proxy, &bearer(&good(claim))), expected, "{claim}");
            }
        });
    }
}

#[test]
fn a_preflight_passes_unless_it_is_to_be_judged() {
    let preflight = preflight(RequestParts::get("/"));
    filter(&simple(""), |proxy| {
        assert_eq!(judged(proxy, &preflight), "passed");
        let no_preflight = preflight.clone().without("origin");
        assert_eq!(judged(proxy, &no_preflight), "401 jwt_missing");
    });
    let judging = document("", &format!(r#"{}, "cors_preflight": "judge""#, rule("")));
    filter(&judging, |proxy| {
        assert_eq!(judged(proxy, &preflight), "401 jwt_missing");
    });
}

#[test]
fn in_shadow_mode_nothing_is_denied_or_taken_away_and_claims_are_shown() {
    let more = format!(
        r#""mode": "shadow", {}"#,
        rule(r#", "scopes": {"any": ["admin"]}"#)
    );
    filter(&document(HEADERS, &more), |proxy| {
        for (token, reason) in [
            (good(""), "scope_missing"),
            ("x".to_owned(), "jwt_malformed"),
            (
                signed(3, r#"{"alg":"ES256","kid":"k1"}"#, &claims("")),
                "jwt_bad_signature",
            ),
        ] {
            let headers = proxy.passed(&bearer(&token));
            assert_eq!(
                values(&headers, "authorization"),
                [format!("Bearer {token}")]
            );
            let is_good = reason == "scope_missing";
            assert_eq!(values(&headers, "x-sub").len(), usize::from(is_good));
            assert_eq!(
                proxy.counter("jwt-auth", "all", reason, "shadow_denied"),
                Some(1)
            );
        }
    });
}

#[test]
fn a_cached_token_is_judged_by_the_time_and_by_its_rule() {
    let rules = r#""rules": [
        {"name": "bank", "match": {"paths": [{"exact": "/bank"}]}, "require": {"provider": "main"}, "audiences": ["bank"]},
        {"name": "admin", "match": {"paths": [{"exact": "/admin"}]}, "require": {"provider": "main"}, "scopes": {"any": ["admin"]}},
        {"name": "all", "require": {"provider": "main"}}]"#;
    filter(&document("", rules), |proxy| {
        let token = good("");
        assert_eq!(judged(proxy, &bearer(&token)), "passed");
        assert_eq!(
            judged(proxy, &get("/bank", &token)),
            "401 jwt_wrong_audience"
        );
        assert_eq!(judged(proxy, &get("/admin", &token)), "403 scope_missing");
        proxy.advance(Duration::from_secs(700));
        assert_eq!(judged(proxy, &bearer(&token)), "401 jwt_expired");
        proxy.set_wall_clock(Duration::from_secs(NOW));
        assert_eq!(judged(proxy, &bearer(&token)), "passed");
    });
}

#[test]
fn a_token_is_verified_once_and_a_changed_one_is_another() {
    support::each_code(|code| {
        let mut proxy = TestProxy::new(code);
        support::host_crypto(&mut proxy);
        assert!(proxy.configure(&simple("")), "{}", proxy.log_text());
        proxy.forget_calls_seen();
        let token = good("");
        for _ in 0..3 {
            assert_eq!(judged(&mut proxy, &bearer(&token)), "passed");
        }
        assert_eq!(foreign_calls(&proxy), 1);
        // Failures are not kept.
        let forged = signed(3, r#"{"alg":"ES256","kid":"k1"}"#, &claims(""));
        for _ in 0..2 {
            assert_eq!(
                judged(&mut proxy, &bearer(&forged)),
                "401 jwt_bad_signature"
            );
        }
        assert_eq!(foreign_calls(&proxy), 3);
        let (input, signature) = token.rsplit_once('.').unwrap();
        let other = format!("{}.{signature}", input.replacen("eyJ", "eyK", 1));
        assert!(judged(&mut proxy, &bearer(&other)).starts_with("401 "));
    });
}

#[test]
fn without_a_cache_every_token_is_verified() {
    let more = format!(r#"{}, "cache": {{"entries": 0}}"#, rule(""));
    filter(&document("", &more), |proxy| {
        for _ in 0..2 {
            assert_eq!(judged(proxy, &bearer(&good(""))), "passed");
        }
    });
}
