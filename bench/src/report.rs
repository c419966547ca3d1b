//! The figures of a run: as a table, and as dist/bench.json.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::comparison::{Comparison, comparisons};
use crate::error::{Error, Result};
use crate::requests::Requests;
use crate::statistics::Samples;

/// A run. All times are microseconds of CPU of the Envoy process per request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Envoy's version.
    pub(crate) envoy: String,
    /// In the order of the table.
    pub(crate) rows: Vec<Figures>,
    /// What the rows are measured for.
    pub(crate) comparisons: Vec<Comparison>,
}

/// A row's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) row: String,
    /// What it got.
    pub(crate) requests: String,
    pub(crate) cpu_us_min: f64,
    pub(crate) cpu_us_q1: f64,
    pub(crate) cpu_us_median: f64,
    /// Over the row without a filter that got the same requests; between minima, as is
    /// the next.
    pub(crate) over_none_us: f64,
    pub(crate) over_noop_us: f64,
    pub(crate) rounds: usize,
}

/// What was measured of a row.
pub(crate) struct Measured<'a> {
    pub(crate) row: &'a str,
    pub(crate) requests: &'a Requests,
    pub(crate) samples: Samples,
}

impl Report {
    /// Makes figures of each row's samples.
    pub(crate) fn new(envoy: &str, measured: &[Measured<'_>]) -> Self {
        let minimum = |name: &str| {
            let row = measured.iter().find(|row| row.row == name);
            row.map_or(0.0, |row| row.samples.minimum())
        };
        let figures = |row: &Measured<'_>| {
            let minimum_of_row = row.samples.minimum();
            Figures {
                row: row.row.to_owned(),
                requests: row.requests.what.clone(),
                cpu_us_min: rounded(minimum_of_row),
                cpu_us_q1: rounded(row.samples.lower_quartile()),
                cpu_us_median: rounded(row.samples.median()),
                over_none_us: rounded(minimum_of_row - minimum(&row.requests.none())),
                over_noop_us: rounded(minimum_of_row - minimum(&row.requests.noop())),
                rounds: row.samples.count(),
            }
        };
        let rows: Vec<Figures> = measured.iter().map(figures).collect();
        Self {
            envoy: envoy.to_owned(),
            comparisons: comparisons(&rows),
            rows,
        }
    }

    /// Requests, and the rows that got them.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&str, &[Figures])> {
        let groups = self
            .rows
            .chunk_by(|one, other| one.requests == other.requests);
        groups.filter_map(|rows| Some((rows.first()?.requests.as_str(), rows)))
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
            "Envoy {}: CPU time of its process per request, in microseconds; over no filter\n\
             and over the no-op, each with the same requests\n\n\
             {:<28}{:>11}{:>11}{:>11}{:>11}{:>11}\n",
            self.envoy, "row", "min", "q1", "median", "over none", "over noop"
        );
        for (requests, rows) in self.groups() {
            let _ = writeln!(text, "{requests}:");
            for row in rows {
                let figures = row.times().map(|time| format!("{time:>11.2}")).concat();
                let _ = writeln!(text, "  {:<26}{figures}", row.row);
            }
        }
        let _ = writeln!(
            text,
            "\n{:<28}{:<28}{:>12}{:>11}",
            "row", "beside", "adds", "at most"
        );
        for one in &self.comparisons {
            let (figure, goal) = (one.figure.to_string(), one.goal());
            let _ = writeln!(
                text,
                "{:<28}{:<28}{figure:>12}{goal:>11}",
                one.row, one.beside
            );
        }
        text
    }
}

impl Figures {
    /// Minimum, lower quartile, median, over no filter, over the no-op.
    pub(crate) fn times(&self) -> [f64; 5] {
        [
            self.cpu_us_min,
            self.cpu_us_q1,
            self.cpu_us_median,
            self.over_none_us,
            self.over_noop_us,
        ]
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

/// To three digits: more would only be noise in a diff.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Measured, Report, spread};
    use crate::requests::Requests;
    use crate::statistics::Samples;

    /// Of two kinds of requests, of which the longer cost 2 us more by themselves.
    pub(crate) fn report(none: f64) -> Report {
        let ordinary = Requests::ordinary();
        let longer = Requests::new("one token", "repeated");
        let rows = [
            ("none", &ordinary, none),
            ("noop", &ordinary, 13.0),
            ("sdk-noop", &ordinary, 16.0),
            ("gate", &ordinary, 14.5),
            ("none-repeated", &longer, none + 2.0),
            ("noop-repeated", &longer, 15.0),
            ("jwt-auth-repeated", &longer, 20.5),
        ];
        let rows = rows.map(|(row, requests, minimum)| {
            let mut samples = Samples::default();
            for more in [2.0, 0.0, 1.0] {
                samples.push(minimum + more);
            }
            Measured {
                row,
                requests,
                samples,
            }
        });
        Report::new("1.40.0", &rows)
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
    fn a_row_is_over_those_that_got_the_same_requests() {
        let token = &report(10.0).rows[6];
        assert_eq!((token.over_none_us, token.over_noop_us), (8.5, 5.5));
    }

    #[test]
    fn rows_with_the_same_requests_are_a_group() {
        let report = report(10.0);
        let groups = report.groups().map(|(what, rows)| (what, rows.len()));
        let groups: Vec<(&str, usize)> = groups.collect();
        assert_eq!(groups, [("an ordinary request", 4), ("one token", 3)]);
    }

    #[test]
    fn the_json_has_the_keys_that_others_read() {
        let json = serde_json::to_value(report(10.0)).expect("is JSON");
        assert_eq!(json["envoy"], "1.40.0");
        let row = &json["rows"][1];
        assert_eq!(row["row"], "noop");
        assert_eq!(row["requests"], "an ordinary request");
        for key in ["cpu_us_min", "cpu_us_q1", "cpu_us_median", "over_noop_us"] {
            assert!(row[key].is_f64(), "{key}");
        }
        assert_eq!(row["rounds"], 3);
        let ratio = &json["comparisons"][0];
        assert_eq!(
            (&ratio["row"], &ratio["beside"]),
            (&"noop".into(), &"sdk-noop".into())
        );
        assert_eq!(ratio["figure"]["times"], 0.5);
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
            .find(|line| line.starts_with("none "))
            .expect("is there");
        assert!(none.ends_with("apart 0.50 us, 5.0 %"), "{none}");
    }
}
