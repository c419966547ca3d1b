//! From bytes to raw types.

use serde::Deserialize;

use crate::{FieldPath, Problem, Problems, place};

/// Reads a whole document.
///
/// Unknown fields are errors where the type says so (`deny_unknown_fields`);
/// anything behind the document is one too. Nesting is limited to 128 levels.
///
/// # Errors
/// The first structural error, with the path of the field at which it was met.
pub fn read<'de, T: Deserialize<'de>>(document: &'de [u8]) -> Result<T, Problems> {
    read_at(&FieldPath::ROOT, document)
}

/// Reads a part of a document that stands at `path`: the paths of its problems
/// continue that path.
///
/// # Errors
/// As for [`read`].
pub fn read_at<'de, T: Deserialize<'de>>(
    path: &FieldPath<'_>,
    document: &'de [u8],
) -> Result<T, Problems> {
    serde_json::from_slice(document).map_err(|error| problem(path, document, &error))
}

fn problem(at: &FieldPath<'_>, document: &[u8], error: &serde_json::Error) -> Problems {
    let inner = place::path_at(
        document,
        place::offset(document, error.line(), error.column()),
    );
    let outer = at.to_string();
    let path = match (outer.as_str(), inner.as_str()) {
        (_, "") => outer,
        ("document", _) => inner,
        (outer, inner) if inner.starts_with('[') => format!("{outer}{inner}"),
        (outer, inner) => format!("{outer}.{inner}"),
    };
    // The path says where; line and column of a document that was made of YAML
    // or of a struct would only puzzle.
    let message = error.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(text, _)| text);
    let mut problems = Problems::new();
    problems.add(Problem {
        path,
        message: message.to_owned(),
    });
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        number: u8,
    }

    fn report(document: &str) -> String {
        read::<Outer>(document.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_the_field() {
        assert!(
            report(r#"{"inner":[{"number":1},{"number":"x"}]}"#).starts_with("inner[1].number: ")
        );
        assert!(report(r#"{"inner":[{"numbr":1}]}"#).contains("unknown field `numbr`"));
        assert!(report(r#"{"inner":[{}]}"#).starts_with("inner[0]: missing field `number`"));
        assert!(report("").starts_with("document: "));
    }

    #[test]
    fn what_stands_behind_the_document_is_refused() {
        assert!(report(r#"{"inner":[]} x"#).starts_with("document: trailing characters"));
    }

    #[test]
    fn a_part_continues_the_path_of_the_whole() {
        let root = FieldPath::ROOT;
        let filters = root.field("filters");
        let at = filters.index(3);
        let error = read_at::<Outer>(&at, br#"{"inner":[{"number":-1}]}"#).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("filters[3].inner[0].number: "),
            "{error}"
        );
    }
}
