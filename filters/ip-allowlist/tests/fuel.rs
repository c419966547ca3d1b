//! What the filter's typical paths cost, compared with fuel.txt.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

use std::path::Path;
use std::time::Duration;

use gatepost_test_host::{Code, Cost, RequestParts, TestProxy, Verdict, check_fuel};

#[test]
fn a_path_costs_what_the_table_says() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuel.txt");
    check_fuel("ip-allowlist", &table, measure);
}

fn measure(code: &Code) -> Vec<(&'static str, Cost)> {
    let by_connection = r#"{"from": "connection"}"#;
    let by_header = r#"{"from": "x_forwarded_for", "trusted_hops": 1, "peer_appended": true}"#;
    let all = r#"[{"name": "all", "allow": ["office"]}]"#;
    let routes = routes(500);
    let ten = document(by_connection, 10, all, "denied");
    let many = document(by_connection, 100_000, all, "denied");
    let recorded = document(by_connection, 100_000, all, "always");
    let routed = document(by_connection, 10, &routes, "denied");
    let forwarded = document(by_header, 100_000, all, "denied");

    let known = request("/").property("source.address", "192.0.2.1:4711");
    let stranger = request("/").property("source.address", "198.51.100.7:4711");
    let late = request("/service-499/orders").property("source.address", "192.0.2.1:4711");
    let proxied = request("/").header("x-forwarded-for", "198.51.100.7, 192.0.2.1, 203.0.113.9");
    vec![
        ("load-10", load(code, &ten)),
        ("load-100k", load(code, &many)),
        ("load-500-routes", load(code, &routed)),
        ("allow-10", pass(code, &ten, &known)),
        ("allow-100k", pass(code, &many, &known)),
        ("allow-100k-record", pass(code, &recorded, &known)),
        ("allow-500-routes", pass(code, &routed, &late)),
        ("allow-100k-xff", pass(code, &forwarded, &proxied)),
        ("deny-10", deny(code, &ten, &stranger)),
        ("deny-100k", deny(code, &many, &stranger)),
        ("feed-load-100k", loaded_feed(code).cost_so_far()),
        (
            "feed-allow-100k",
            judged(loaded_feed(code), &known, |verdict| {
                matches!(verdict, Verdict::Passed(_))
            }),
        ),
        ("feed-tick", idle_tick(loaded_feed(code))),
    ]
}

/// A worker that has fetched a text of 100,000 networks, read and loaded it.
fn loaded_feed(code: &Code) -> TestProxy {
    let mut proxy = TestProxy::with_document(
        code,
        r#"{"client_address": {"from": "connection"},
            "lists": {"office": {"feed": {"cluster": "lists", "authority": "a", "path": "/"}}},
            "rules": [{"name": "all", "allow": ["office"]}]}"#,
    );
    proxy.add_cluster("lists");
    let later = |proxy: &mut TestProxy, milliseconds| {
        proxy.advance(Duration::from_millis(milliseconds));
        proxy.tick();
    };
    later(&mut proxy, 50);
    let fetch = proxy.calls(0).pop().expect("the first worker fetches");
    let mut body = networks(100_000).join("\n");
    body.push('\n');
    proxy.reply(0, fetch.token, &[(":status", "200")], body.as_bytes());
    for _ in 0..40 {
        later(&mut proxy, 10);
    }
    later(&mut proxy, 1000);
    proxy
}

/// A tick at which nothing is due.
fn idle_tick(mut proxy: TestProxy) -> Cost {
    proxy.advance(Duration::from_secs(1));
    proxy.cost(TestProxy::tick)
}

/// A VM from its start to its first request.
fn load(code: &Code, document: &str) -> Cost {
    TestProxy::with_document(code, document).cost_so_far()
}

fn pass(code: &Code, document: &str, request: &RequestParts) -> Cost {
    judge(code, document, request, |verdict| {
        matches!(verdict, Verdict::Passed(_))
    })
}

fn deny(code: &Code, document: &str, request: &RequestParts) -> Cost {
    judge(code, document, request, |verdict| {
        matches!(verdict, Verdict::Replied(_))
    })
}

/// A request from its start to its end. Not the first one, which defines metrics.
fn judge(
    code: &Code,
    document: &str,
    request: &RequestParts,
    is_expected: impl Fn(Verdict) -> bool,
) -> Cost {
    judged(
        TestProxy::with_document(code, document),
        request,
        is_expected,
    )
}

fn judged(
    mut proxy: TestProxy,
    request: &RequestParts,
    is_expected: impl Fn(Verdict) -> bool,
) -> Cost {
    let once = |proxy: &mut TestProxy| {
        let sent = proxy.send(request);
        assert!(is_expected(proxy.verdict(sent)));
        proxy.end(sent);
    };
    once(&mut proxy);
    proxy.cost(once)
}

/// What a browser sends.
fn request(path: &str) -> RequestParts {
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

fn document(client_address: &str, entries: u32, rules: &str, record: &str) -> String {
    let cidrs: Vec<String> = networks(entries)
        .iter()
        .map(|network| format!("\"{network}\""))
        .collect();
    format!(
        r#"{{"client_address": {client_address}, "lists": {{"office": {{"cidrs": [{}]}}}}, "rules": {rules}, "record": "{record}"}}"#,
        cidrs.join(",")
    )
}

/// Every second /24, and last the one that is asked for.
fn networks(count: u32) -> Vec<String> {
    let mut networks: Vec<String> = (1..count)
        .map(|index| {
            let [a, b, c, _] = (0x0b00_0000 + (index << 9)).to_be_bytes();
            format!("{a}.{b}.{c}.0/24")
        })
        .collect();
    networks.push("192.0.2.0/24".to_owned());
    networks
}

fn routes(count: usize) -> String {
    let rules: Vec<String> = (0..count)
        .map(|index| {
            format!(r#"{{"name": "service-{index}", "match": {{"paths": [{{"prefix": "/service-{index}"}}]}}, "allow": ["office"]}}"#)
        })
        .collect();
    format!("[{}]", rules.join(","))
}
