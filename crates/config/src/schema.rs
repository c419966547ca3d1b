//! The JSON Schema of a document.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

/// The JSON Schema (2020-12) of a document that is read as `T`.
#[must_use]
pub fn document_schema<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12();
    settings.into_generator().into_root_schema_for::<T>()
}
