//! A trap in a module, under `FAIL_RELOAD`: what no shipped module may do, and
//! what becomes of the gate if one does.

use std::time::Duration;

use gatepost_e2e::{
    Envoy, Http1Client, Result, Upstream, each_envoy, shipped, test_module, wait_until,
};

#[test]
fn a_trap_refuses_its_request_and_a_later_one_is_served() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let shipped_module = gatepost_e2e::module("ip-allowlist")?.display().to_string();
        let trap = test_module("trap")?.display().to_string();
        let bootstrap =
            shipped("ip-allowlist.yaml", &upstream)?.with(&[(&shipped_module, &trap)])?;
        let envoy = Envoy::start(binary, &bootstrap)?;
        let to = envoy.listener("ingress")?;
        let get = |headers: &[(&str, &str)]| Http1Client::connect(to)?.get("/", headers);
        assert_eq!(get(&[])?.status, 200);

        assert_eq!(get(&[("x-trap", "now")])?.status, 503);
        assert_eq!(upstream.requests(), 1);
        let served = wait_until("a request is served again", Duration::from_secs(20), || {
            get(&[]).ok().filter(|response| response.status == 200)
        })?;
        assert_eq!(served.status, 200);
        Ok(())
    })
}
