//! Addresses: the ip-allowlist filter, and what one odd byte does to another one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use gatepost_e2e::{
    Binary, Bootstrap, Envoy, Http1Client, LARGE_LIST, Result, Upstream, module, shipped,
    test_module, wait_until, with_large_list,
};

use crate::show::{expect, show_metric, total, verdict};

const FILTER: &str = "ip-allowlist";

pub(crate) fn show(binary: &Binary, upstream: &Upstream) -> Result<()> {
    println!(
        "envoy/ip-allowlist.yaml as shipped: office = 127.0.0.1, 127.0.0.2, ::1; blocked = 127.0.0.3"
    );
    verdicts(binary, upstream)?;
    large_list(binary, upstream)?;
    odd_byte(binary, upstream)
}

/// A request of the demo, and what is to come of it.
struct Step {
    says: &'static str,
    from: IpAddr,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    rule: &'static str,
    reason: &'static str,
}

const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const BLOCKED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));

const STEPS: [Step; 7] = [
    Step {
        says: "an address of the office list",
        from: OFFICE,
        path: "/admin",
        headers: &[],
        status: 200,
        rule: "admin",
        reason: "allowed",
    },
    Step {
        says: "an address in no list",
        from: STRANGER,
        path: "/admin",
        headers: &[],
        status: 403,
        rule: "admin",
        reason: "ip_not_allowed",
    },
    Step {
        says: "the same, elsewhere: anyone may",
        from: STRANGER,
        path: "/",
        headers: &[],
        status: 200,
        rule: "everything",
        reason: "allowed",
    },
    Step {
        says: "an address of the blocked list",
        from: BLOCKED,
        path: "/",
        headers: &[],
        status: 403,
        rule: "everything",
        reason: "ip_blocked",
    },
    Step {
        says: "a forged X-Forwarded-For",
        from: STRANGER,
        path: "/admin",
        headers: &[("x-forwarded-for", "127.0.0.2")],
        status: 403,
        rule: "admin",
        reason: "ip_not_allowed",
    },
    Step {
        says: "a path that servers read differently",
        from: STRANGER,
        path: "/x/..;/admin",
        headers: &[],
        status: 400,
        rule: "none",
        reason: "path_ambiguous",
    },
    Step {
        says: "IPv6, on the same listener",
        from: IpAddr::V6(Ipv6Addr::LOCALHOST),
        path: "/admin",
        headers: &[],
        status: 200,
        rule: "admin",
        reason: "allowed",
    },
];

fn verdicts(binary: &Binary, upstream: &Upstream) -> Result<()> {
    let envoy = Envoy::start(binary, &shipped("ip-allowlist.yaml", upstream)?)?;
    let port = envoy.listener("ingress")?.port();
    for step in STEPS {
        let to: SocketAddr = match step.from {
            IpAddr::V4(_) => (Ipv4Addr::LOCALHOST, port).into(),
            IpAddr::V6(_) => (Ipv6Addr::LOCALHOST, port).into(),
        };
        let before = total(&envoy.stats()?, FILTER, step.status, step.rule, step.reason);
        let response = Http1Client::connect_from(step.from, to)?.get(step.path, step.headers)?;
        let headers: String = step
            .headers
            .iter()
            .map(|(name, value)| format!(" ({name}: {value})"))
            .collect();
        println!("\n  {}", step.says);
        println!("    GET {}{headers} from {}", step.path, step.from);
        println!("    {} {}", response.status, verdict(&response));
        show_metric(&envoy, FILTER, step.status, step.rule, step.reason, before)?;
        expect(response.status == step.status, step.says)?;
    }
    Ok(())
}

fn large_list(binary: &Binary, upstream: &Upstream) -> Result<()> {
    println!("\nA list of {LARGE_LIST} networks, and 127.0.0.3");
    let envoy = Envoy::start(binary, &with_large_list(upstream, false)?)?;
    let line = envoy
        .log()
        .wait_for("configured in", 0, Duration::from_secs(10))?;
    let loaded = line
        .split("configured in")
        .nth(1)
        .unwrap_or_default()
        .trim();
    println!("    loaded in {loaded}");
    let to: SocketAddr = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
    for (from, status, reason) in [(BLOCKED, 403, "ip_denied"), (STRANGER, 200, "allowed")] {
        let start = Instant::now();
        let response = Http1Client::connect_from(from, to)?.get("/", &[])?;
        let took = start.elapsed().as_micros();
        println!(
            "    GET / from {from}: {} {} ({took} us, a new connection)",
            response.status,
            verdict(&response)
        );
        show_metric(&envoy, FILTER, status, "all", reason, 0)?;
        expect(response.status == status, "the list of 100,000")?;
    }
    Ok(())
}

/// What one byte does to an ordinary filter, and what it does to this one.
fn odd_byte(binary: &Binary, upstream: &Upstream) -> Result<()> {
    println!("\nOne odd byte: GET / with `user-agent: \\xff`, then plain requests");
    let ours = shipped("ip-allowlist.yaml", upstream)?;
    let ordinary = ours.with(&[
        (
            &module("ip-allowlist")?.display().to_string(),
            &test_module("sdk-plain")?.display().to_string(),
        ),
        // What a filter gets that asks for nothing else.
        ("failure_policy: FAIL_RELOAD", "failure_policy: FAIL_CLOSED"),
    ])?;
    let (odd, plain) = odd_then_plain(binary, &ordinary, 503)?;
    println!(
        "    an ordinary filter of the SDK: {odd}, then {plain} until the worker is restarted"
    );
    let (odd, plain) = odd_then_plain(binary, &ours, 200)?;
    println!("    ip-allowlist:                  {odd}, then {plain}");
    Ok(())
}

/// Sends the byte and then, on the same connection's worker, plain requests: the
/// statuses. `after` is what the plain ones are to get.
fn odd_then_plain(binary: &Binary, bootstrap: &Bootstrap, after: u16) -> Result<(u16, u16)> {
    let envoy = Envoy::start(binary, bootstrap)?;
    let to: SocketAddr = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
    // Both workers get it, whichever takes the connection.
    let mut first = 0;
    let plain = wait_until(
        "both workers have seen the byte",
        Duration::from_secs(20),
        || {
            let mut client = Http1Client::connect(to).ok()?;
            first = client
                .exchange(b"GET / HTTP/1.1\r\nhost: a\r\nuser-agent: \xff\r\n\r\n")
                .ok()?
                .status;
            let mut statuses = (0..20).map(|_| {
                Http1Client::connect(to)
                    .and_then(|mut client| client.get("/", &[]))
                    .map_or(0, |answer| answer.status)
            });
            statuses.all(|status| status == after).then_some(after)
        },
    )?;
    Ok((first, plain))
}
