//! Measures all rows in turn, forward and backward.

use crate::error::{Error, Result};
use crate::load::Load;
use crate::proxy::Proxy;
use crate::report::{Measured, Report};
use crate::row::Row;
use crate::settings::Settings;
use crate::statistics::Samples;

/// A whole run: several times an Envoy is started and measured for some rounds. A
/// process keeps for life where its code and data happen to lie, and with a module
/// that makes 2 us a request and more; the minimum over a few starts does not wander.
pub(crate) fn measure(rows: &[Row], settings: &Settings) -> Result<Report> {
    let mut version = String::new();
    let mut samples = vec![Samples::default(); rows.len()];
    for _ in 0..settings.starts {
        let proxy = Proxy::start(rows)?;
        measure_one(&proxy, rows, settings, &mut samples)?;
        version = proxy.version;
    }
    let measured = rows.iter().zip(samples).map(|(row, samples)| Measured {
        row: &row.name,
        requests: &row.requests,
        samples,
    });
    Ok(Report::new(&version, &measured.collect::<Vec<_>>()))
}

/// A warm-up, then rounds. Every other round goes backward, so that what drifts
/// meets each row early and late.
fn measure_one(
    proxy: &Proxy,
    rows: &[Row],
    settings: &Settings,
    samples: &mut [Samples],
) -> Result<()> {
    if proxy.pinned.is_none() {
        eprintln!("bench: one core only, so Envoy and the load share it; expect noise");
    }
    let mut lanes = Vec::new();
    for (row, samples) in rows.iter().zip(samples) {
        let mut load = Load::connect(row, proxy.address(row)?, settings.connections)?;
        load.send(settings.requests)?;
        let judged_before = proxy.judged(row)?;
        lanes.push(Lane {
            row,
            load,
            samples,
            sent: 0,
            judged_before,
        });
    }
    for round in 0..settings.rounds {
        if round % 2 == 0 {
            for lane in &mut lanes {
                lane.measure(proxy, settings.requests)?;
            }
        } else {
            for lane in lanes.iter_mut().rev() {
                lane.measure(proxy, settings.requests)?;
            }
        }
    }
    lanes.iter().try_for_each(|lane| lane.check(proxy))
}

struct Lane<'a> {
    row: &'a Row,
    load: Load<'a>,
    /// Microseconds of CPU a request, one sample a round.
    samples: &'a mut Samples,
    sent: u64,
    judged_before: Option<u64>,
}

impl Lane<'_> {
    fn measure(&mut self, proxy: &Proxy, requests: usize) -> Result<()> {
        let before = proxy.cpu_nanoseconds()?;
        self.load.send(requests)?;
        let spent = proxy.cpu_nanoseconds()?.saturating_sub(before);
        self.samples.push(spent as f64 / 1000.0 / requests as f64);
        self.sent = self.sent.saturating_add(requests as u64);
        Ok(())
    }

    /// A filter that is broken and fast must not look fast.
    fn check(&self, proxy: &Proxy) -> Result<()> {
        let Some(before) = self.judged_before else {
            return Ok(());
        };
        let judged = proxy
            .judged(self.row)?
            .unwrap_or_default()
            .saturating_sub(before);
        if judged == self.sent {
            return Ok(());
        }
        Err(Error::NotJudged {
            row: self.row.name.clone(),
            requests: self.sent,
            judged,
        })
    }
}
