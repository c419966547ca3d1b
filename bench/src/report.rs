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

    /// Reads what [`Report::write`] wrote.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let json = fs::read_to_string(path).map_err(|error| {
            Error::Io("reading dist/bench.json, which `make bench` writes", error)
        })?;
        serde_json::from_str(&json).map_err(Error::Json)
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

#[cfg(test)]
mod tests {
    use super::{Report, spread};
    use crate::statistics::Samples;

    fn report(none: f64) -> Report {
        let rows = [
            ("none", none),
            ("noop", 13.0),
            ("sdk-noop", 16.0),
            ("gate", 14.5),
        ];
        let samples = |minimum: f64| {
            let mut samples = Samples::default();
            for more in [2.0, 0.0, 1.0] {
                samples.push(minimum + more);
            }
            samples
        };
        let rows = rows
            .iter()
            .map(|(name, minimum)| (*name, samples(*minimum)));
        Report::new("1.40.0", rows)
    }

    #[test]
    fn what_a_row_adds_is_between_minima() {
        let gate = &report(10.0).rows[3];
        assert_eq!((gate.over_none_us, gate.over_noop_us), (4.5, 1.5));
        assert_eq!(
            (gate.cpu_us_min, gate.cpu_us_q1, gate.cpu_us_median),
            (14.5, 15.0, 15.5)
        );
        assert_eq!(gate.rounds, 3);
    }

    #[test]
    fn the_ratio_of_the_two_that_do_nothing_is_of_what_they_add() {
        assert_eq!(report(10.0).noop_ratio(), Some(0.5));
        assert_eq!(report(16.0).noop_ratio(), None);
    }

    #[test]
    fn the_json_has_the_keys_that_others_read() {
        let json = serde_json::to_value(report(10.0)).expect("is JSON");
        assert_eq!(json["envoy"], "1.40.0");
        let row = &json["rows"][1];
        assert_eq!(row["row"], "noop");
        for key in ["cpu_us_min", "cpu_us_q1", "cpu_us_median", "over_noop_us"] {
            assert!(row[key].is_f64(), "{key}");
        }
        assert_eq!(row["rounds"], 3);
    }

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let json = serde_json::to_string(&report(10.0)).expect("is JSON");
        let read: Report = serde_json::from_str(&json).expect("is a report");
        assert_eq!(read, report(10.0));
    }

    #[test]
    fn the_spread_is_between_the_minima_of_the_runs() {
        let text = spread(&[report(10.0), report(10.5), report(10.2)]);
        let none = text
            .lines()
            .find(|line| line.starts_with("none"))
            .expect("is there");
        assert!(none.ends_with("apart 0.50 us, 5.0 %"), "{none}");
    }
}
