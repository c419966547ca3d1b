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
        // The other worker serves on; the one that trapped gets a new VM with a
        // request that comes after the back-off.
        wait_until("the VM is made anew", Duration::from_secs(20), || {
            get(&[]).ok()?;
            envoy
                .stats()
                .ok()
                .filter(|stats| stats.sum("vm_reload_success") == 1)
        })?;
        for _ in 0..20 {
            assert_eq!(get(&[])?.status, 200);
        }
        Ok(())
    })
}
