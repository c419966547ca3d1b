//! A list of 100,000 networks in a real Envoy.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_e2e::{Bootstrap, Envoy, Http1Client, Reload, Result, Upstream, each_envoy, shipped};

/// `count` networks that do not touch each other, and none of the loopback.
fn networks(count: u32, six: bool) -> String {
    let mut json = String::new();
    for index in 0..count {
        let comma = if index == 0 { "" } else { "," };
        if six {
            let _ = write!(
                json,
                "{comma}\"2001:db8:{:x}:{:x}::/64\"",
                index >> 16,
                (index & 0xffff) << 1 & 0xffff | index >> 15 & 1
            );
        } else {
            let address = 0x0b00_0000 + index * 512;
            let [a, b, c, d] = address.to_be_bytes();
            let _ = write!(json, "{comma}\"{a}.{b}.{c}.{d}/24\"");
        }
    }
    json
}

/// The shipped file with a list so long, as a string: that is how one is given.
fn bootstrap(upstream: &Upstream, six: bool) -> Result<Bootstrap> {
    let shipped = shipped("ip-allowlist.yaml", upstream)?;
    let text = shipped.text();
    let start = text
        .find("                        configuration:\n")
        .expect("is configured");
    let end = text
        .find("                  - name: envoy.filters.http.router")
        .expect("routes");
    let document = format!(
        r#"{{"client_address":{{"from":"connection"}},"lists":{{"large":{{"cidrs":[{},"127.0.0.3"]}}}},"rules":[{{"name":"all","allow":"anyone","deny":["large"]}}]}}"#,
        networks(100_000, six)
    );
    let configuration = format!(
        "                        configuration:\n                          \"@type\": type.googleapis.com/google.protobuf.StringValue\n                          value: '{document}'\n"
    );
    Ok(Bootstrap::from_text(format!(
        "{}{configuration}{}",
        &text[..start],
        &text[end..]
    )))
}

#[test]
fn a_hundred_thousand_networks_load_in_200_ms_a_vm() -> Result<()> {
    each_envoy(|binary| {
        for six in [false, true] {
            let upstream = Upstream::start()?;
            let large = bootstrap(&upstream, six)?;
            let envoy = Envoy::start_reloadable(binary, &large)?;
            let to: SocketAddr = (Ipv4Addr::LOCALHOST, envoy.listener("ingress")?.port()).into();
            let get = |from: [u8; 4]| Http1Client::connect_from(from.into(), to)?.get("/", &[]);
            assert_eq!(get([127, 0, 0, 3])?.status, 403);
            assert_eq!(get([127, 0, 0, 4])?.status, 200);
            let line = envoy
                .log()
                .wait_for("configured in", 0, Duration::from_secs(10))?;
            let fastest = loads(&envoy)
                .into_iter()
                .min()
                .expect("at least one VM loaded");
            eprintln!(
                "{}, IPv{}: loaded in {fastest} ms",
                binary.name,
                if six { 6 } else { 4 }
            );
            assert!(fastest <= 200, "{fastest} ms: {line}");

            // A reload is a new plugin in the same VMs.
            let again = large.with(&[("\"name\":\"all\"", "\"name\":\"again\"")])?;
            assert!(matches!(envoy.reload(&again)?, Reload::Accepted));
            assert_eq!(get([127, 0, 0, 3])?.status, 403);
        }
        Ok(())
    })
}

/// The milliseconds that each VM took, as the log says.
fn loads(envoy: &Envoy) -> Vec<u64> {
    let text = envoy.log().text(0);
    let times = text.split("configured in ").skip(1);
    times
        .filter_map(|rest| rest.split(' ').next()?.parse().ok())
        .collect()
}
