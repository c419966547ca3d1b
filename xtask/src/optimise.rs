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
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const COUNTING: &str =
        "echo run >>\"$(dirname \"$0\")/runs\"; for last; do :; done; cp \"$6\" \"$last\"";

    /// A folder with a program in place of wasm-opt.
    fn folder(script: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("wasm-opt");
        fs::write(&tool, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        let tool = tool.to_str().unwrap().to_owned();
        (folder, tool)
    }

    #[test]
    fn a_module_is_optimised_once_and_another_one_for_itself() {
        let (folder, tool) = folder(COUNTING);
        let kept = folder.path().join("kept");
        for module in [b"one", b"one", b"two"] {
            assert_eq!(optimise(&tool, module, false, &kept).unwrap(), module);
        }
        let runs = fs::read_to_string(folder.path().join("runs")).unwrap();
        assert_eq!(runs.lines().count(), 2);
        assert_eq!(fs::read_dir(kept).unwrap().count(), 2);
    }

    #[test]
    fn a_module_with_names_is_not_taken_for_one_without() {
        let (folder, tool) = folder("for last; do :; done; echo \"$@\" >\"$last\"");
        let with = |names| optimise(&tool, b"one", names, folder.path()).unwrap();
        assert!(with(true).windows(11).any(|part| part == b"--debuginfo"));
        assert!(!with(false).windows(11).any(|part| part == b"--debuginfo"));
    }

    #[test]
    fn what_the_tool_says_is_told_and_nothing_is_kept() {
        let (folder, tool) = folder("echo 'no such feature' >&2; exit 1");
        let kept = folder.path().join("kept");
        let error = optimise(&tool, b"one", false, &kept).unwrap_err();
        assert!(error.contains("no such feature"), "{error}");
        assert_eq!(fs::read_dir(kept).unwrap().count(), 0);
    }
}
