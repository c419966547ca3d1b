//! A configuration that is wrong: refused with the path of the field and what was
//! expected; nothing passes at first start, the last good one serves on.

use std::time::Duration;

use gatepost_e2e::{
    Bootstrap, Envoy, Error, Http1Client, Reload, Result, Upstream, each_envoy, shipped,
};

/// What is replaced in envoy/ip-allowlist.yaml, by what, and what the log must say.
const WRONG: [(&str, &str, &str); 20] = [
    ("rules:\n", "ruls:\n", "document: unknown field `ruls`"),
    (
        "allow: anyone",
        "alow: anyone",
        "rules[1]: unknown field `alow`",
    ),
    (
        "client_address: { from: connection }",
        "mode: enforced",
        "mode: unknown variant `enforced`",
    ),
    (
        "client_address: { from: connection }",
        "record: often",
        "record: unknown variant `often`, expected `denied` or `always`",
    ),
    (
        "client_address: { from: connection }",
        "precedence: allow",
        "precedence: unknown variant `allow`",
    ),
    (
        "client_address: { from: connection }",
        "default: { action: perhaps }",
        "default.action: unknown variant `perhaps`",
    ),
    (
        "client_address: { from: connection }",
        "on_deny: { status: 200 }",
        "on_deny.status: expected a status from 400 to 599, found 200",
    ),
    (
        "client_address: { from: connection }",
        "peer_certificate: yes_please",
        "peer_certificate: unknown variant `yes_please`",
    ),
    (
        "client_address: { from: connection }",
        "mode: enforce",
        "client_address: expected where the client's address comes from",
    ),
    (
        "from: connection",
        "from: guess",
        "client_address.from: unknown variant `guess`",
    ),
    (
        "from: connection",
        "from: x_forwarded_for, trusted_hops: 1",
        "client_address.peer_appended: expected whether this listener has appended its peer",
    ),
    (
        "from: connection",
        "from: x_forwarded_for, peer_appended: true, trusted_proxies: [10.0.0.0/8]",
        "client_address.true_peer: expected where the true peer's address comes from",
    ),
    (
        "from: connection",
        "from: forwarded, trusted_hops: 20",
        "client_address.trusted_hops: expected a number from 0 to 19, found 20",
    ),
    (
        "from: connection",
        "from: header, header: cf-connecting-ip",
        "client_address.trusted_proxies: expected the proxies that are believed",
    ),
    ("127.0.0.3/32", "127.0.0.3/24", "lists.blocked.cidrs[0]: "),
    ("127.0.0.3/32", "127.0.0.300", "lists.blocked.cidrs[0]: "),
    (
        "reason: ip_blocked",
        "reason: IP-BLOCKED",
        "lists.blocked.reason: expected a reason code",
    ),
    (
        "allow: [office]",
        "allow: [ofice]",
        "rules[0].allow[0]: expected the name of a list, found `ofice`",
    ),
    (
        "allow: [office]",
        "allow: []",
        "rules[0].allow: expected at least one list, or `anyone`",
    ),
    (
        "prefix: /admin",
        "prefix: admin",
        "rules[0].match.paths[0].prefix: ",
    ),
];

#[test]
fn on_update_the_last_good_configuration_serves_on() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let good = shipped("ip-allowlist.yaml", &upstream)?;
        let envoy = Envoy::start_reloadable(binary, &good)?;
        let to = envoy.listener("ingress")?;
        for (right, wrong, says) in WRONG {
            let mark = envoy.log().len();
            let bad = good.with(&[(right, wrong)])?;
            let Reload::Rejected(_) = envoy.reload(&bad)? else {
                panic!("`{wrong}` was accepted");
            };
            let line =
                envoy
                    .log()
                    .wait_for("configuration refused", mark, Duration::from_secs(10))?;
            assert!(
                line.contains(says),
                "`{wrong}`\nsaid {line}\nexpected {says}"
            );
            let response = Http1Client::connect(to)?.get("/admin", &[])?;
            assert_eq!(response.status, 200, "after `{wrong}`");
        }
        Ok(())
    })
}

#[test]
fn at_first_start_nothing_passes() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let good = shipped("ip-allowlist.yaml", &upstream)?;
        let bad = good.with(&[("allow: [office]", "allow: [ofice]")])?;
        let Err(Error::Exited { log, .. }) = Envoy::start(binary, &bad) else {
            panic!("Envoy serves a static listener that it should have refused");
        };
        assert!(
            log.contains("rules[0].allow[0]: expected the name of a list"),
            "{log}"
        );

        // A listener from a control plane: Envoy runs on, without the listener.
        let envoy = Envoy::start_reloadable(binary, &bad)?;
        assert!(matches!(
            envoy.listener("ingress"),
            Err(Error::NoListener(_))
        ));
        assert!(matches!(envoy.reload(&good)?, Reload::Accepted));
        let to = envoy.listener("ingress")?;
        assert_eq!(Http1Client::connect(to)?.get("/admin", &[])?.status, 200);
        Ok(())
    })
}

#[test]
fn all_value_errors_are_told_at_once() -> Result<()> {
    each_envoy(|binary| {
        let upstream = Upstream::start()?;
        let good = shipped("ip-allowlist.yaml", &upstream)?;
        let bad: Bootstrap = good.with(&[
            ("allow: [office]", "allow: [ofice]"),
            ("reason: ip_blocked", "reason: IP-BLOCKED"),
            ("from: connection", "from: forwarded"),
        ])?;
        let Err(Error::Exited { log, .. }) = Envoy::start(binary, &bad) else {
            panic!("Envoy took a configuration with three errors");
        };
        for path in [
            "client_address: ",
            "lists.blocked.reason: ",
            "rules[0].allow[0]: ",
        ] {
            assert!(log.contains(path), "{path} in {log}");
        }
        Ok(())
    })
}
