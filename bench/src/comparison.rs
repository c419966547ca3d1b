//! The few figures for which the rows are measured.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::report::{Figures, rounded};

/// A row beside another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) row: String,
    pub(crate) beside: String,
    pub(crate) figure: Figure,
    /// What the figure is meant to be at most.
    pub(crate) goal: Option<f64>,
}

impl Comparison {
    /// For a table; empty without one.
    pub(crate) fn goal(&self) -> String {
        self.goal.map_or(String::new(), |goal| format!("{goal:.1}"))
    }
}

/// How two rows are compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// What the one adds to no filter, in units of what the other adds.
    Times(f64),
    /// What the one costs more than the other, in microseconds.
    Us(f64),
}

/// Makes a figure of both rows.
type Compare = fn(&Figures, &Figures) -> Figure;

/// Where the other row adds less than a call into a module does, the figure is a
/// difference: how many times so little is, would be mostly noise.
const TABLE: &[(Compare, &str, &str, Option<f64>)] = &[
    (times, "noop", "sdk-noop", Some(0.7)),
    (us, "ip-allowlist-100k", "noop", Some(3.0)),
    (us, "ip-allowlist-100k", "rbac-matcher-100k", None),
    (us, "api-key-10k", "api-key-10", Some(0.5)),
    (us, "api-key-10k", "native-api-key-10k", None),
    (us, "jwt-auth-repeated", "noop-repeated", Some(6.0)),
    (us, "jwt-auth-repeated", "floor-repeated", None),
    (us, "jwt-auth-repeated", "jwt-authn-repeated-cache", None),
    (
        times,
        "jwt-auth-rs256-new",
        "jwt-authn-rs256-new",
        Some(0.8),
    ),
    (times, "floor-rs256-new", "jwt-authn-rs256-new", None),
    (us, "jwt-auth-rs256-new", "floor-rs256-new", None),
    (
        times,
        "jwt-auth-es256-new",
        "jwt-authn-es256-new",
        Some(1.0),
    ),
    (times, "floor-es256-new", "jwt-authn-es256-new", None),
    (us, "jwt-auth-es256-new", "floor-es256-new", None),
    (times, "jwt-auth-ps256-new", "jwt-authn-ps256-new", None),
    (times, "jwt-auth-eddsa-new", "jwt-authn-eddsa-new", None),
    (times, "jwt-auth-hs256-new", "jwt-authn-hs256-new", None),
];

/// Those of which both rows were measured.
pub(crate) fn comparisons(rows: &[Figures]) -> Vec<Comparison> {
    let find = |name: &str| rows.iter().find(|row| row.row == name);
    let compared = |(compare, row, beside, goal): &(Compare, &str, &str, Option<f64>)| {
        let figure = compare(find(row)?, find(beside)?);
        figure.is_finite().then(|| Comparison {
            figure,
            row: (*row).to_owned(),
            beside: (*beside).to_owned(),
            goal: *goal,
        })
    };
    TABLE.iter().filter_map(compared).collect()
}

fn times(row: &Figures, beside: &Figures) -> Figure {
    Figure::Times(rounded(row.over_none_us / beside.over_none_us))
}

fn us(row: &Figures, beside: &Figures) -> Figure {
    Figure::Us(rounded(row.cpu_us_min - beside.cpu_us_min))
}

impl Figure {
    /// Not if the other row adds nothing at all.
    fn is_finite(self) -> bool {
        let (Self::Times(figure) | Self::Us(figure)) = self;
        figure.is_finite()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(f, "{times:.2} times"),
            Self::Us(us) => write!(f, "{us:+.1} us"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Figure;
    use crate::report::tests::report;

    #[test]
    fn what_is_compared_is_what_is_added_to_the_same_requests() {
        let comparisons = report(10.0).comparisons;
        let figures: Vec<(&str, Figure)> = comparisons
            .iter()
            .map(|comparison| (comparison.row.as_str(), comparison.figure))
            .collect();
        assert_eq!(
            figures,
            [
                // 13 and 16, over 10.
                ("noop", Figure::Times(0.5)),
                // 20.5, over 15 and not over 13.
                ("jwt-auth-repeated", Figure::Us(5.5)),
            ]
        );
    }

    #[test]
    fn beside_what_adds_nothing_there_is_no_figure() {
        let comparisons = report(16.0).comparisons;
        assert!(comparisons.iter().all(|one| one.row != "noop"));
    }

    #[test]
    fn a_figure_has_its_unit() {
        assert_eq!(Figure::Times(0.8).to_string(), "0.80 times");
        assert_eq!(Figure::Us(5.96).to_string(), "+6.0 us");
    }
}
