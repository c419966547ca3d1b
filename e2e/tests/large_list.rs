//! A list of 100,000 networks in a real Envoy.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatepost_e2e::{Envoy, Http1Client, Reload, Result, Upstream, each_envoy, with_large_list};

#[test]
fn a_hundred_thousand_networks_load_in_200_ms_a_vm() -> Result<()> {
    each_envoy(|binary| {
        for six in [false, true] {
            let upstream = Upstream::start()?;
            let large = with_large_list(&upstream, six)?;
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
