//! Reading a configuration document.
//!
//! Every filter takes one JSON document (`docs/`, *Configuration*). This crate
//! holds what all of them need to read it well: [`read`] turns bytes into raw
//! serde types and names the field that is wrong; [`Problems`] collects the
//! value errors that are found when raw types are turned into valid ones; the
//! remaining types are the units in which documents are written.
//!
//! Nothing here knows a proxy, a clock or a file.

mod field_path;
mod problems;
mod read;
mod reader;
#[cfg(feature = "schema")]
mod schema;
mod shown;
mod struct_document;
mod timestamp;
mod unique_map;
mod units;

pub use field_path::FieldPath;
pub use gatepost_json::push_json_string;
pub use problems::{Problem, Problems};
pub use read::{Part, discreetly, read};
#[cfg(feature = "schema")]
pub use schema::document_schema;
pub use shown::Shown;
pub use struct_document::as_json;
pub use timestamp::{LATEST_TIMESTAMP, TimestampError, parse_timestamp};
pub use unique_map::UniqueMap;
pub use units::{Name, Period, Whole};
