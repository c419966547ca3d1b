//! envoy/ip-allowlist-proxies.yaml as shipped: X-Forwarded-For in both modes of
//! `use_remote_address`, with the true peer from filter state.

use std::net::{IpAddr, Ipv4Addr};

use gatepost_e2e::{Binary, Envoy, Http1Client, Response, Result, Upstream, each_envoy, shipped};

struct Gate {
    envoy: Envoy,
    upstream: Upstream,
}

impl Gate {
    fn open(binary: &Binary) -> Result<Self> {
        let upstream = Upstream::start()?;
        let envoy = Envoy::start(binary, &shipped("ip-allowlist-proxies.yaml", &upstream)?)?;
        Ok(Self { envoy, upstream })
    }

    /// A request from 127.0.0.`peer` with these lines of X-Forwarded-For.
    fn get(&self, listener: &str, peer: u8, lines: &[&str]) -> Result<Response> {
        let to = self.envoy.listener(listener)?;
        let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, peer));
        let headers: Vec<_> = lines
            .iter()
            .map(|line| ("x-forwarded-for", *line))
            .collect();
        Http1Client::connect_from(from, to)?.get("/", &headers)
    }

    fn check(&self, listener: &str, cases: &[(u8, &[&str], u16, &str)]) -> Result<()> {
        for (peer, lines, status, says) in cases {
            let response = self.get(listener, *peer, lines)?;
            assert_eq!(
                response.status,
                *status,
                "{listener} {peer} {lines:?}: {}",
                response.text()
            );
            assert!(
                response.text().contains(says),
                "{listener} {peer} {lines:?}: {}",
                response.text()
            );
        }
        Ok(())
    }
}

const OFFICE: &str = "203.0.113.7";
const ELSEWHERE: &str = "198.51.100.7";

#[test]
fn only_the_load_balancers_say_who_the_client_is() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        gate.check(
            "edge",
            &[
                // From a load balancer: the rightmost entry that is none.
                (11, &[OFFICE], 200, ""),
                (11, &["2001:db8:1::7"], 200, ""),
                (11, &[ELSEWHERE], 403, "ip_not_allowed"),
                (
                    11,
                    &[&format!("{OFFICE}, {ELSEWHERE}")],
                    403,
                    "ip_not_allowed",
                ),
                (11, &[&format!("{ELSEWHERE}, {OFFICE}")], 200, ""),
                (11, &[&format!("{OFFICE}, 127.0.0.12")], 200, ""),
                (12, &[OFFICE, "127.0.0.11"], 200, ""),
                (11, &[OFFICE, ELSEWHERE], 403, "ip_not_allowed"),
                // What cannot be read where the walk comes by is no address.
                (
                    11,
                    &[&format!("{OFFICE}, unknown")],
                    400,
                    "client_address_not_an_address",
                ),
                (
                    11,
                    &[&format!("{OFFICE}, 0177.0.0.1")],
                    400,
                    "client_address_not_an_address",
                ),
                (
                    11,
                    &[&format!("{OFFICE},")],
                    400,
                    "client_address_empty_entry",
                ),
                // From anybody else the header counts for nothing.
                (13, &[OFFICE], 403, "ip_not_allowed"),
                (13, &[], 403, "ip_not_allowed"),
                (13, &["127.0.0.11", OFFICE], 403, "ip_not_allowed"),
            ],
        )?;
        assert_eq!(gate.upstream.requests(), 5);
        Ok(())
    })
}

#[test]
fn where_the_peer_is_not_appended_the_header_is_read_as_it_came() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        gate.check(
            "inner",
            &[
                (11, &[OFFICE], 200, ""),
                (11, &[&format!("{ELSEWHERE}, {OFFICE}")], 200, ""),
                (
                    11,
                    &[&format!("{OFFICE}, {ELSEWHERE}")],
                    403,
                    "ip_not_allowed",
                ),
                (11, &[&format!("{OFFICE}, 127.0.0.12")], 200, ""),
                (11, &[&format!("{OFFICE}:80")], 200, ""),
                (11, &["fe80::1%eth0"], 400, "client_address_not_an_address"),
                (11, &[], 400, "client_address_missing"),
                // From anybody else the header counts for nothing, although
                // source.address is what it says.
                (13, &[OFFICE], 403, "ip_not_allowed"),
                (
                    13,
                    &[&format!("{OFFICE}, 127.0.0.11")],
                    403,
                    "ip_not_allowed",
                ),
                (13, &[], 403, "ip_not_allowed"),
            ],
        )?;
        assert_eq!(gate.upstream.requests(), 4);
        Ok(())
    })
}

#[test]
fn one_hop_is_counted_from_the_right() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let hops = shipped("ip-allowlist-proxies.yaml", &upstream)?.with(&[
            (
                "trusted_proxies: &proxies [127.0.0.11, 127.0.0.12]",
                "trusted_hops: 1",
            ),
            ("trusted_proxies: *proxies", "trusted_hops: 1"),
        ])?;
        let envoy = Envoy::start(binary, &hops)?;
        let gate = Gate { envoy, upstream };
        // With the peer appended, the entry in front of it; else the one in front
        // of the last.
        gate.check(
            "edge",
            &[
                (13, &[OFFICE], 200, ""),
                (
                    13,
                    &[&format!("{OFFICE}, {ELSEWHERE}")],
                    403,
                    "ip_not_allowed",
                ),
                (13, &[], 403, "ip_not_allowed"),
            ],
        )?;
        gate.check(
            "inner",
            &[
                (13, &[&format!("{OFFICE}, 192.0.2.1")], 200, ""),
                (
                    13,
                    &[&format!("{ELSEWHERE}, 192.0.2.1")],
                    403,
                    "ip_not_allowed",
                ),
                (
                    13,
                    &[&format!("{OFFICE}, {ELSEWHERE}, 192.0.2.1")],
                    403,
                    "ip_not_allowed",
                ),
                // Shorter than the chain must be: the true peer is the client.
                (13, &[OFFICE], 403, "ip_not_allowed"),
                (13, &[], 403, "ip_not_allowed"),
            ],
        )?;
        assert_eq!(gate.upstream.requests(), 2);
        Ok(())
    })
}

#[test]
fn each_instance_is_told_by_its_own_name() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        gate.get("edge", 11, &[OFFICE])?;
        gate.get("inner", 13, &[])?;
        let name = |instance, decision, reason| {
            format!(
                "wasmcustom.wasm_filter.{instance}.component.office.tag.{reason};.gatepost_{decision}_total"
            )
        };
        gate.envoy
            .wait_for_stat(&name("edge", "allowed", "allowed"), |count| count == 1)?;
        gate.envoy
            .wait_for_stat(&name("inner", "denied", "ip_not_allowed"), |count| {
                count == 1
            })?;
        Ok(())
    })
}

/// Why the configuration must say whether the peer is appended: with the wrong
/// answer the client's own entry would count.
#[test]
fn what_the_configuration_says_of_the_peer_is_what_envoy_does() -> Result<()> {
    each_envoy(|binary| {
        let gate = Gate::open(binary)?;
        let edge = gate.get("edge", 11, &[OFFICE])?.echo()?;
        let appended = edge.values("x-forwarded-for").join(",");
        assert!(
            appended.starts_with(OFFICE) && appended.len() > OFFICE.len(),
            "{appended}"
        );
        let inner = gate
            .get("inner", 11, &[&format!("192.0.2.1,{OFFICE}")])?
            .echo()?;
        assert_eq!(
            inner.values("x-forwarded-for"),
            [format!("192.0.2.1,{OFFICE}")]
        );
        Ok(())
    })
}
