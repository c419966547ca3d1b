//! What headers, query parameters and cookies share: a name, and a test of values.

use std::borrow::Cow;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::text::{Kind, Text, TextTest};
use crate::truth::{Truth, any};
use crate::{FieldMatchConfig, Undecided};

/// A test of the values of the fields with one name.
#[derive(Debug)]
pub(super) struct FieldTest {
    test: Test,
    invert: bool,
    unreadable: Undecided,
}

#[derive(Debug)]
enum Test {
    Present(bool),
    Text(Text),
}

/// A field with the name that is looked for: its value, or nothing when that
/// cannot be read. An error stands for a field whose name cannot be read.
pub(super) type Found<'a> = Result<Option<Cow<'a, [u8]>>, Undecided>;

impl FieldTest {
    /// The name, and the test; `unreadable` is what is said of bad values.
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: FieldMatchConfig,
        unreadable: Undecided,
        at: &FieldPath<'_>,
    ) -> Option<(String, Self)> {
        let tests = TextTest::given([
            (Kind::Exact, config.exact),
            (Kind::Prefix, config.prefix),
            (Kind::Suffix, config.suffix),
            (Kind::Contains, config.contains),
            (Kind::Regex, config.regex),
        ]);
        let test = match (<[TextTest; 1]>::try_from(tests), config.present.0) {
            (Ok([test]), None) => Test::Text(Text::of_test(compiler, test, config.ignore_case, at)),
            (Err(tests), Some(present)) if tests.is_empty() => Test::Present(present),
            _ => {
                compiler.problem(
                    at,
                    "expected exactly one of exact, prefix, suffix, contains, regex, present",
                );
                return None;
            }
        };
        let test = Self {
            test,
            invert: config.invert,
            unreadable,
        };
        Some((config.name, test))
    }

    /// Whether the condition holds for a request with these fields.
    pub(super) fn holds(&self, fields: Vec<Found<'_>>) -> Truth {
        let passes = match &self.test {
            Test::Present(wanted) => any(fields.into_iter().map(|found| found.map(|_| true)))
                .map(|is_present| is_present == *wanted),
            Test::Text(text) if text.cannot_read(&fields) => Err(self.unreadable),
            Test::Text(text) => any(fields.into_iter().map(|found| match found? {
                Some(value) => text.matches(&value, self.unreadable),
                None => Err(self.unreadable),
            })),
        };
        passes.map(|passes| passes != self.invert)
    }
}
