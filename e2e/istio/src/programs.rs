//! The programs that a mesh is made of, and running one of them to its end.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use gatepost_e2e::{Error, Result, workspace};

/// The Envoy of the mesh: the newest of those that e2e/ tests with.
const ENVOY: &str = "envoy/1.40.0/envoy";

/// What scripts/mesh-tools.sh built, at a place that the mesh's own user may read.
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Brings them to `folder`; [`Error::Missing`] names what was not built.
    pub(crate) fn mount(folder: PathBuf) -> Result<Self> {
        let tools = tools();
        let where_to = run("bash", ["scripts/mesh-tools.sh", "where"])?;
        for (from, to) in [
            (PathBuf::from(where_to.trim()), "istio"),
            (tools.join(ENVOY), "envoy"),
        ] {
            let to = folder.join(to);
            if from.is_dir() {
                fs::create_dir_all(&to).map_err(Error::io("making a mount point"))?;
            } else if from.is_file() {
                fs::write(&to, "").map_err(Error::io("making a mount point"))?;
            } else {
                return Err(Error::Missing(from));
            }
            run(
                "mount",
                [OsStr::new("--bind"), from.as_os_str(), to.as_os_str()],
            )?;
        }
        Ok(Self { folder })
    }

    /// One of istiod, pilot-agent, istioctl, kube-apiserver and kubectl, or another file
    /// that was put beside them.
    pub fn istio(&self, name: &str) -> PathBuf {
        self.folder.join("istio").join(name)
    }

    /// Envoy.
    pub fn envoy(&self) -> PathBuf {
        self.folder.join("envoy")
    }
}

/// Where `make mesh-test` put images and rendered manifests: dist/, or what `MESH_DIST` says.
pub fn dist() -> PathBuf {
    env::var_os("MESH_DIST").map_or_else(|| workspace().join("dist"), PathBuf::from)
}

/// Where tools are kept that Cargo does not.
fn tools() -> PathBuf {
    env::var_os("TOOLS").map_or_else(|| workspace().join(".tools"), PathBuf::from)
}

/// Runs a program in the root of the repository and gives what it printed;
/// [`Error::Failed`] with all that it said if it fails.
pub(crate) fn run<S: AsRef<OsStr>>(
    program: impl AsRef<Path>,
    arguments: impl IntoIterator<Item = S>,
) -> Result<String> {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(workspace())
        .output()
        .map_err(Error::io(format!("starting {}", program.display())))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(Error::Failed(format!(
        "{} ({}): {printed}{}",
        program.display(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )))
}
