//! Where a key may stand, and what of it the upstream gets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use gatepost_test_host::{RequestParts, Verdict, values};
use support::{document, filter, judged, passed_with, with_key};

const EVERYWHERE: &str = r#""from": {
    "headers": [{"name": "x-api-key"}, {"name": "authorization", "scheme": "ApiKey"}],
    "query": ["api_key"], "cookies": ["key"]}"#;

fn get(path: &str) -> RequestParts {
    RequestParts::get(path)
}

#[test]
fn a_key_stands_in_any_of_its_places() {
    filter(&document(EVERYWHERE), |proxy| {
        for request in [
            with_key("alpha"),
            get("/").header("X-API-Key", "alpha"),
            get("/").header("authorization", "ApiKey alpha"),
            get("/").header("authorization", "apikey   alpha"),
            get("/?api_key=alpha"),
            get("/?a=1&api%5Fkey=%61lpha&b=2"),
            get("/").header("cookie", "a=1; key=alpha; b=2"),
            get("/")
                .header("cookie", "a=1")
                .header("cookie", r#"key="alpha""#),
        ] {
            assert_eq!(judged(proxy, &request), "passed", "{request:?}");
        }
    });
}

#[test]
fn what_stands_elsewhere_is_no_key() {
    filter(&document(EVERYWHERE), |proxy| {
        for request in [
            get("/").header("authorization", "alpha"),
            get("/").header("authorization", "Bearer alpha"),
            get("/").header("authorization", "ApiKeys alpha"),
            get("/").header("x_api_key", "alpha"),
            get("/").header("x-api-keys", "alpha"),
            get("/?apikey=alpha"),
            get("/api_key=alpha"),
            get("/#?api_key=alpha"),
            get("/").header("cookie", "keys=alpha"),
        ] {
            assert_eq!(
                judged(proxy, &request),
                "401 api_key_missing",
                "{request:?}"
            );
        }
    });
}

#[test]
fn several_keys_are_none_also_when_they_are_equal() {
    filter(&document(EVERYWHERE), |proxy| {
        for request in [
            with_key("alpha").header("x-api-key", "alpha"),
            with_key("alpha").header("authorization", "ApiKey alpha"),
            get("/?api_key=alpha").header("x-api-key", "alpha"),
            get("/?api_key=alpha&api_key=alpha"),
            get("/?api_key=alpha").header("cookie", "key=alpha"),
            get("/").header("cookie", "key=alpha; key=beta"),
        ] {
            assert_eq!(
                judged(proxy, &request),
                "400 api_key_several",
                "{request:?}"
            );
        }
        let mut many = get("/");
        for _ in 0..100 {
            many = many.header("x-api-key", "alpha");
        }
        assert_eq!(judged(proxy, &many), "400 api_key_several");
    });
}

#[test]
fn what_no_key_can_be_is_malformed() {
    filter(&document(EVERYWHERE), |proxy| {
        for request in [
            with_key("alpha, beta"),
            with_key("al pha"),
            with_key("al\tpha"),
            with_key("\"alpha\""),
            get("/").header("x-api-key", b"alph\xe4"),
            get("/").header("x-api-key", b"\xff\xfe\0"),
            with_key(&"a".repeat(513)),
            with_key(&"a".repeat(60_000)),
            get("/").header("authorization", "ApiKey"),
            get("/").header("authorization", "ApiKey alpha beta"),
            get("/").header("authorization", "Bearer x, ApiKey alpha"),
            get("/?api_key=%zz"),
            get("/?api_key=al+pha"),
            get("/?api_key=%ff"),
            get("/?a=1;api_key=alpha"),
            get("/").header("cookie", "key"),
            // A good one does not mend it.
            with_key("alpha").header("authorization", "ApiKey"),
        ] {
            assert_eq!(
                judged(proxy, &request),
                "400 api_key_malformed",
                "{request:?}"
            );
        }
        assert_eq!(
            judged(proxy, &with_key(&"a".repeat(512))),
            "401 api_key_unknown"
        );
    });
}

#[test]
fn the_upstream_gets_no_key() {
    filter(&document(EVERYWHERE), |proxy| {
        assert!(passed_with(proxy, &with_key("alpha"), "x-api-key").is_empty());
        let twin = with_key("alpha").header("x_api_key", "other");
        assert!(passed_with(proxy, &twin, "x_api_key").is_empty());
        let query = get("/a?b=1&api_key=alpha&c=%20");
        assert_eq!(passed_with(proxy, &query, ":path"), ["/a?b=1&c=%20"]);
        let cookie = get("/").header("cookie", "a=1; key=alpha; b=2");
        assert_eq!(passed_with(proxy, &cookie, "cookie"), ["a=1; b=2"]);
        let scheme = get("/")
            .header("authorization", "ApiKey alpha")
            .header("authorization", "Basic dTpw");
        assert_eq!(passed_with(proxy, &scheme, "authorization"), ["Basic dTpw"]);
    });
}

#[test]
fn the_upstream_gets_the_key_where_the_document_says_so() {
    let rules = r#""rules": [{"name": "own", "match": {"paths": [{"prefix": "/own"}]}, "forward_key": FLAG}], "forward_key": OTHER"#;
    for (flag, other) in [("true", "false"), ("false", "true")] {
        let rules = rules.replace("FLAG", flag).replace("OTHER", other);
        filter(&document(&rules), |proxy| {
            let own = get("/own").header("x-api-key", "alpha");
            let is_there = !passed_with(proxy, &own, "x-api-key").is_empty();
            assert_eq!(is_there, flag == "true");
            let is_there = !passed_with(proxy, &with_key("alpha"), "x-api-key").is_empty();
            assert_eq!(is_there, other == "true");
        });
    }
}

#[test]
fn an_exempt_path_gets_no_key_either() {
    let more = r#""rules": [{"name": "open", "match": {"paths": [{"prefix": "/open"}]}, "require": "none"}]"#;
    filter(&document(more), |proxy| {
        let request = get("/open").header("x-api-key", "whatever, it is");
        assert!(passed_with(proxy, &request, "x-api-key").is_empty());
    });
}

#[test]
fn the_place_that_the_document_names_takes_the_place_of_x_api_key() {
    let more = r#""from": {"headers": [{"name": "X-Token"}]}"#;
    filter(&document(more), |proxy| {
        assert_eq!(judged(proxy, &with_key("alpha")), "401 api_key_missing");
        let request = get("/").header("x-token", "alpha").header("x-api-key", "b");
        let headers = proxy.passed(&request);
        assert_eq!(values(&headers, "x-token"), Vec::<String>::new());
        assert_eq!(values(&headers, "x-api-key"), ["b"]);
    });
}

#[test]
fn any_bytes_in_any_place_are_judged_and_never_pass() {
    filter(&document(EVERYWHERE), |proxy| {
        let mut seed: u32 = 7;
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(seed >> 24).unwrap()
        };
        for round in 0..400 {
            let bytes: Vec<u8> = (0..usize::from(next() % 40)).map(|_| next()).collect();
            let behind = |start: &str| [start.as_bytes(), &bytes].concat();
            let request = match round % 4 {
                0 => get("/").header("x-api-key", &bytes),
                1 => get("/").header("authorization", behind("ApiKey ")),
                2 => get("/").header("cookie", behind("key=")),
                _ => get("/")
                    .without(":path")
                    .header(":path", behind("/?api_key=")),
            };
            let judged = judged(proxy, &request);
            assert!(
                judged.starts_with("401 api_key_") || judged.starts_with("400 api_key_"),
                "{judged}: {request:?}"
            );
        }
    });
}

