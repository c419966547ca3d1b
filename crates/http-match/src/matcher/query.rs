//! Query parameters.

use std::borrow::Cow;

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::field::{FieldTest, Found};
use crate::limits::LONGEST_LITERAL;
use crate::truth::Truth;
use crate::{FieldMatchConfig, Undecided, percent};

/// A test of each value of a query parameter by itself. Parameters are
/// separated by `&`; names and values are decoded, `+` is a space
/// (application/x-www-form-urlencoded). One without `=` has an empty value.
#[derive(Debug)]
pub(super) struct QueryMatch {
    name: Box<[u8]>,
    test: FieldTest,
}

impl QueryMatch {
    pub(super) fn compile(
        compiler: &mut Compiler,
        config: FieldMatchConfig,
        at: &FieldPath<'_>,
    ) -> Option<Self> {
        if !(1..=LONGEST_LITERAL).contains(&config.name.len()) {
            compiler.problem(
                &at.field("name"),
                "expected the decoded name of a parameter",
            );
        }
        let (name, test) = FieldTest::compile(compiler, config, Undecided::UnreadableQuery, at)?;
        Some(Self {
            name: name.into_bytes().into(),
            test,
        })
    }

    pub(super) fn matches(&self, query: &[u8]) -> Truth {
        let parameters = query.split(|byte| *byte == b'&');
        self.test
            .holds(parameters.filter_map(|parameter| self.find(parameter)))
    }

    fn find<'a>(&self, parameter: &'a [u8]) -> Option<Found<'a>> {
        let (name, value) = split(parameter);
        match percent::decode(name, true) {
            None => Some(Err(Undecided::UnreadableQuery)),
            Some(name) if *name == *self.name => Some(Ok(decode(value))),
            Some(_) => None,
        }
    }
}

fn split(parameter: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = parameter.splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default();
    (name, parts.next().unwrap_or_default())
}

fn decode(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    percent::decode(value, true)
}
