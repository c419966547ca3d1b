//! A registry of images, on the machine that the mesh is on.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatepost_e2e::{Error, Http1Client, Process, Result, wait_until};
use serde_json::{Value, json};

use crate::network::MACHINE;
use crate::programs::run;

/// The name by which agents know the machine.
const NAME: &str = "registry.mesh.test";

/// Who may read from a registry with a password, and the password. The second half is
/// what the registry keeps of it (bcrypt).
const USER: (&str, &str) = ("puller", "only-in-this-mesh");
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuufsDHAe9cJjUv/imgi4umVcOXsZfYjZW";

/// A registry that speaks plain HTTP. Dropping it ends it; what was pushed stays, for
/// one that is started again in the same folder.
pub struct Registry {
    port: u16,
    is_closed: bool,
    folder: PathBuf,
    process: Option<Process>,
}

impl Registry {
    /// One that anyone may read from or, if it is closed, only who knows
    /// [`Registry::credentials`]. `folder` is its own.
    pub(crate) fn start(folder: &Path, port: u16, is_closed: bool) -> Result<Self> {
        let mut registry = Self {
            port,
            is_closed,
            folder: folder.to_owned(),
            process: None,
        };
        registry.listen()?;
        Ok(registry)
    }

    /// Listens, for the first time or again.
    pub fn listen(&mut self) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(Error::io("making the registry's folder"))?;
        let config = self.folder.join("config.yml");
        let users = self.folder.join("users");
        let mut settings = json!({
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": true}},
            "storage": {"filesystem": {"rootdirectory": self.folder.join("images")}},
            "http": {"addr": self.address().to_string()},
        });
        if self.is_closed {
            // Istio's agents refuse a realm that is no URL with a name in it, although it
            // is for Bearer that a realm is one.
            let realm = format!("http://{}/", self.name());
            settings["auth"] = json!({"htpasswd": {"realm": realm, "path": users}});
        }
        fs::write(&config, settings.to_string())
            .and_then(|()| fs::write(&users, format!("{}:{HASH}\n", USER.0)))
            .map_err(Error::io("writing the registry's settings"))?;
        let arguments = [PathBuf::from("serve"), config];
        self.process = Some(Process::start(Path::new("docker-registry"), &arguments)?);
        wait_until("the registry answers", Duration::from_secs(20), || {
            let answer = Http1Client::connect(self.address()).ok()?.get("/v2/", &[]);
            matches!(answer.ok()?.status, 200 | 401).then_some(())
        })
    }

    /// Ends it: whoever pulls now is refused.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// What stands before an image's name: `registry.mesh.test:5000`.
    pub fn name(&self) -> String {
        format!("{NAME}:{}", self.port)
    }

    /// Pushes an image layout (a folder) under a name, `gatepost/jwt-auth:latest`.
    pub fn push(&self, layout: &Path, name: &str) -> Result<()> {
        let credentials = format!("--dest-creds={}:{}", USER.0, USER.1);
        let from = format!("oci:{}", layout.display());
        let to = format!("docker://{}/{name}", self.name());
        let mut arguments = vec![
            "copy",
            "--insecure-policy",
            "--dest-tls-verify=false",
            "--preserve-digests",
        ];
        if self.is_closed {
            arguments.push(&credentials);
        }
        arguments.extend([from.as_str(), &to]);
        run("skopeo", arguments).map(drop)
    }

    /// Pushes every image layout of a folder, as `gatepost/<folder>:test`.
    pub fn push_all(&self, layouts: &Path) -> Result<()> {
        let listing = || Error::io(format!("listing {}", layouts.display()));
        for entry in fs::read_dir(layouts).map_err(listing())? {
            let layout = entry.map_err(listing())?;
            let name = layout.file_name().to_string_lossy().into_owned();
            self.push(&layout.path(), &format!("gatepost/{name}:test"))?;
        }
        Ok(())
    }

    /// What a Secret of kind `kubernetes.io/dockerconfigjson` holds to read from it.
    pub fn credentials(&self) -> Value {
        json!({"auths": {(self.name()): {"username": USER.0, "password": USER.1}}})
    }

    fn address(&self) -> SocketAddr {
        (MACHINE, self.port).into()
    }
}
