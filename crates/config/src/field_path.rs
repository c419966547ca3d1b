//! Where in a document a value stands.

use std::fmt;

/// The path of a field, as it is printed in an error: `rules[0].match.paths[1]`.
///
/// A path is built on the stack while a document is walked; nothing is
/// allocated until a problem is reported.
#[derive(Clone, Copy, Debug)]
pub struct FieldPath<'a> {
    parent: Option<&'a Self>,
    segment: Segment<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Segment<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

impl<'a> FieldPath<'a> {
    /// The document itself.
    pub const ROOT: FieldPath<'static> = FieldPath {
        parent: None,
        segment: Segment::Root,
    };

    /// The member `name` of the object at this path.
    #[must_use]
    pub fn field(&'a self, name: &'a str) -> Self {
        Self {
            parent: Some(self),
            segment: Segment::Field(name),
        }
    }

    /// The element `index` of the array at this path.
    #[must_use]
    pub fn index(&'a self, index: usize) -> Self {
        Self {
            parent: Some(self),
            segment: Segment::Index(index),
        }
    }
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_root = match self.parent {
            None => true,
            Some(parent) => {
                if !matches!(parent.segment, Segment::Root) {
                    parent.fmt(f)?;
                }
                matches!(parent.segment, Segment::Root)
            }
        };
        match self.segment {
            Segment::Root => f.write_str("document"),
            Segment::Field(name) if at_root => f.write_str(name),
            Segment::Field(name) => write!(f, ".{name}"),
            Segment::Index(index) => write!(f, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_document() {
        let root = FieldPath::ROOT;
        let rules = root.field("rules");
        let rule = rules.index(2);
        let cidrs = rule.field("allow");
        assert_eq!(cidrs.index(7).to_string(), "rules[2].allow[7]");
        assert_eq!(root.to_string(), "document");
        assert_eq!(root.index(1).to_string(), "[1]");
    }
}
