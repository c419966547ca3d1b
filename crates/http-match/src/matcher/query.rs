//! Query parameters.

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::field::{FieldTest, Found};
use crate::limits::LONGEST_LITERAL;
use crate::truth::Truth;
use crate::{FieldMatchConfig, Undecided, percent};

/// A test of each value of a query parameter by itself. Parameters are
/// separated by `&`; names and values are decoded, `+` is a space
/// (application/x-www-form-urlencoded). One without `=` has an empty value.
///
/// Some servers also separate at `;`. When that would make a parameter of the
/// name that is looked for, nothing can be said.
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
        let mut found = Vec::new();
        for parameter in query.split(|byte| *byte == b'&') {
            self.find(parameter, &mut found);
        }
        self.test.holds(found)
    }

    fn find<'a>(&self, parameter: &'a [u8], found: &mut Vec<Found<'a>>) {
        let (name, value) = split(parameter);
        match self.is_name(name) {
            Ok(true) => found.push(Ok(percent::decode(value, true))),
            Ok(false) => {}
            Err(unreadable) => found.push(Err(unreadable)),
        }
        let mut behind_semicolons = parameter.split(|byte| *byte == b';').skip(1);
        if behind_semicolons.any(|part| self.is_name(split(part).0) == Ok(true)) {
            found.push(Err(Undecided::UnreadableQuery));
        }
    }

    fn is_name(&self, name: &[u8]) -> Truth {
        let name = percent::decode(name, true).ok_or(Undecided::UnreadableQuery)?;
        Ok(*name == *self.name)
    }
}

fn split(parameter: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = parameter.splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default();
    (name, parts.next().unwrap_or_default())
}
