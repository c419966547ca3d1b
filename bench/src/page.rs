//! The last run in docs/performance.md and docs/performance.svg.

use std::fmt::Write as _;
use std::fs;

use gatepost_e2e::workspace;

use crate::error::{Error, Result};
use crate::plot::svg;
use crate::report::Report;

const BEGIN: &str = "<!-- figures: make bench-plot -->";
const END: &str = "<!-- end of figures -->";

/// Draws the report, and writes its table between the two marks of the page.
pub(crate) fn update(report: &Report) -> Result<()> {
    let docs = workspace().join("docs");
    let page = docs.join("performance.md");
    let io = |what| move |error| Error::Io(what, error);
    let text = fs::read_to_string(&page).map_err(io("reading docs/performance.md"))?;
    let text = with_figures(&text, report)?;
    fs::write(&page, text).map_err(io("writing docs/performance.md"))?;
    fs::write(docs.join("performance.svg"), svg(report)).map_err(io("writing docs/performance.svg"))
}

fn with_figures(page: &str, report: &Report) -> Result<String> {
    let no_place = || Error::NoPlace(BEGIN, END);
    let (before, rest) = page.split_once(BEGIN).ok_or_else(no_place)?;
    let (_, after) = rest.split_once(END).ok_or_else(no_place)?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(report)))
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "Envoy {}, microseconds of CPU per request:\n\n\
         | row | minimum | lower quartile | median | over no filter | over the no-op |\n\
         |---|---|---|---|---|---|\n",
        report.envoy
    );
    for (requests, rows) in report.groups() {
        let _ = writeln!(text, "| **{requests}** | | | | | |");
        for row in rows {
            let figures = row.times().map(|time| format!("{time:.1}")).join(" | ");
            let _ = writeln!(text, "| `{}` | {figures} |", row.row);
        }
    }
    text.push_str("\n| row | beside | adds | goal, at most |\n|---|---|---|---|\n");
    for one in &report.comparisons {
        let goal = one.goal();
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {} | {goal} |",
            one.row, one.beside, one.figure
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with_figures};
    use crate::report::tests::report;

    #[test]
    fn figures_replace_what_stands_between_the_marks_and_nothing_else() {
        let report = report(10.0);
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let once = with_figures(&page, &report).expect("has marks");
        assert!(once.starts_with("above\n") && once.ends_with("\nbelow\n"));
        assert!(once.contains("Envoy 1.40.0") && !once.contains("\nold\n"));
        let twice = with_figures(&once, &report).expect("has marks");
        assert_eq!(once, twice);
    }

    #[test]
    fn rows_stand_under_the_requests_that_they_got_and_goals_beside_figures() {
        let page = format!("{BEGIN}\n{END}");
        let text = with_figures(&page, &report(10.0)).expect("has marks");
        let lines: Vec<&str> = text.lines().collect();
        let at = |start: &str| lines.iter().position(|line| line.starts_with(start));
        let token = at("| **one token** |").expect("is there");
        assert_eq!(at("| `none-repeated` | 12.0 |"), Some(token + 1));
        assert!(at("| `sdk-noop` |") < Some(token));
        assert!(lines.contains(&"| `noop` | `sdk-noop` | 0.50 times | 0.7 |"));
    }

    #[test]
    fn a_page_without_marks_is_refused() {
        assert!(with_figures("nothing", &report(10.0)).is_err());
    }
}
