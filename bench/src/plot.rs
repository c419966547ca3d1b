//! A report as a picture: SVG, a bar a row.

use std::fmt::Write as _;

use crate::report::{Figures, Report};

const WIDTH: f64 = 920.0;
/// Where bars begin, right of the names, and how long the longest may be.
const LEFT: f64 = 220.0;
const LONGEST: f64 = 520.0;
const TOP: f64 = 82.0;
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
/// A bar that is longer than so many typical ones is cut, or it would hide the others.
const CUT_AT: f64 = 2.5;

/// Under each kind of requests the rows that got them. Bars up to the minimum, the part
/// that the requests cost without a filter in grey; a line on to the lower quartile and
/// the median.
pub(crate) fn svg(report: &Report) -> String {
    let most = scale(report);
    let mut drawing = String::new();
    let mut top = TOP;
    for (requests, rows) in report.groups() {
        let _ = writeln!(
            drawing,
            "<text x=\"16\" y=\"{:.1}\" font-weight=\"bold\" fill=\"#1c2733\">{}</text>",
            top + BAR - 3.0,
            escaped(requests)
        );
        top += ROW;
        for row in rows {
            drawing.push_str(&bar(row, top, most));
            top += ROW;
        }
    }
    let height = top + 24.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"26\" font-size=\"16\" fill=\"#1c2733\">CPU time of Envoy {} per request, in microseconds</text>\n\
         <text x=\"16\" y=\"46\" fill=\"#5b6875\">bar: minimum, its grey part the same requests without a filter; line: lower quartile and median</text>\n\
         <text x=\"16\" y=\"64\" fill=\"#5b6875\">right: minimum, and what is added to the grey part</text>\n\
         {drawing}</svg>\n",
        escaped(&report.envoy)
    )
}

fn bar(row: &Figures, top: f64, most: f64) -> String {
    let length = |time: f64| (time / most).clamp(0.0, 1.0) * LONGEST;
    let (middle, baseline) = (top + BAR / 2.0, top + BAR - 3.0);
    let (minimum, median) = (length(row.cpu_us_min), length(row.cpu_us_median));
    let without = length(row.cpu_us_min - row.over_none_us).min(minimum);
    let is_cut = row.cpu_us_min > most;
    let colour = if is_cut { "#9db8cb" } else { "#3a7ca5" };
    let mut text = format!(
        "<text x=\"{:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\" fill=\"#1c2733\">{}</text>\n\
         <rect x=\"{LEFT}\" y=\"{top:.1}\" width=\"{without:.1}\" height=\"{BAR}\" fill=\"#c9d1d9\"/>\n\
         <rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>\n",
        LEFT - 10.0,
        escaped(&row.row),
        LEFT + without,
        minimum - without
    );
    if !is_cut {
        let end = LEFT + median;
        let _ = writeln!(
            text,
            "<path d=\"M{:.1} {middle:.1}H{end:.1}\" stroke=\"#1c2733\"/>",
            LEFT + minimum
        );
        for time in [row.cpu_us_q1, row.cpu_us_median] {
            let _ = writeln!(
                text,
                "<path d=\"M{:.1} {:.1}v8\" stroke=\"#1c2733\"/>",
                LEFT + length(time),
                middle - 4.0
            );
        }
    }
    let cut = if is_cut { " (cut)" } else { "" };
    let _ = writeln!(
        text,
        "<text x=\"{:.1}\" y=\"{baseline:.1}\" fill=\"#1c2733\">{:.1}  (+{:.1}){cut}</text>",
        LEFT + median.max(minimum) + 8.0,
        row.cpu_us_min,
        row.over_none_us
    );
    text
}

/// The time of the longest bar.
fn scale(report: &Report) -> f64 {
    let mut medians: Vec<f64> = report.rows.iter().map(|row| row.cpu_us_median).collect();
    medians.sort_by(f64::total_cmp);
    let typical = medians.get(medians.len() / 2).copied().unwrap_or(1.0);
    let shown = medians.into_iter().filter(|time| *time <= typical * CUT_AT);
    shown.fold(f64::MIN_POSITIVE, f64::max)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::svg;
    use crate::report::{Measured, Report};
    use crate::requests::Requests;
    use crate::statistics::Samples;

    fn drawn(times: &[(&str, f64)]) -> String {
        let requests = Requests::new("a<b", "");
        let rows = times.iter().map(|(row, time)| {
            let mut samples = Samples::default();
            samples.push(*time);
            Measured {
                row,
                requests: &requests,
                samples,
            }
        });
        svg(&Report::new("1.40.0", &rows.collect::<Vec<_>>()))
    }

    #[test]
    fn every_row_has_its_name_and_its_minimum_under_what_it_got() {
        let text = drawn(&[("none", 20.0), ("gate", 25.5)]);
        assert!(text.contains(">none<") && text.contains(">20.0  (+0.0)<"));
        assert!(text.contains(">gate<") && text.contains(">25.5  (+5.5)<"));
        assert_eq!(text.matches(">a&lt;b<").count(), 1);
        assert!(text.contains("Envoy 1.40.0"));
    }

    #[test]
    fn a_bar_that_would_hide_the_others_is_cut_and_says_so() {
        let text = drawn(&[("none", 20.0), ("noop", 25.0), ("slow", 200.0)]);
        assert!(text.contains(">200.0  (+180.0) (cut)<"));
        assert_eq!(text.matches("(cut)").count(), 1);
    }
}
