//! The external test vectors: read when a test runs, never committed.
//!
//! A test whose vectors are not there says loudly that it did not run, and fails
//! where `CI` is `true`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Where the vectors are: `VECTORS_DIR`, or beside the repository.
#[must_use]
pub fn folder() -> PathBuf {
    std::env::var_os("VECTORS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    )
}

/// The content of a file of the vectors; `None` when it is not there, so that
/// `test` ends.
///
/// # Panics
/// It is not there, and `CI` is `true`.
#[must_use]
pub fn file(test: &str, path: &str) -> Option<Vec<u8>> {
    let path = folder().join(path);
    found(test, &path, std::fs::read(&path))
}

/// The files of a folder of the vectors by name; `None` when it is not there, so
/// that `test` ends.
///
/// # Panics
/// It is not there, and `CI` is `true`.
#[must_use]
pub fn files(test: &str, path: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let path = folder().join(path);
    found(test, &path, read_all(&path))
}

fn read_all(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let named = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Ok((name, std::fs::read(entry.path())?))
    };
    std::fs::read_dir(folder)?.map(named).collect()
}

fn found<T>(test: &str, path: &Path, read: io::Result<T>) -> Option<T> {
    match read {
        Ok(content) => Some(content),
        Err(error) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("{}: {error}", path.display())
        }
        Err(error) => {
            eprintln!("NOT RUN: {test}: {}: {error}", path.display());
            None
        }
    }
}
