//! What no module can do without: see the `.wat` files beside this one.

use std::fs;
use std::path::PathBuf;

use gatepost_e2e::bench_module;

use crate::error::{Error, Result};
use crate::row::Row;

pub(super) fn rows() -> Result<Vec<Row>> {
    let property_only = assembled("property-only", include_str!("property_only.wat"))?;
    Ok(vec![Row::new("property-only").wasm(&property_only, None)])
}

/// Puts a module beside those that were compiled.
fn assembled(name: &str, text: &str) -> Result<PathBuf> {
    let bytes = wat::parse_str(text).map_err(Error::Assembly)?;
    let path = bench_module("noop")?.with_file_name(format!("{name}.wasm"));
    fs::write(&path, bytes).map_err(|error| Error::Io("writing a module", error))?;
    Ok(path)
}
