//! How the demo shows an answer and a metric.

use gatepost_e2e::{Envoy, Error, Response, Result, Stats};

/// Waits until the counter has moved on from `before`, and shows it.
pub(crate) fn show_metric(
    envoy: &Envoy,
    filter: &str,
    status: u16,
    rule: &str,
    reason: &str,
    before: u64,
) -> Result<()> {
    let after = envoy.wait_for_stats("the metric moves", |stats| {
        Some(total(stats, filter, status, rule, reason)).filter(|count| *count > before)
    })?;
    println!(
        "    {}{{wasm_filter=\"{filter}\", component=\"{rule}\", tag=\"{reason}\"}} {before} -> {after}",
        metric(status)
    );
    Ok(())
}

/// The counter as it stands.
pub(crate) fn total(stats: &Stats, filter: &str, status: u16, rule: &str, reason: &str) -> u64 {
    let metric = metric(status);
    stats.get(&format!(
        "wasmcustom.wasm_filter.{filter}.component.{rule}.tag.{reason};.{metric}"
    ))
}

/// The filter's answer, or that the request reached the service.
pub(crate) fn verdict(response: &Response) -> String {
    if response.status == 200 {
        return "answered by the service".to_owned();
    }
    response.text().trim().to_owned()
}

pub(crate) fn expect(is_so: bool, what: &str) -> Result<()> {
    if is_so {
        Ok(())
    } else {
        Err(Error::Malformed(format!("not as expected: {what}")))
    }
}

fn metric(status: u16) -> &'static str {
    if status == 200 {
        "gatepost_allowed_total"
    } else {
        "gatepost_denied_total"
    }
}
