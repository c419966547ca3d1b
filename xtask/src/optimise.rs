//! Makes a trimmed module smaller and quicker with Binaryen's wasm-opt.

use std::fs;
use std::io::Error;
use std::path::Path;
use std::process::{self, Command};

use gatepost_oci_image::Digest;

/// How a module is optimised. Of what WebAssembly 1.0 lacks, what the compiler uses and
/// no more: a module that needs more is refused, and none is made to, which an old host
/// might not load.
const ARGUMENTS: [&str; 5] = [
    "-Oz",
    "--mvp-features",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
];

/// Optimises the module with the program at `tool`, or takes what came of the same
/// module before, which `kept` has: it takes ten seconds.
pub(crate) fn optimise(
    tool: &str,
    module: &[u8],
    keeps_names: bool,
    kept: &Path,
) -> Result<Vec<u8>, String> {
    let mut arguments = ARGUMENTS.to_vec();
    if keeps_names {
        arguments.push("--debuginfo");
    }
    // The version is in the name of the tool's folder.
    let key = [tool.as_bytes(), arguments.join(" ").as_bytes(), module].join(&0);
    let key = Digest::of(&key).to_string().replace(':', "-");
    let output = kept.join(format!("{key}.wasm"));
    if !output.exists() {
        fs::create_dir_all(kept).map_err(told(kept))?;
        // Whoever makes the same at the same time has files of its own until it is made.
        let own = |end: &str| kept.join(format!("{key}.{}.{end}", process::id()));
        let (given, made) = (own("given"), own("made"));
        fs::write(&given, module).map_err(told(&given))?;
        let done = run(tool, &arguments, &given, &made);
        fs::remove_file(&given).map_err(told(&given))?;
        done?;
        fs::rename(&made, &output).map_err(told(&output))?;
    }
    fs::read(&output).map_err(told(&output))
}

fn run(tool: &str, arguments: &[&str], given: &Path, made: &Path) -> Result<(), String> {
    let mut command = Command::new(tool);
    command.args(arguments).arg(given).arg("-o").arg(made);
    let ended = command.output().map_err(told(Path::new(tool)))?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(format!("{tool}: {}\n{}", ended.status, said.trim_end()))
}

fn told(path: &Path) -> impl Fn(Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wasm-opt.sh");

    fn files(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_came_of_a_module_is_kept_for_that_module() {
        let folder = tempfile::tempdir().unwrap();
        let optimised = |module: &[u8]| optimise(TOOL, module, false, folder.path()).unwrap();
        optimised(b"one");
        let [kept] = files(folder.path()).try_into().unwrap();
        fs::write(kept, "kept").unwrap();
        assert_eq!(optimised(b"one"), b"kept");
        assert_ne!(optimised(b"two"), b"kept");
    }

    #[test]
    fn a_module_with_names_is_not_taken_for_one_without() {
        let folder = tempfile::tempdir().unwrap();
        let called = |names| {
            let output = optimise(TOOL, b"one", names, folder.path()).unwrap();
            String::from_utf8(output).unwrap()
        };
        assert!(called(true).contains(" --debuginfo "));
        assert!(!called(false).contains("--debuginfo"));
    }

    #[test]
    fn what_the_tool_says_is_told_and_nothing_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        // It has no option -O.
        let error = optimise("cp", b"one", false, folder.path()).unwrap_err();
        assert!(
            error.starts_with("cp: ") && error.contains("option"),
            "{error}"
        );
        assert!(files(folder.path()).is_empty());
    }
}
