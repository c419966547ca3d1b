//! What a caller may choose, from the environment, as make passes it on.

use std::env;
use std::path::PathBuf;
use std::rc::Rc;

use gatepost_e2e::workspace;
use regex_lite::Regex;

use crate::error::{Error, Result};
use crate::row::Row;

/// How much is measured, and what.
pub(crate) struct Settings {
    /// `ROWS`: which rows, beside those that they are compared with.
    rows: Regex,
    /// `REPEAT`: how many whole runs.
    pub(crate) repeats: usize,
    /// `STARTS`: how often a run starts an Envoy.
    pub(crate) starts: usize,
    /// `ROUNDS`: how often each row is measured in each Envoy.
    pub(crate) rounds: usize,
    /// `REQUESTS`: how many requests a row gets in a round.
    pub(crate) requests: usize,
    /// `CONNECTIONS`: how many requests of a row are under way at once.
    pub(crate) connections: usize,
    /// dist/bench.json.
    pub(crate) output: PathBuf,
}

impl Settings {
    /// Reads the variables; one that is unset or empty has its default.
    pub(crate) fn from_environment() -> Result<Self> {
        let rows = text("ROWS").unwrap_or_default();
        Ok(Self {
            rows: Regex::new(&rows).map_err(|_| Error::Setting("ROWS", "a regular expression"))?,
            repeats: number("REPEAT", 1)?,
            starts: number("STARTS", 8)?,
            rounds: number("ROUNDS", 15)?,
            requests: number("REQUESTS", 1000)?,
            connections: number("CONNECTIONS", 8)?,
            output: workspace().join("dist/bench.json"),
        })
    }

    /// The rows that were asked for, with those that they are compared with.
    pub(crate) fn select(&self, mut rows: Vec<Row>) -> Result<Vec<Row>> {
        let asked = |row: &Row| self.rows.is_match(&row.name);
        let requests: Vec<_> = rows
            .iter()
            .filter(|row| asked(row))
            .map(|row| Rc::clone(&row.requests))
            .collect();
        if requests.is_empty() {
            return Err(Error::NoRow);
        }
        let is_base_of_one = |row: &Row| {
            row.is_base()
                && requests
                    .iter()
                    .any(|other| Rc::ptr_eq(other, &row.requests))
        };
        rows.retain(|row| asked(row) || is_base_of_one(row));
        Ok(rows)
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &'static str, default: usize) -> Result<usize> {
    let Some(value) = text(name) else {
        return Ok(default);
    };
    value
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or(Error::Setting(name, "a whole number above 0"))
}
