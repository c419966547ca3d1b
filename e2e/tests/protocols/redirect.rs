//! Internal redirects: the filter judges the new path too, and each run is counted.

use gatepost_e2e::{Http1Client, Result, each_envoy};

use crate::gate::each_gate;
use crate::proxy::{Listener, Proxy, count};
use crate::table::Module;

/// Two runs, two requests at the upstream, one answer.
#[test]
fn a_request_that_is_sent_on_is_judged_and_counted_again() -> Result<()> {
    each_gate(|gate| {
        let echo = gate.allows(2, |door| {
            let path = "/status/302?location=http://test/elsewhere";
            door.http1()?.get(path, &door.with(&[("host", "test")]))
        })?;
        assert_eq!(echo.echo()?.path, "/elsewhere");
        gate.denies(|door| {
            let path = "/status/302?location=http://test/elsewhere";
            door.is_denied(&door.http1()?.get(path, &door.with(&[("host", "test")]))?);
            Ok(())
        })
    })
}

const REMEMBER: &str = "{filters: [{remember: {from: x-user}}]}";
const SENT_ON: &str = "/status/302?location=http://test/elsewhere";

/// The first run strips what it believed; the second has the first one's word for it.
#[test]
fn a_user_that_was_established_is_known_after_an_internal_redirect() -> Result<()> {
    each_envoy(|binary| {
        let listener = Listener::new("remember", Module::Test("chain"), REMEMBER);
        let proxy = Proxy::open(binary, &[listener], 1)?;
        let mut client = Http1Client::connect(proxy.envoy.listener("remember")?)?;
        let host = ("host", "test");
        let echo = client.get(SENT_ON, &[host, ("x-user", "alice")])?.echo()?;
        assert_eq!(echo.path, "/elsewhere");
        let value = |name: &str| {
            let found = echo.headers.iter().filter(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(
            (value("x-sub"), value("x-user")),
            (vec!["alice".to_owned()], vec![])
        );
        let stats = proxy.envoy.stats()?;
        let passed = |reason| count(&stats, "remember", "allowed", "none", reason);
        assert_eq!((passed("user_told"), passed("user_recalled")), (1, 1));
        // It is the request's alone, and nobody else's: not the connection's, and not
        // what a client says.
        let forged = [
            host,
            ("x-sub", "alice"),
            ("wasm.gatepost.remember.kept", "alice"),
            ("gatepost.remember.kept", "alice"),
        ];
        for path in ["/", SENT_ON] {
            let answer = client.get(path, &forged)?;
            assert_eq!(answer.status, 401, "{path}");
        }
        Ok(())
    })
}
