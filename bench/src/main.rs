//! `make bench`: what each filter costs, side by side in one Envoy.
//!
//! `make bench-plot` draws the last run into docs/performance.md.
//!
//! `row.rs` says what is compared, `requests.rs` and `tokens.rs` what a row is sent,
//! `rows/` has the rows, and `assembled.rs` makes modules of those that were written by
//! hand; `proxy.rs` starts the one Envoy with a listener a row, `load.rs` sends requests,
//! `cpu.rs` reads what they cost, `rounds.rs` measures all rows in turn; `statistics.rs`,
//! `report.rs` and `comparison.rs` make figures of it, and `plot.rs` and `page.rs` show
//! them.

mod assembled;
mod comparison;
mod cpu;
mod error;
mod load;
mod page;
mod plot;
mod proxy;
mod report;
mod requests;
mod rounds;
mod row;
mod rows;
mod settings;
mod statistics;
mod tokens;

use std::process::ExitCode;

use crate::error::{Error, Result};
use crate::report::Report;
use crate::settings::Settings;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let settings = Settings::from_environment()?;
    match std::env::args().nth(1).as_deref() {
        None => measure(&settings),
        Some("plot") => page::update(&Report::read(&settings.output)?),
        Some(_) => Err(Error::Usage),
    }
}

fn measure(settings: &Settings) -> Result<()> {
    let rows = settings.select(rows::all()?)?;
    let mut reports = Vec::new();
    for repeat in 1..=settings.repeats {
        let report = rounds::measure(&rows, settings)?;
        if settings.repeats > 1 {
            println!("\nRun {repeat} of {}", settings.repeats);
        }
        print!("{}", report.table());
        reports.push(report);
    }
    if let Some(last) = reports.last() {
        last.write(&settings.output)?;
    }
    if settings.repeats > 1 {
        print!("{}", report::spread(&reports));
    }
    Ok(())
}
