//! What must hold of every filter's document, its schema and its examples.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::code::Code;
use crate::test_proxy::TestProxy;

/// A document that is wrong in one place.
#[derive(Clone, Debug)]
pub struct WrongDocument {
    /// The document.
    pub document: String,
    /// The path and text that its error must hold.
    pub said: &'static str,
    /// Whether a JSON Schema can see that it is wrong.
    pub is_structural: bool,
}

/// Checks that `schema.json` in a filter's folder is this schema; with
/// `GATEPOST_UPDATE=1` it is written.
///
/// # Panics
/// It is another one.
pub fn check_schema_file(folder: &Path, schema: &Value) {
    let file = folder.join("schema.json");
    let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var("GATEPOST_UPDATE").as_deref() == Ok("1") {
        std::fs::write(&file, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == text,
        "schema.json is not current: run this test with GATEPOST_UPDATE=1"
    );
}

/// Checks that the schema and the filter take each of the documents in `examples`
/// of the filter's folder. `errors` are those that a schema's validator finds in a
/// document; `each_code` runs a test on every form of the filter.
///
/// # Panics
/// One is refused, or there are fewer than `at_least`.
pub fn check_examples(
    folder: &Path,
    errors: impl Fn(&Value) -> Vec<String>,
    at_least: usize,
    each_code: impl Fn(&dyn Fn(&Code)),
) {
    let files = std::fs::read_dir(folder.join("examples")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= at_least, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors = errors(&document);
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
        each_code(&|code| {
            let mut proxy = TestProxy::new(code);
            let taken = proxy.configure(&text);
            assert!(taken, "{}: {}", file.display(), proxy.log_text());
        });
    }
}

/// Checks that the schema refuses what is structurally wrong, by the errors that its
/// validator finds.
///
/// # Panics
/// It takes one of them.
pub fn check_schema_refuses(errors: impl Fn(&Value) -> Vec<String>, documents: Vec<WrongDocument>) {
    let taken: Vec<String> = documents
        .into_iter()
        .filter(|wrong| wrong.is_structural)
        .map(|wrong| wrong.document)
        .filter(|document| errors(&serde_json::from_str(document).unwrap()).is_empty())
        .collect();
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}

/// Checks that a filter refuses each document, and says where it is wrong and what
/// was expected.
///
/// # Panics
/// It takes one, or says something else.
pub fn check_wrong_documents(code: &Code, documents: Vec<WrongDocument>) {
    let mut failures = Vec::new();
    for wrong in documents {
        let mut proxy = TestProxy::new(code);
        let taken = proxy.configure(&wrong.document);
        let said = proxy.log_text();
        if taken || !said.contains(wrong.said) {
            failures.push(format!(
                "{}\n  said: {said}  expected: {}",
                wrong.document, wrong.said
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
