//! Makes a trimmed module smaller and quicker with Binaryen's wasm-opt.

use std::fs;
use std::io::Error;
use std::path::Path;
use std::process::Command;

use gatepost_oci_image::Digest;
use walrus::Module;

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

/// How long a seal is: a digest, as it is written.
const SEAL: usize = "sha256:".len() + 64;

/// Optimises the module with the program at `tool`: it takes ten seconds. What came of
/// it is put at `kept`, and taken from there for as long as module, program and
/// arguments are the same.
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
    // The program by its bytes: after an upgrade another one may be at the same path.
    let program = fs::read(tool).map_err(told(Path::new(tool)))?;
    let source = format!(
        "{} {} {}",
        Digest::of(&program),
        arguments.join(" "),
        Digest::of(module)
    );
    if let Some(made) = unsealed(&source, kept) {
        return Ok(made);
    }
    let made = run(tool, &arguments, module)?;
    Module::from_buffer(&made).map_err(|error| format!("{tool} made no module: {error:#}"))?;
    let sealed = [seal(&source, &made).as_bytes(), &made].concat();
    fs::write(kept, sealed).map_err(told(kept))?;
    Ok(made)
}

/// Says of what this was made, and that it is whole. So a file that two wrote at once, or
/// whose end a loss of power took, is no more than one that has to be made again.
fn seal(source: &str, made: &[u8]) -> String {
    Digest::of(&[source.as_bytes(), made].join(&0)).to_string()
}

fn unsealed(source: &str, kept: &Path) -> Option<Vec<u8>> {
    let file = fs::read(kept).ok()?;
    let (found, made) = file.split_at_checked(SEAL)?;
    (found == seal(source, made).as_bytes()).then(|| made.to_vec())
}

fn run(tool: &str, arguments: &[&str], module: &[u8]) -> Result<Vec<u8>, String> {
    // Gone when this returns, whatever it returns.
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (given, made) = (folder.path().join("given"), folder.path().join("made"));
    fs::write(&given, module).map_err(told(&given))?;
    let mut command = Command::new(tool);
    command.args(arguments).arg(&given).arg("-o").arg(&made);
    let ended = command.output().map_err(told(Path::new(tool)))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        return Err(format!("{tool}: {}\n{}", ended.status, said.trim_end()));
    }
    fs::read(&made).map_err(told(&made))
}

fn told(path: &Path) -> impl Fn(Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use tempfile::TempDir;
    use walrus::RawCustomSection;

    use super::*;

    /// A module that differs from others by what is in it.
    fn module(name: &str) -> Vec<u8> {
        let mut module = Module::default();
        module.customs.add(RawCustomSection {
            name: name.to_owned(),
            data: Vec::new(),
        });
        module.emit_wasm()
    }

    /// A folder in which the tool and what is kept have their places. No two runs of the
    /// tool make the same: what is equal was made once.
    struct Place(TempDir);

    impl Place {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            place.install("wasm-opt.sh");
            place
        }

        fn install(&self, tool: &str) {
            let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
            let _ = fs::remove_file(self.tool());
            symlink(tests.join(tool), self.tool()).unwrap();
        }

        fn tool(&self) -> PathBuf {
            self.0.path().join("tool")
        }

        fn kept(&self) -> PathBuf {
            self.0.path().join("kept")
        }

        fn attempt(&self, module: &[u8], keeps_names: bool) -> Result<Vec<u8>, String> {
            let tool = self.tool();
            optimise(tool.to_str().unwrap(), module, keeps_names, &self.kept())
        }

        fn optimised(&self, name: &str) -> Vec<u8> {
            self.attempt(&module(name), false).unwrap()
        }
    }

    #[test]
    fn what_came_of_a_module_is_kept_for_that_module() {
        let place = Place::new();
        let one = place.optimised("one");
        assert_eq!(place.optimised("one"), one);
        assert!(place.optimised("two").starts_with(&module("two")));
        assert_ne!(place.optimised("one"), one);
    }

    #[test]
    fn a_module_with_names_is_not_taken_for_one_without() {
        let place = Place::new();
        let made = |keeps_names| {
            let made = place.attempt(&module("one"), keeps_names).unwrap();
            String::from_utf8_lossy(&made).into_owned()
        };
        assert!(made(false).contains("no"));
        assert!(made(true).contains("ok"));
        assert!(made(false).contains("no"));
    }

    #[test]
    fn what_another_tool_made_at_the_same_path_is_not_kept() {
        let place = Place::new();
        let old = place.optimised("one");
        place.install("wasm-opt-next.sh");
        let new = place.optimised("one");
        assert_ne!(new, old);
        assert_eq!(place.optimised("one"), new);
    }

    #[test]
    fn what_is_not_whole_is_made_again() {
        let place = Place::new();
        let mut last = place.optimised("one");
        let whole = fs::read(place.kept()).unwrap();
        let altered = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        for damaged in [
            Vec::new(),
            whole[..SEAL].to_vec(),
            whole[..whole.len() - 1].to_vec(),
            vec![0; whole.len()],
            altered(SEAL - 1),
            altered(whole.len() - 1),
        ] {
            fs::write(place.kept(), damaged).unwrap();
            let made = place.optimised("one");
            assert!(Module::from_buffer(&made).is_ok());
            assert_ne!(made, last);
            assert_eq!(place.optimised("one"), made);
            last = made;
        }
    }

    #[test]
    fn a_tool_that_refuses_is_told_and_leaves_nothing() {
        let place = Place::new();
        let error = place.attempt(&module("refused"), false).unwrap_err();
        let (_, given) = error.split_once("refused ").unwrap();
        assert!(!Path::new(given).parent().unwrap().exists(), "{error}");
        assert!(!place.kept().exists());
    }

    #[test]
    fn what_is_no_module_is_an_error_and_is_not_kept() {
        let place = Place::new();
        let error = place.attempt(&module("nothing"), false).unwrap_err();
        assert!(error.contains("made no module"), "{error}");
        assert!(!place.kept().exists());
    }

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let kept = Path::new("not/written");
        let error = optimise("not/there", &module("one"), false, kept).unwrap_err();
        assert!(error.starts_with("not/there: "), "{error}");
    }
}
