//! Where in a token's claims a claim stands.

use std::fmt;

use crate::limits::{LONGEST_CLAIM_PATH, LONGEST_LITERAL};
use crate::truth::{Truth, any};
use crate::{OneOrMany, Value};

/// The names from the top of the claims to one of them: `realm_access.roles`.
///
/// An array on the way stands for the objects in it; arrays in arrays are not
/// looked into, so the depth of a search is bounded by the path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimPath(Box<[Box<str>]>);

/// What stands at a path.
#[derive(Clone, Debug, PartialEq)]
pub struct AtPath<'v> {
    /// In the order of the token.
    pub values: Vec<&'v Value>,
    /// Whether an array stood on the way: then there could have been any number of
    /// values, also where there is one.
    pub is_list: bool,
}

/// There are no names, too many, or an empty one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClaimPathError;

impl ClaimPath {
    /// Reads a path: names with dots between them, or a list of names, which may
    /// hold dots themselves.
    ///
    /// # Errors
    /// When there are not 1 to 16 names, each of 1 to 4096 bytes.
    pub fn parse(path: OneOrMany<String>) -> Result<Self, ClaimPathError> {
        let names: Vec<Box<str>> = match path {
            OneOrMany::One(path) => path.split('.').map(Box::from).collect(),
            OneOrMany::Many(names) => names.into_iter().map(Box::from).collect(),
        };
        let is_good = (1..=LONGEST_CLAIM_PATH).contains(&names.len())
            && names
                .iter()
                .all(|name| (1..=LONGEST_LITERAL).contains(&name.len()));
        if is_good {
            Ok(Self(names.into()))
        } else {
            Err(ClaimPathError)
        }
    }

    /// Whether any value at the path passes.
    pub fn any(&self, claims: &Value, passes: impl Fn(&Value) -> bool) -> bool {
        self.test(claims, &|value| Ok(passes(value))) == Ok(true)
    }

    /// All values at the path.
    #[must_use]
    pub fn values<'v>(&self, claims: &'v Value) -> AtPath<'v> {
        let mut found = vec![claims];
        let mut is_list = false;
        for name in &self.0 {
            let is_array = |value: &&Value| matches!(value, Value::Array(_));
            is_list = is_list || found.iter().any(is_array);
            let members = |object: &'v Value| {
                let members = object.as_object().unwrap_or_default();
                members.iter().filter(|(known, _)| **known == **name)
            };
            found = found
                .into_iter()
                .flat_map(|value| match value {
                    Value::Array(items) => items.iter().flat_map(members).collect::<Vec<_>>(),
                    other => members(other).collect(),
                })
                .map(|(_, value)| value)
                .collect();
        }
        AtPath {
            values: found,
            is_list,
        }
    }

    /// Whether any value at the path passes, if that can be said.
    pub(crate) fn test(&self, claims: &Value, passes: &dyn Fn(&Value) -> Truth) -> Truth {
        walk(claims, &self.0, passes)
    }
}

impl fmt::Display for ClaimPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected 1 to {LONGEST_CLAIM_PATH} names, none empty: `a.b`, or a list of names"
        )
    }
}

impl std::error::Error for ClaimPathError {}

fn walk(value: &Value, path: &[Box<str>], passes: &dyn Fn(&Value) -> Truth) -> Truth {
    let Some((name, rest)) = path.split_first() else {
        return passes(value);
    };
    let member = |object: &Value| match object {
        Value::Object(members) => any(members
            .iter()
            .filter(|(known, _)| **known == **name)
            .map(|(_, value)| walk(value, rest, passes))),
        _ => Ok(false),
    };
    match value {
        Value::Array(items) => any(items.iter().map(member)),
        other => member(other),
    }
}
