//! Query parameters.

use gatepost_config::FieldPath;

use super::compile::Compiler;
use super::field::{FieldTest, Found};
use crate::limits::LONGEST_LITERAL;
use crate::truth::Truth;
use crate::{FieldMatchConfig, Parameter, Undecided, parameters};

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
        for parameter in parameters(query) {
            self.find(parameter, &mut found);
        }
        self.test.holds(found)
    }

    fn find<'a>(&self, parameter: Parameter<'a>, found: &mut Vec<Found<'a>>) {
        match parameter.is_named(&self.name) {
            Ok(true) => found.push(Ok(parameter.value())),
            Ok(false) => {}
            Err(unreadable) => found.push(Err(unreadable)),
        }
        if parameter.hides(&self.name) {
            found.push(Err(Undecided::UnreadableQuery));
        }
    }
}