#[test]
fn only_the_key_that_was_looked_up_is_ever_forwarded() {
    let rules = r#""forward_key": true, "rules": [
        {"name": "open", "match": {"paths": [{"prefix": "/open"}]}, "require": "none"},
        {"name": "optional", "match": {"paths": [{"prefix": "/optional"}]}, "require": "optional"}]"#;
    filter(&document(&format!("{EVERYWHERE}, {rules}")), |proxy| {
        let forged = |request: RequestParts| request.header("x_api_key", "forged");
        let headers = proxy.passed(&forged(with_key("alpha")));
        assert_eq!(values(&headers, "x-api-key"), ["alpha"]);
        assert_eq!(values(&headers, "x_api_key"), [""; 0]);
        let headers = proxy.passed(&get("/?api_key=alpha&api_key=&b"));
        assert_eq!(values(&headers, ":path"), ["/?api_key=alpha&b"]);
        let preflight = get("/?api_key=forged")
            .without(":method")
            .header(":method", "OPTIONS")
            .header("origin", "https://a.example")
            .header("access-control-request-method", "PUT");
        for request in [
            get("/open?api_key=forged")
                .header("x-api-key", "forged")
                .header("cookie", "key=forged"),
            get("/optional"),
            preflight,
        ] {
            let headers = proxy.passed(&forged(request));
            let is_forged = |value: &[u8]| value.windows(6).any(|part| part == b"forged");
            assert!(
                !headers.iter().any(|(_, value)| is_forged(value)),
                "{headers:?}"
            );
        }
    });
}

#[test]
fn of_a_refused_request_access_logs_see_no_key() {
    filter(&document(EVERYWHERE), |proxy| {
        let request = get("/?a=1&api_key=forged")
            .header("x_api_key", "forged")
            .header("cookie", "key=forged; b=2");
        let sent = proxy.send(&request);
        assert!(matches!(proxy.verdict(sent), Verdict::Replied(_)));
        let headers = proxy.request_headers(sent);
        assert_eq!(values(&headers, ":path"), ["/?a=1"]);
        assert_eq!(values(&headers, "cookie"), ["b=2"]);
        assert_eq!(values(&headers, "x_api_key"), [""; 0]);
    });
}
