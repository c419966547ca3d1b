//! What is wrong with a document.

use std::fmt;

use crate::FieldPath;

/// How many problems a report names; the rest is counted.
const REPORTED: usize = 20;

/// One thing that is wrong: where it stands, and what was expected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The path of the field, such as `rules[0].match.paths[1].prefix`.
    pub path: String,
    /// What was expected, and what was found where that is no secret.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// All value errors of a document, or its first structural error.
///
/// Only the first 20 are kept, so a broken list of 100,000 entries does not
/// become 100,000 log lines; [`fmt::Display`] says how many were left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Problems {
    kept: Vec<Problem>,
    left_out: usize,
}

impl Problems {
    /// No problem yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A report with one problem.
    #[must_use]
    pub fn one(path: &FieldPath<'_>, message: impl fmt::Display) -> Self {
        let mut problems = Self::new();
        problems.push(path, message);
        problems
    }

    /// Adds a problem. `message` says what was expected: `expected a status
    /// from 400 to 599, found 200`.
    pub fn push(&mut self, path: &FieldPath<'_>, message: impl fmt::Display) {
        self.push_message(path, &message);
    }

    /// Adds a problem that was made elsewhere.
    pub fn add(&mut self, problem: Problem) {
        if self.kept.len() < REPORTED {
            self.kept.push(problem);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Adds all of another report.
    pub fn extend(&mut self, other: Self) {
        for problem in other.kept {
            self.add(problem);
        }
        self.left_out = self.left_out.saturating_add(other.left_out);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The problems that were kept, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.kept.iter()
    }

    /// `value` when nothing is wrong.
    ///
    /// # Errors
    /// The problems, when there are any.
    pub fn check<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// Apart, so that it is compiled once and not for every kind of message.
    fn push_message(&mut self, path: &FieldPath<'_>, message: &dyn fmt::Display) {
        self.add(Problem {
            path: path.to_string(),
            message: message.to_string(),
        });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.kept.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        if self.left_out > 0 {
            write!(f, "; and {} more", self.left_out)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_bounded_and_says_what_it_left_out() {
        let mut problems = Problems::new();
        let root = FieldPath::ROOT;
        let list = root.field("cidrs");
        for index in 0..50 {
            problems.push(&list.index(index), "expected a CIDR");
        }
        assert_eq!(problems.iter().count(), 20);
        assert!(
            problems
                .to_string()
                .starts_with("cidrs[0]: expected a CIDR; cidrs[1]")
        );
        assert!(problems.to_string().ends_with("and 30 more"));
    }
}
