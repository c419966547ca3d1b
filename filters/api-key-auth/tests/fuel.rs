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
use support::feeds::{document as fed, loaded};
use support::{entry, with_keys};

#[test]
fn a_path_costs_what_the_table_says() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuel.txt");
    check_fuel("api-key-auth", &table, measure);
}

fn measure(code: &Code) -> Vec<(&'static str, Cost)> {
    let ten = document(10, "");
    let many = document(10_000, "");
    let told = document(10, r#""key_id_header": "x-consumer""#);
    let known = request().header("x-api-key", "alpha");
    let stranger = request().header("x-api-key", "nobody");
    vec![
        ("load-10", load(code, &ten)),
        ("load-10k", load(code, &many)),
        ("allow-10", pass(code, &ten, &known)),
        ("allow-10k", pass(code, &many, &known)),
        ("allow-10-header", pass(code, &told, &known)),
        ("unknown-10", deny(code, &ten, &stranger)),
        ("unknown-10k", deny(code, &many, &stranger)),
        ("missing-10", deny(code, &ten, &request())),
        ("feed-load-10k", fed_proxy(code).cost_so_far()),
        ("feed-allow-10k", once(fed_proxy(code), &known, true)),
    ]
}

/// A worker that has fetched 10,000 keys, read and loaded them.
fn fed_proxy(code: &Code) -> TestProxy {
    let mut proxy = TestProxy::new(code);
    proxy.add_cluster("keys");
    assert!(proxy.configure(&fed("", "")), "{}", proxy.log_text());
    loaded(&mut proxy, &document(10_000, ""));
    for _ in 0..60 {
        proxy.advance(std::time::Duration::from_millis(20));
        proxy.tick();
    }
    proxy
}

/// A VM from its start to its first request.
fn load(code: &Code, document: &str) -> Cost {
    TestProxy::with_document(code, document).cost_so_far()
}

fn pass(code: &Code, document: &str, request: &RequestParts) -> Cost {
    once(TestProxy::with_document(code, document), request, true)
}

fn deny(code: &Code, document: &str, request: &RequestParts) -> Cost {
    once(TestProxy::with_document(code, document), request, false)
}

/// A request from its start to its end. Not the first one, which defines metrics.
fn once(mut proxy: TestProxy, request: &RequestParts, passes: bool) -> Cost {
    let send = |proxy: &mut TestProxy| {
        let sent = proxy.send(request);
        assert_eq!(matches!(proxy.verdict(sent), Verdict::Passed(_)), passes);
        proxy.end(sent);
    };
    send(&mut proxy);
    proxy.cost(send)
}

/// What a program sends.
fn request() -> RequestParts {
    RequestParts::get("/orders/7?page=2")
        .header("user-agent", "orders-client/2.4")
        .header("accept", "application/json")
        .header("accept-encoding", "gzip")
        .header("x-request-id", "6d2c9f0e-6a53-4b1f-9a55-0c3f4be2d1a7")
}

fn document(count: u32, more: &str) -> String {
    let mut keys: Vec<String> = (1..count)
        .map(|number| entry(&format!("client-{number}"), &format!("key-{number}"), ""))
        .collect();
    keys.push(entry("a", "alpha", ""));
    with_keys(&keys, more)
}
