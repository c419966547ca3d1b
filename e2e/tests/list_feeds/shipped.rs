//! envoy/ip-allowlist-feed.yaml as shipped.

use std::net::{IpAddr, Ipv4Addr};

use gatepost_e2e::{Answer, Envoy, FeedServer, Result, Upstream, each_envoy, shipped};

use crate::gate::Gate;

const PARTNER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const BLOCKED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4));

#[test]
fn lists_of_a_server_are_enforced_as_the_shipped_file_says() -> Result<()> {
    each_envoy(|binary| {
        let (upstream, server) = (Upstream::start()?, FeedServer::start()?);
        server.answer(
            "/partners.txt",
            Answer::ok("127.0.0.1\n127.0.0.2 # office\n"),
        );
        server.answer("/blocked.txt", Answer::ok("127.0.0.3\n"));
        let port = format!("port_value: {}", server.port());
        let file = shipped("ip-allowlist-feed.yaml", &upstream)?;
        let envoy = Envoy::start(binary, &file.with(&[("port_value: 8081", &port)])?)?;
        let gate = Gate::of(envoy, server, upstream)?;
        gate.settles(BLOCKED, "", 403)?;
        for (from, at, status, says) in [
            (PARTNER, "partners", 200, ""),
            (OTHER, "partners", 403, "ip_not_allowed"),
            (BLOCKED, "partners", 403, "ip_blocked"),
            (PARTNER, "", 200, ""),
            (OTHER, "", 200, ""),
            (BLOCKED, "", 403, "ip_blocked"),
        ] {
            let (answered, why) = gate.everywhere(from, at)?;
            assert_eq!((answered, why.as_str()), (status, says), "{from} /{at}");
        }
        for path in ["/partners.txt", "/blocked.txt"] {
            let fetched = gate.server.fetched(path);
            assert_eq!(fetched.len(), 1, "{path}");
            assert_eq!(fetched[0].header("host"), Some("lists.example"));
            assert_eq!(fetched[0].header("accept-encoding"), Some("identity"));
        }
        gate.wait_for(("gatepost_list_entries", "partners", ""), |entries| {
            entries == 2
        })?;
        gate.wait_for(("gatepost_list_entries", "blocked", ""), |entries| {
            entries == 1
        })?;
        Ok(())
    })
}
