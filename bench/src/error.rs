//! Why there are no figures.

use std::{fmt, io};

/// The result of everything here.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a row cannot be measured, or nothing can.
#[derive(Debug)]
pub(crate) enum Error {
    /// Envoy did not start or did not answer: see there.
    Harness(gatepost_e2e::Error),
    /// A system call failed while doing this.
    Io(&'static str, io::Error),
    /// A variable of the environment holds something else than this.
    Setting(&'static str, &'static str),
    /// No row has a name that `ROWS` matches.
    NoRow,
    /// A row answered with something else than 200: its figures would be those of an error.
    Answer(String, String),
    /// A row's filter judged another number of requests than were sent.
    NotJudged {
        /// The row.
        row: String,
        /// What was sent.
        requests: u64,
        /// What its counter says.
        judged: u64,
    },
    /// Envoy has no worker thread that could be found by name.
    NoWorker,
    /// A file has no place for the figures: these two lines.
    NoPlace(&'static str, &'static str),
    /// The program was called with something else.
    Usage,
    /// No question can be made of a token that was just signed.
    NoQuestion,
    /// A module that was written by hand has a mistake.
    Assembly(wat::Error),
    /// A report cannot be read or written as JSON.
    Json(serde_json::Error),
}

impl From<gatepost_e2e::Error> for Error {
    fn from(error: gatepost_e2e::Error) -> Self {
        Self::Harness(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Harness(error) => error.fmt(f),
            Self::Io(what, why) => write!(f, "{what}: {why}"),
            Self::Setting(name, expected) => write!(f, "{name} must be {expected}"),
            Self::NoRow => f.write_str("ROWS matches no row"),
            Self::Answer(row, answer) => {
                write!(
                    f,
                    "row {row}: every answer must be a 200, and one was {answer}"
                )
            }
            Self::NotJudged {
                row,
                requests,
                judged,
            } => write!(
                f,
                "row {row}: {requests} requests were sent, and its filter allowed {judged}"
            ),
            Self::NoWorker => f.write_str("envoy has no thread named wrk:worker_0"),
            Self::NoPlace(begin, end) => {
                write!(
                    f,
                    "docs/performance.md must hold the lines `{begin}` and `{end}`"
                )
            }
            Self::Usage => f.write_str("expected no argument, to measure, or `plot`"),
            Self::NoQuestion => {
                f.write_str("the proxy cannot be asked about a token that was just signed")
            }
            Self::Assembly(error) => write!(f, "a module by hand: {error}"),
            Self::Json(error) => write!(f, "the report: {error}"),
        }
    }
}
