//! Modules that are written by hand: without any library, they do what they say and
//! nothing else.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use gatepost_e2e::bench_module;

use crate::error::{Error, Result};

/// Puts a module beside those that were compiled.
pub(crate) fn assembled(name: &str, text: &str) -> Result<PathBuf> {
    let bytes = wat::parse_str(text).map_err(Error::Assembly)?;
    let path = bench_module("noop")?.with_file_name(format!("{name}.wasm"));
    fs::write(&path, bytes).map_err(|error| Error::Io("writing a module", error))?;
    Ok(path)
}

/// Bytes as a string of such a text.
pub(crate) fn string(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let _ = write!(text, "\\{byte:02x}");
    }
    text
}
