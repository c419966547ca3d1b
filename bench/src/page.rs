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
         | row | minimum | lower quartile | median | over `none` | over `noop` |\n\
         |---|---|---|---|---|---|\n",
        report.envoy
    );
    for row in &report.rows {
        let _ = writeln!(
            text,
            "| `{}` | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            row.row,
            row.cpu_us_min,
            row.cpu_us_q1,
            row.cpu_us_median,
            row.over_none_us,
            row.over_noop_us
        );
    }
    if let Some(ratio) = report.noop_ratio() {
        let _ = writeln!(text, "\n`noop` adds {ratio:.2} times what `sdk-noop` adds.");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with_figures};
    use crate::report::Report;

    #[test]
    fn figures_replace_what_stands_between_the_marks_and_nothing_else() {
        let report = Report::new("1.40.0", std::iter::empty());
        let page = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        let once = with_figures(&page, &report).expect("has marks");
        assert!(once.starts_with("above\n") && once.ends_with("\nbelow\n"));
        assert!(once.contains("Envoy 1.40.0") && !once.contains("old"));
        let twice = with_figures(&once, &report).expect("has marks");
        assert_eq!(once, twice);
    }

    #[test]
    fn a_page_without_marks_is_refused() {
        let report = Report::new("1.40.0", std::iter::empty());
        assert!(with_figures("nothing", &report).is_err());
    }
}
