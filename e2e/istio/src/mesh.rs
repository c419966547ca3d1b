//! The mesh as a whole.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{env, fs};

use gatepost_e2e::{Authority, Error, Log, Result, not_run, wait_until};
use serde_json::Value;

use crate::control_plane::ControlPlane;
use crate::programs::{dist, run};
use crate::{Api, Namespace, Network, Programs, Registry, network};

/// From a namespace's creation until istiod has put its root certificate there.
const SOON: Duration = Duration::from_secs(30);

/// The port of the registry that the rendered manifests name.
const REGISTRY: u16 = 5000;
/// The certificates that an agent takes for the system's.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A running mesh. Dropping it ends its programs.
pub struct Mesh {
    folder: PathBuf,
    programs: Programs,
    control_plane: ControlPlane,
    registry: Registry,
    outside: Authority,
    networks: Mutex<HashMap<String, Network>>,
}

/// The mesh of this test program, started for the first who asks; none where there can
/// be none, which is said as [`not_run`] says it.
pub fn mesh() -> Result<Option<&'static Mesh>> {
    static MESH: OnceLock<std::result::Result<Mesh, String>> = OnceLock::new();
    let Some(folder) = env::var_os("MESH_FOLDER") else {
        not_run("a mesh is made of namespaces: run `make mesh-test`, as root");
        return Ok(None);
    };
    MESH.get_or_init(|| Mesh::start(Path::new(&folder)).map_err(|why| why.to_string()))
        .as_ref()
        .map(Some)
        .map_err(|why| Error::Failed(why.clone()))
}

impl Mesh {
    /// Starts one, on the machine that scripts/mesh.sh made; `folder` is its own.
    pub fn start(folder: &Path) -> Result<Self> {
        network::make_bridge()?;
        let programs = Programs::mount(folder.join("programs"))?;
        let control = folder.join("control");
        fs::create_dir_all(&control).map_err(Error::io("making a folder"))?;
        // What proxies believe of servers outside of the mesh, before any starts.
        let outside = Authority::new("who vouches for servers outside")?;
        let system = folder.join("outside.pem");
        fs::write(&system, outside.pem()).map_err(Error::io("writing a certificate"))?;
        run(
            "mount",
            [OsStr::new("--bind"), system.as_os_str(), OsStr::new(SYSTEM)],
        )?;
        let control_plane = ControlPlane::start(&programs, &control)?;
        let registry = Registry::start(&folder.join("registry"), REGISTRY, false)?;
        registry.push_all(&dist().join("images"))?;
        Ok(Self {
            registry,
            outside,
            folder: folder.to_owned(),
            programs,
            control_plane,
            networks: Mutex::default(),
        })
    }

    /// The API server.
    pub fn api(&self) -> &Api {
        &self.control_plane.api
    }

    /// What it is made of.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// What istiod logged.
    pub fn istiod_log(&self) -> &Log {
        self.control_plane.istiod.log()
    }

    /// Runs kubectl against the API server and gives what it printed;
    /// [`Error::Failed`] with all that it said if it fails.
    pub fn kubectl<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<String> {
        let option = |name: &str, file: &str| {
            let mut option = OsString::from(name);
            option.push(self.folder.join(file));
            option
        };
        let mut all = vec![
            option("--kubeconfig=", "control/kubeconfig"),
            option("--cache-dir=", "kubectl"),
        ];
        all.extend(arguments.into_iter().map(|one| one.as_ref().to_owned()));
        run(self.programs.istio("kubectl"), all)
    }

    /// A namespace of this name.
    pub fn namespace(&self, name: &str) -> Result<Namespace<'_>> {
        Namespace::new(self, name)
    }

    /// The registry that the rendered manifests name, with the images of all modules.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Who vouches for servers outside of the mesh, as all proxies believe.
    pub fn outside(&self) -> &Authority {
        &self.outside
    }

    /// Another registry, on this port of the machine, that anyone may read from or
    /// only who has its password.
    pub fn another_registry(&self, port: u16, is_closed: bool) -> Result<Registry> {
        let folder = self.folder.join(format!("registry-{port}"));
        Registry::start(&folder, port, is_closed)
    }

    /// A folder of this name, which ends with the mesh.
    pub fn shared_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).map_err(Error::io("making a folder"))?;
        Ok(folder)
    }

    /// Its folder, which ends with it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The network of a pod, made when it is first asked for.
    pub(crate) fn network(&self, namespace: &str, pod: &str) -> Result<Network> {
        let name = format!("{namespace}.{pod}");
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = networks.get(&name) {
            return Ok(network.clone());
        }
        let number = u8::try_from(networks.len() + 1)
            .map_err(|_| Error::Failed("more pods than the bridge has places for".to_owned()))?;
        let network = Network::make(&name, Ipv4Addr::new(10, 77, 1, number))?;
        networks.insert(name, network.clone());
        Ok(network)
    }

    /// The certificate of the mesh's authority, as istiod puts it into a namespace.
    pub(crate) fn root_certificate(&self, namespace: &str) -> Result<String> {
        let path = format!("/api/v1/namespaces/{namespace}/configmaps/istio-ca-root-cert");
        let what = format!("the root certificate is in {namespace}");
        wait_until(what, SOON, || {
            let map: Value = self.api().get(&path).ok()??;
            map["data"]["root-cert.pem"].as_str().map(str::to_owned)
        })
        .inspect_err(|_| eprintln!("{}", self.istiod_log().text(0)))
    }
}
