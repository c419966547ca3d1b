//! From bytes to raw types.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, Visitor};

use crate::reader::{DISCREET, ReadError, Reader, UNREAD};
use crate::{FieldPath, Problem, Problems};

/// Reads a whole document.
///
/// Unknown fields are errors where the type says so (`deny_unknown_fields`);
/// anything behind the document is one too. Nesting is limited to 128 levels.
///
/// # Errors
/// The first structural error, with the path of the field at which it was met.
pub fn read<'de, T: Deserialize<'de>>(document: &'de [u8]) -> Result<T, Problems> {
    Part::whole(document)?.read_at(&FieldPath::ROOT)
}

/// Reads a field in which a secret stands, or may by mistake: a structural error in
/// it names the kind of what was found, and shows nothing of it. For
/// `#[serde(deserialize_with = "gatepost_config::discreetly")]`.
///
/// # Errors
/// As the type's own.
pub fn discreetly<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Discreet<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Discreet<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
            T::deserialize(from)
        }
    }
    deserializer.deserialize_newtype_struct(DISCREET, Discreet(PhantomData))
}

/// JSON text that is known to be that: a document, or a part of one that is
/// read later, because which type it has depends on its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a>(&'a str);

impl<'a> Part<'a> {
    /// A whole document. This is the one place where its text is judged.
    ///
    /// # Errors
    /// When it is no UTF-8 or no JSON (RFC 8259).
    pub fn whole(document: &'a [u8]) -> Result<Self, Problems> {
        let refuse = |message: &dyn fmt::Display| Problems::one(&FieldPath::ROOT, message);
        let text = str::from_utf8(document).map_err(|_| refuse(&"expected UTF-8"))?;
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(IgnoredAny) => Ok(Self(text)),
            Err(error) => Err(refuse(&error)),
        }
    }

    /// Reads the part, which stands at `path` of its document: the paths of its
    /// problems continue that path.
    ///
    /// # Errors
    /// As for [`read`].
    pub fn read_at<T: Deserialize<'a>>(self, path: &FieldPath<'_>) -> Result<T, Problems> {
        T::deserialize(&mut Reader::new(self.0)).map_err(|error| problem(path, &error))
    }

    /// The part's JSON text.
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        self.0.as_bytes()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Part<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PartVisitor;
        impl<'de> Visitor<'de> for PartVisitor {
            type Value = Part<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a part of a document that `read` reads")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Part<'de>, E> {
                Ok(Part(text))
            }
        }
        deserializer.deserialize_newtype_struct(UNREAD, PartVisitor)
    }
}

fn problem(at: &FieldPath<'_>, error: &ReadError) -> Problems {
    let outer = at.to_string();
    let path = match (outer.as_str(), error.path()) {
        (_, "") => outer,
        ("document", inner) => inner.to_owned(),
        (outer, inner) if inner.starts_with('[') => format!("{outer}{inner}"),
        (outer, inner) => format!("{outer}.{inner}"),
    };
    let mut problems = Problems::new();
    problems.add(Problem {
        path,
        message: error.message().to_owned(),
    });
    problems
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

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
        assert_eq!(
            report(r#"{"inner":[]} x"#),
            "document: trailing characters at line 1 column 14"
        );
    }

    #[test]
    fn a_part_continues_the_path_of_the_whole() {
        let root = FieldPath::ROOT;
        let filters = root.field("filters");
        let at = filters.index(3);
        let error = Part::whole(br#"{"inner":[{"number":-1}]}"#)
            .unwrap()
            .read_at::<Outer>(&at)
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("filters[3].inner[0].number: "),
            "{error}"
        );
    }
}
