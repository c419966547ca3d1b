//! Claims of a verified token.

use std::cell::Cell;
use std::cmp::Ordering;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::text::{Kind, Text, TextTest};
use crate::config::{Bound, ClaimMatchConfig, Scalar};
use crate::limits::LONGEST_SUBJECT;
use crate::truth::Truth;
use crate::{ClaimPath, Claims, Number, Undecided, Value};

/// A test of the claim at a path.
#[derive(Debug)]
pub(super) struct ClaimMatch {
    path: ClaimPath,
    test: Test,
    invert: bool,
}

#[derive(Debug)]
enum Test {
    Exists(bool),
    /// The value is any of these.
    Is(Box<[Value]>),
    /// The array has, or the words of the string are, any of these.
    Contains(Box<[Value]>),
    Text(Text),
    Compare(Comparison, Number),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Greater,
    AtLeast,
    Less,
    AtMost,
}

impl ClaimMatch {
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: ClaimMatchConfig,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        let invert = config.invert;
        let path = ClaimPath::parse(config.path.clone());
        let path = compiler.check(path, &at.field("path"));
        let mut tests = compile_tests(compiler, config, at).into_iter();
        match (tests.next(), tests.next()) {
            (Some(test), None) => path.map(|path| Self { path, test, invert }),
            _ => {
                compiler.problem(
                    at,
                    "expected exactly one of equals, in, contains, prefix, suffix, regex, \
                     exists, greater_than, at_least, less_than, at_most",
                );
                None
            }
        }
    }

    pub(super) fn matches(&self, claims: Option<&Claims>) -> Truth {
        let passes = |passes: &dyn Fn(&Value) -> Truth| match claims {
            Some(Claims(root)) => self.path.test(root, passes),
            None => Ok(false),
        };
        let result = match &self.test {
            Test::Exists(wanted) => {
                passes(&|value| Ok(*value != Value::Null)).map(|exists| exists == *wanted)
            }
            Test::Is(values) => passes(&|value| Ok(values.contains(value))),
            Test::Contains(values) => passes(&|value| contains(value, values)),
            Test::Text(text) => {
                let read = Cell::new(0);
                passes(&|value| text_passes(text, value, &read))
            }
            Test::Compare(comparison, bound) => passes(&|value| match value {
                Value::Number(number) => Ok(comparison.holds(number.cmp(bound))),
                Value::Null => Ok(false),
                _ => Err(Undecided::UnreadableClaim),
            }),
        };
        result.map(|passes| passes != self.invert)
    }
}

/// Of a type that holds neither elements nor words nothing can be said: a rule that
/// denies by what a claim contains is not passed by with a claim of another type.
fn contains(value: &Value, wanted: &[Value]) -> Truth {
    match value {
        Value::Array(items) => Ok(items.iter().any(|item| wanted.contains(item))),
        Value::String(text) => Ok(text
            .split(' ')
            .any(|word| wanted.iter().any(|wanted| wanted.as_str() == Some(word)))),
        Value::Null => Ok(false),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(Undecided::UnreadableClaim),
    }
}

/// `read` is how many bytes an expression has read of the claim before: strings that
/// an array of objects holds count together, as if a byte stood between them.
fn text_passes(text: &Text, value: &Value, read: &Cell<usize>) -> Truth {
    match value {
        Value::String(value) => {
            let end = read.get().saturating_add(value.len());
            read.set(end.saturating_add(1));
            if end > LONGEST_SUBJECT && text.is_expression() {
                return Err(Undecided::UnreadableClaim);
            }
            text.matches(value.as_bytes(), Undecided::UnreadableClaim)
        }
        Value::Null => Ok(false),
        _ => Err(Undecided::UnreadableClaim),
    }
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
        }
    }
}

/// Every test that is given.
fn compile_tests(
    compiler: &mut Compiler,
    config: ClaimMatchConfig,
    at: &FieldPath<'_>,
) -> Vec<Test> {
    let mut tests = Vec::new();
    if let Some(Scalar(value)) = config.equals.0 {
        tests.push(Test::Is([value].into()));
    }
    if let Some(values) = config.r#in.0 {
        let values = compiler.list(values, &at.field("in"), |_, Scalar(value), _| Some(value));
        tests.push(Test::Is(values));
    }
    if let Some(values) = config.contains.0 {
        let values = values.into_vec();
        let at = at.field("contains");
        let values = compiler.list(values, &at, |compiler, Scalar(value), at| {
            if value
                .as_str()
                .is_some_and(|text| text.is_empty() || text.contains(' '))
            {
                compiler.problem(at, "expected one word, without spaces");
            }
            Some(value)
        });
        tests.push(Test::Contains(values));
    }
    for text in TextTest::given([
        (Kind::Prefix, config.prefix),
        (Kind::Suffix, config.suffix),
        (Kind::Regex, config.regex),
    ]) {
        tests.push(Test::Text(Text::of_test(compiler, text, false, at)));
    }
    tests.extend(config.exists.0.map(Test::Exists));
    for (comparison, bound) in [
        (Comparison::Greater, config.greater_than),
        (Comparison::AtLeast, config.at_least),
        (Comparison::Less, config.less_than),
        (Comparison::AtMost, config.at_most),
    ] {
        tests.extend(bound.0.map(|Bound(bound)| Test::Compare(comparison, bound)));
    }
    tests
}
