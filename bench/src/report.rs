//! The figures of a run: as a table, and as dist/bench.json.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::row::{NONE, NOOP, SDK_NOOP};
use crate::statistics::Samples;

/// A run. All times are microseconds of CPU of the Envoy process per request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Envoy's version.
    pub(crate) envoy: String,
    /// In the order of the table.
    pub(crate) rows: Vec<Figures>,
}

/// A row's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) row: String,
    pub(crate) cpu_us_min: f64,
    pub(crate) cpu_us_q1: f64,
    pub(crate) cpu_us_median: f64,
    /// Between minima, as is the next.
    pub(crate) over_none_us: f64,
    pub(crate) over_noop_us: f64,
    pub(crate) rounds: usize,
}

impl Report {
    /// Makes figures of each row's samples.
    pub(crate) fn new<'a>(envoy: &str, rows: impl Iterator<Item = (&'a str, Samples)>) -> Self {
        let rows: Vec<(&str, Samples)> = rows.collect();
        let minimum = |name| {
            let row = rows.iter().find(|(row, _)| *row == name);
            row.map_or(0.0, |(_, samples)| samples.minimum())
        };
        let (none, noop) = (minimum(NONE), minimum(NOOP));
        let figures = |(row, samples): &(&str, Samples)| Figures {
            row: (*row).to_owned(),
            cpu_us_min: rounded(samples.minimum()),
            cpu_us_q1: rounded(samples.lower_quartile()),
            cpu_us_median: rounded(samples.median()),
            over_none_us: rounded(samples.minimum() - none),
            over_noop_us: rounded(samples.minimum() - noop),
            rounds: samples.count(),
        };
        Self {
            envoy: envoy.to_owned(),
            rows: rows.iter().map(figures).collect(),
        }
    }

    /// Writes it as JSON, and makes the folder.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self).map_err(Error::Json)?;
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(path, json + "\n"))
            .map_err(|error| Error::Io("writing the report", error))
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "Envoy {}: CPU time of its process per request, in microseconds\n\n{:<28}{:>9}{:>9}{:>9}{:>11}{:>11}\n",
            self.envoy, "row", "min", "q1", "median", "over none", "over noop"
        );
        for row in &self.rows {
            let _ = writeln!(
                text,
                "{:<28}{:>9.2}{:>9.2}{:>9.2}{:>11.2}{:>11.2}",
                row.row,
                row.cpu_us_min,
                row.cpu_us_q1,
                row.cpu_us_median,
                row.over_none_us,
                row.over_noop_us
            );
        }
        if let Some(ratio) = self.noop_ratio() {
            let _ = writeln!(text, "\nnoop adds {ratio:.2} times what sdk-noop adds");
        }
        text
    }

    /// What our no-op adds, in units of what the SDK's adds.
    pub(crate) fn noop_ratio(&self) -> Option<f64> {
        let added = |name| {
            let row = self.rows.iter().find(|row| row.row == name)?;
            Some(row.over_none_us)
        };
        Some(added(NOOP)? / added(SDK_NOOP)?).filter(|ratio| ratio.is_finite())
    }
}

/// How far the minima of several runs lie apart.
pub(crate) fn spread(reports: &[Report]) -> String {
    let mut text = format!("\nMinima of {} runs\n\n", reports.len());
    let Some(first) = reports.first() else {
        return text;
    };
    for row in &first.rows {
        let mut minima = Samples::default();
        let _ = write!(text, "{:<28}", row.row);
        for report in reports {
            let same = report.rows.iter().find(|other| other.row == row.row);
            let minimum = same.map_or(f64::NAN, |same| same.cpu_us_min);
            let _ = write!(text, "{minimum:>9.2}");
            minima.push(minimum);
        }
        let apart = minima.maximum() - minima.minimum();
        let per_cent = 100.0 * apart / minima.minimum();
        let _ = writeln!(text, "   apart {apart:.2} us, {per_cent:.1} %");
    }
    text
}

/// To a nanosecond: more digits would only be noise in a diff.
fn rounded(microseconds: f64) -> f64 {
    (microseconds * 1000.0).round() / 1000.0
}
