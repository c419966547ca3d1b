//! From bytes to raw types.

use serde::Deserialize;

use crate::{FieldPath, Problem, Problems};

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
    let mut json = serde_json::Deserializer::from_slice(document);
    let mut track = serde_path_to_error::Track::new();
    let value = T::deserialize(serde_path_to_error::Deserializer::new(
        &mut json, &mut track,
    ))
    .map_err(|error| problem(path, &track.path().to_string(), &error))?;
    json.end().map_err(|error| problem(path, ".", &error))?;
    Ok(value)
}

/// serde_path_to_error writes the document as `.` and cannot always name the
/// last segment (`?`); both would puzzle a reader.
fn problem(at: &FieldPath<'_>, inner: &str, error: &serde_json::Error) -> Problems {
    let outer = at.to_string();
    let inner = inner.trim_end_matches('?').trim_end_matches('.');
    let path = match (outer.as_str(), inner) {
        (_, "") => outer,
        ("document", inner) => inner.to_owned(),
        (outer, inner) if inner.starts_with('[') => format!("{outer}{inner}"),
        (outer, inner) => format!("{outer}.{inner}"),
    };
    let mut problems = Problems::new();
    problems.add(Problem {
        path,
        message: error.to_string(),
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
