//! Documents of 100,000 keys: how long a worker stops for them, and what they take.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr
)]

mod support;

use std::fmt::Write;
use std::time::{Duration, Instant};

use gatepost_test_host::TestProxy;
use support::feeds::{OK, document, next_fetch, on_both};
use support::{each_code, entry};

const KEYS: u32 = 100_000;

fn body() -> String {
    let mut body = String::with_capacity(16 << 20);
    body.push_str("{\"keys\": [");
    for number in 1..KEYS {
        // No digest of a key that anybody knows, and in no order.
        let digest = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let other = !digest;
        write!(
            body,
            r#"{{"id": "client-{number}", "digest": "sha256:{digest:032x}{other:032x}"}},"#
        )
        .unwrap();
    }
    body.push_str(&entry("a", "alpha", ""));
    body.push_str("]}");
    body
}

#[test]
fn a_worker_stops_for_a_short_time_only_while_many_keys_are_read() {
    let body = body();
    each_code(|code| {
        let mut proxy = TestProxy::new(code);
        proxy.add_cluster("keys");
        let says = r#""max_bytes": 16777216,"#;
        assert!(proxy.configure(&document(says, "")), "{}", proxy.log_text());
        let (worker, call) = next_fetch(&mut proxy);
        let mut longest = Duration::ZERO;
        let mut timed = |act: &mut dyn FnMut()| {
            let start = Instant::now();
            act();
            longest = longest.max(start.elapsed());
        };
        timed(&mut || proxy.reply(worker, call.token, OK, body.as_bytes()));
        let mut ticks = 0;
        while !proxy.log_text().contains("loaded, 100000 keys") {
            proxy.advance(Duration::from_millis(10));
            timed(&mut || proxy.tick());
            ticks += 1;
            assert!(ticks < 2000, "{}", proxy.log_text());
        }
        proxy.advance(Duration::from_secs(1));
        timed(&mut || proxy.tick());
        assert_eq!(on_both(&mut proxy, "alpha"), "passed");
        assert_eq!(on_both(&mut proxy, "beta"), "401 api_key_unknown");
        eprintln!(
            "{} bytes, {ticks} ticks, the longest {longest:?}, memory {:?}",
            body.len(),
            proxy.memory_bytes(0)
        );
        // Generous: other tests run beside this one.
        assert!(longest < Duration::from_secs(1), "{longest:?}");
        if let Some(bytes) = proxy.memory_bytes(0) {
            assert!(bytes < 96 << 20, "{bytes} bytes of memory");
        }
    });
}
