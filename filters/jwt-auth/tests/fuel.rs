//! What the filter's typical paths cost, compared with fuel.txt.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod support;

use std::path::Path;

use gatepost_test_host::{Code, Cost, RequestParts, TestProxy, Verdict, check_fuel};
use support::tokens::{claims, eddsa, good, hs256, signed};
use support::{document, host_crypto, rule};

#[test]
fn a_path_costs_what_the_table_says() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuel.txt");
    check_fuel("jwt-auth", &table, measure);
}

fn measure(code: &Code) -> Vec<(&'static str, Cost)> {
    let header = r#""claims_to_headers": [{"claim": "sub", "header": "x-user"}],"#;
    let usual = document(header, &rule(""));
    let scoped = document(header, &rule(r#", "scopes": {"all": ["orders"]}"#));
    let recorded = document(header, &format!(r#"{}, "record": "always""#, rule("")));
    let token = request(&good(r#""scope": "profile orders", "jti": "5f3c2a9e7b14""#));
    let forged = request(&signed(3, r#"{"alg":"ES256","kid":"k1"}"#, &claims("")));
    let new = |number: u32| request(&good(&format!(r#""jti": "{number}""#)));
    let new_eddsa = |number: u32| request(&eddsa("e1", &claims(&format!(r#""jti": "{number}""#))));
    let nothing = browser("/");
    vec![
        ("load", proxy(code, &usual).cost_so_far()),
        ("repeated", passed(proxy(code, &usual), |_| token.clone())),
        (
            "repeated-scope",
            passed(proxy(code, &scoped), |_| token.clone()),
        ),
        (
            "repeated-record",
            passed(proxy(code, &recorded), |_| token.clone()),
        ),
        ("new-es256-by-proxy", passed(proxy(code, &usual), new)),
        (
            "new-es256-in-rust",
            passed(TestProxy::with_document(code, &usual), new),
        ),
        ("new-eddsa", passed(proxy(code, &usual), new_eddsa)),
        (
            "new-hs256",
            passed(TestProxy::with_document(code, &secret()), new_hs256),
        ),
        ("missing", refused(proxy(code, &usual), &nothing)),
        ("forged", refused(proxy(code, &usual), &forged)),
        ("malformed", refused(proxy(code, &usual), &request("a.b.c"))),
    ]
}

const SECRET: [u8; 32] = [0x5a; 32];

fn secret() -> String {
    let key = support::tokens::encoded(SECRET);
    format!(
        r#"{{"providers": {{"main": {{"algorithms": ["HS256"],
            "keys": {{"secrets": [{{"algorithm": "HS256", "inline": "{key}"}}]}}}}}}, {}}}"#,
        rule("")
    )
}

fn new_hs256(number: u32) -> RequestParts {
    let claims = claims(&format!(r#""jti": "{number}""#));
    request(&hs256(&SECRET, r#"{"alg":"HS256"}"#, &claims))
}

/// A proxy that checks signatures and keeps filter state, as Envoy does.
fn proxy(code: &Code, document: &str) -> TestProxy {
    let mut proxy = TestProxy::new(code);
    host_crypto(&mut proxy);
    proxy.add_foreign_function("declare_property", |_| Ok(Vec::new()));
    assert!(proxy.configure(document), "{}", proxy.log_text());
    proxy
}

/// A request from its start to its end. Not the first one, which defines metrics.
fn passed(mut proxy: TestProxy, request: impl Fn(u32) -> RequestParts) -> Cost {
    once(&mut proxy, &request(0), true);
    let second = request(1);
    proxy.cost(|proxy| once(proxy, &second, true))
}

fn refused(mut proxy: TestProxy, request: &RequestParts) -> Cost {
    once(&mut proxy, request, false);
    proxy.cost(|proxy| once(proxy, request, false))
}

fn once(proxy: &mut TestProxy, request: &RequestParts, passes: bool) {
    let sent = proxy.send(request);
    let has_passed = matches!(proxy.verdict(sent), Verdict::Passed(_));
    assert_eq!(has_passed, passes);
    proxy.end(sent);
}

fn request(token: &str) -> RequestParts {
    browser("/").header("authorization", format!("Bearer {token}"))
}

/// What a browser sends.
fn browser(path: &str) -> RequestParts {
    RequestParts::get(path)
        .header(
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        .header(
            "accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        )
        .header("accept-language", "en-GB,en;q=0.7,de;q=0.3")
        .header("accept-encoding", "gzip, deflate, br, zstd")
        .header("referer", "https://shop.example/catalogue?page=3")
        .header("cookie", "session=5f3c2a9e7b14; theme=dark; consent=1")
        .header("cache-control", "no-cache")
        .header("x-request-id", "6d2c9f0e-6a53-4b1f-9a55-0c3f4be2d1a7")
}
