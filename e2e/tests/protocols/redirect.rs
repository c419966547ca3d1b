//! Internal redirects: the filter judges the new path too, and each run is counted.

use gatepost_e2e::Result;

use crate::gate::each_gate;

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
