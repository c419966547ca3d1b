//! Where things are: the workspace, what was built, the Envoys to test with.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use crate::{Error, Result};

/// The Envoys that every test runs on, newest first; `make` puts them into
/// `.tools/envoy/<version>/envoy`.
const VERSIONS: [&str; 2] = ["1.40.0", "1.36.2"];

/// An Envoy to test with.
#[derive(Clone, Debug)]
pub struct Binary {
    /// For messages: its version, or the path that `ENVOY` gave.
    pub name: String,
    /// The executable.
    pub path: PathBuf,
}

/// Runs `test` on each Envoy that is to be tested with, one after the other. An
/// error names the Envoy it came from on standard error; without any Envoy see
/// [`not_run`].
pub fn each_envoy(mut test: impl FnMut(&Binary) -> Result<()>) -> Result<()> {
    for binary in envoys() {
        test(&binary).inspect_err(|_| eprintln!("failed on Envoy {}", binary.name))?;
    }
    Ok(())
}

/// The Envoys that are there: what `ENVOY` names and nothing else, or the
/// pinned versions that are installed. A missing one is told as [`not_run`].
pub fn envoys() -> Vec<Binary> {
    if let Some(path) = env::var_os("ENVOY").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        return vec![Binary {
            name: path.display().to_string(),
            path,
        }];
    }
    let (there, missing): (Vec<Binary>, Vec<Binary>) = VERSIONS
        .into_iter()
        .map(|version| Binary {
            name: version.to_owned(),
            path: workspace().join(".tools/envoy").join(version).join("envoy"),
        })
        .partition(|binary| binary.path.is_file());
    for binary in missing {
        not_run(&format!(
            "Envoy {} is not at {}; run `make envoy`",
            binary.name,
            binary.path.display()
        ));
    }
    there
}

/// Says loudly that the running test, or a part of it, cannot run; the caller
/// then returns. Where `CI=true` that is a failure.
pub fn not_run(why: &str) {
    let test = thread::current().name().unwrap_or("?").to_owned();
    assert!(
        env::var("CI").as_deref() != Ok("true"),
        "NOT RUN: {test}: {why}"
    );
    // Not `eprintln!`: the test runner would swallow that for a test that passes.
    // In one write, on a line of its own, for other tests write there too.
    let line = format!("\nNOT RUN: {test}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// The root of the repository.
pub fn workspace() -> &'static Path {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR"));
    e2e.parent().unwrap_or(e2e)
}

/// The external test vectors: `VECTORS_DIR`, or `../shared/vectors` beside the
/// workspace. It may not exist: see [`not_run`].
pub fn vectors() -> PathBuf {
    env::var_os("VECTORS_DIR").map_or_else(|| workspace().join("../shared/vectors"), PathBuf::from)
}

/// A shipped module as `make wasm` built it: `dist/<name>.wasm`.
pub fn module(name: &str) -> Result<PathBuf> {
    built(workspace().join("dist"), name)
}

/// The names of the modules that are shipped: the folders of modules/.
pub fn shipped_modules() -> Result<Vec<String>> {
    let folder = workspace().join("modules");
    let entries = std::fs::read_dir(folder).map_err(Error::io("listing modules/"))?;
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.collect())
}

/// A module that exists only for tests, built from `e2e/modules/<name>`.
pub fn test_module(name: &str) -> Result<PathBuf> {
    built(target().join("test-modules"), name)
}

/// A module that exists only to be compared with, built from `bench/modules/<name>`.
pub fn bench_module(name: &str) -> Result<PathBuf> {
    built(target().join("bench-modules"), name)
}

/// Cargo's target folder.
fn target() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    workspace().join(target)
}

fn built(folder: PathBuf, name: &str) -> Result<PathBuf> {
    let path = folder.join(name).with_extension("wasm");
    if path.is_file() {
        Ok(path)
    } else {
        Err(Error::Missing(path))
    }
}
