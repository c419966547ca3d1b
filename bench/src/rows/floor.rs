//! What no module can do without: see the `.wat` files beside this one.

use std::fs;
use std::path::PathBuf;

use gatepost_e2e::bench_module;
use gatepost_jose::{Algorithm, known_answers};
use gatepost_jwt_auth::signature_question;

use crate::error::{Error, Result};
use crate::row::Row;

pub(super) fn rows() -> Result<Vec<Row>> {
    let property_only = assembled("property-only", include_str!("property_only.wat"))?;
    Ok(vec![
        Row::new("property-only").wasm(&property_only, None),
        verify_only("verify-only-rs256", Algorithm::Rs256)?,
        verify_only("verify-only-es256", Algorithm::Es256)?,
    ])
}

/// The signature that the filter tries the proxy with.
fn verify_only(name: &'static str, algorithm: Algorithm) -> Result<Row> {
    let mut answers = known_answers().into_iter();
    let question = answers
        .find(|answer| answer.algorithm == algorithm)
        .and_then(|answer| signature_question(&answer.key, algorithm, answer.message, &answer.good))
        .unwrap_or_default();
    let bytes: String = question
        .iter()
        .map(|byte| format!("\\{byte:02x}"))
        .collect();
    let text = include_str!("verify_only.wat")
        .replace("\"QUESTION\"", &format!("\"{bytes}\""))
        .replace("i32.const SIZE", &format!("i32.const {}", question.len()));
    Ok(Row::new(name).wasm(&assembled(name, &text)?, None))
}

/// Puts a module beside those that were compiled.
fn assembled(name: &str, text: &str) -> Result<PathBuf> {
    let bytes = wat::parse_str(text).map_err(Error::Assembly)?;
    let path = bench_module("noop")?.with_file_name(format!("{name}.wasm"));
    fs::write(&path, bytes).map_err(|error| Error::Io("writing a module", error))?;
    Ok(path)
}
