//! A pod: a network of its own, and in it an agent with an Envoy.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatepost_e2e::{Error, Http1Client, Log, Process, Response, Result, Stats, wait_until};
use serde_json::{Value, json};

use crate::programs::run;
use crate::{Mesh, Network};

/// The user that agents and Envoys run as; what it sends is not redirected.
const PROXY_USER: &str = "1337";
/// A first start, with a module to pull and to compile, on a machine with other work.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Ports of the agent and of its Envoy, which are never redirected.
const READINESS: u16 = 15021;
const METRICS: u16 = 15020;

/// What the pod's Envoy is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Beside an application: all that comes and goes passes it.
    Sidecar,
    /// At the edge, for itself.
    Gateway,
}

/// What is to be known of a pod before it starts.
pub(crate) struct Spec<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: Kind,
    pub(crate) labels: Value,
}

/// A pod. Dropping it ends its processes.
pub struct Pod {
    /// Its network.
    pub network: Network,
    namespace: String,
    name: String,
    folder: PathBuf,
    agent: Process,
}

impl Pod {
    /// Makes its network, tells the API server of it and starts its agent. It is
    /// ready later: see [`Pod::wait_until_ready`].
    pub(crate) fn start(mesh: &Mesh, network: Network, spec: &Spec<'_>) -> Result<Self> {
        let Spec {
            namespace,
            name,
            kind,
            labels,
        } = spec;
        declare(mesh, &network, spec)?;
        if *kind == Kind::Sidecar {
            redirect(mesh, &network)?;
        }
        let folder = mesh
            .folder()
            .join("pods")
            .join(format!("{namespace}.{name}"));
        prepare(mesh, &folder, spec)?;
        let agent = start_agent(mesh, &network, &folder, spec, labels)?;
        Ok(Self {
            network,
            namespace: (*namespace).to_owned(),
            name: (*name).to_owned(),
            folder,
            agent,
        })
    }

    /// Waits until its Envoy has a configuration and accepts connections.
    pub fn wait_until_ready(&self) -> Result<()> {
        let what = format!("{}.{} is ready", self.name, self.namespace);
        wait_until(what, READY_WITHIN, || self.is_ready().then_some(()))
            .inspect_err(|_| eprintln!("{}", self.agent.log().text(0)))
    }

    /// Whether its Envoy has a configuration and accepts connections.
    pub fn is_ready(&self) -> bool {
        self.get(READINESS, "/healthz/ready")
            .is_ok_and(|ready| ready.status == 200)
    }

    /// All metrics, as a Prometheus server collects them from the agent.
    pub fn metrics(&self) -> Result<String> {
        Ok(self.get(METRICS, "/stats/prometheus")?.text())
    }

    /// What its Envoy counted.
    pub fn stats(&self) -> Result<Stats> {
        Ok(Stats::parse(&self.admin("/stats")?.text()))
    }

    /// What agent and Envoy logged.
    pub fn log(&self) -> &Log {
        self.agent.log()
    }

    /// What stands in the access log by now.
    pub fn access_log(&self) -> String {
        fs::read_to_string(self.folder.join("access.log")).unwrap_or_default()
    }

    /// Connects from within the pod, as an application in it does.
    pub fn connect(&self, to: impl Into<std::net::SocketAddr>) -> Result<Http1Client> {
        let to = to.into();
        self.network.within(|| Http1Client::connect(to))
    }

    /// A GET on Envoy's admin interface.
    pub fn admin(&self, path: &str) -> Result<Response> {
        self.connect(([127, 0, 0, 1], 15000))?
            .get(path, &[("connection", "close")])
    }

    /// Nanoseconds that its Envoy has run, over all its threads (the first field of each
    /// thread's `schedstat`).
    pub fn envoy_nanoseconds(&self) -> Result<u64> {
        let reading = || Error::io("reading /proc");
        let mut sum = 0;
        for process in fs::read_dir("/proc").map_err(reading())?.flatten() {
            let process = process.path();
            let is_envoy = fs::read_to_string(process.join("comm"))
                .is_ok_and(|name| name.trim() == "envoy")
                && fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == self.folder);
            if !is_envoy {
                continue;
            }
            for thread in fs::read_dir(process.join("task"))
                .map_err(reading())?
                .flatten()
            {
                let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
                let ran = text
                    .split(' ')
                    .next()
                    .and_then(|ran| ran.parse::<u64>().ok());
                sum += ran.unwrap_or_default();
            }
        }
        Ok(sum)
    }

    fn get(&self, port: u16, path: &str) -> Result<Response> {
        Http1Client::connect((self.network.address, port).into())?
            .get(path, &[("connection", "close")])
    }
}

/// What a kubelet would tell the API server.
fn declare(mesh: &Mesh, network: &Network, spec: &Spec<'_>) -> Result<()> {
    let Spec {
        namespace,
        name,
        labels,
        ..
    } = spec;
    let metadata = json!({"namespace": namespace, "name": name, "labels": labels});
    mesh.api().apply(&json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"namespace": namespace, "name": name},
    }))?;
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "nodeName": "machine",
            "serviceAccountName": name,
            "containers": [{"name": "istio-proxy", "image": "none"}],
        },
    });
    mesh.api().apply(&pod)?;
    let status = json!({
        "phase": "Running",
        "podIP": network.address,
        "podIPs": [{"ip": network.address}],
        "conditions": [{"type": "Ready", "status": "True"}],
    });
    mesh.api().set_status(&pod, &status)
}

/// What comes to and goes from other users than the proxy's passes the proxy.
fn redirect(mesh: &Mesh, network: &Network) -> Result<()> {
    let file = format!("--net={}", network.file().display());
    let agent = mesh.programs().istio("pilot-agent").display().to_string();
    let rules = [
        "istio-iptables",
        "-p",
        "15001",
        "-z",
        "15006",
        "-u",
        PROXY_USER,
        "-m",
        "REDIRECT",
        "-i",
        "*",
        "-x",
        "",
        "-b",
        "*",
        "-d",
        "15090,15021,15020",
    ];
    run("nsenter", [&[file.as_str(), &agent][..], &rules].concat()).map(drop)
}

/// The files that a pod mounts.
fn prepare(mesh: &Mesh, folder: &Path, spec: &Spec<'_>) -> Result<()> {
    let files = [
        (
            "var/run/secrets/tokens/istio-token",
            mesh.api().token(spec.namespace, spec.name)?,
        ),
        (
            "var/run/secrets/istio/root-cert.pem",
            mesh.root_certificate(spec.namespace)?,
        ),
        ("etc/istio/proxy/.keep", String::new()),
        // Where agents keep modules, each its own.
        ("modules/.keep", String::new()),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .map_err(Error::io(format!("writing {}", path.display())))?;
    }
    let owner = format!("{PROXY_USER}:{PROXY_USER}");
    run("chown", ["-R", &owner, &folder.display().to_string()]).map(drop)
}

/// In process and mount namespaces of its own, too: an Envoy ends with its agent.
fn start_agent(
    mesh: &Mesh,
    network: &Network,
    folder: &Path,
    spec: &Spec<'_>,
    labels: &Value,
) -> Result<Process> {
    let programs = mesh.programs();
    let role = match spec.kind {
        Kind::Sidecar => "sidecar",
        Kind::Gateway => "router",
    };
    let config = json!({
        "binaryPath": programs.envoy(),
        "discoveryAddress": "istiod.istio-system.svc:15012",
        "proxyBootstrapTemplatePath": programs.istio("envoy_bootstrap.json"),
        "concurrency": 2,
    });
    const MODULES: &str = "mount --bind \"$1\" /var/lib/istio/data && shift && \"$@\"; exit $?";
    let mut arguments: Vec<String> = [
        format!("--net={}", network.file().display()).as_str(),
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        MODULES,
        "pod",
        &folder.join("modules").display().to_string(),
        "setpriv",
        "--reuid",
        PROXY_USER,
        "--regid",
        PROXY_USER,
        "--clear-groups",
        "env",
        "-C",
        &folder.display().to_string(),
        "HOST_IP=10.77.0.1",
        "ISTIO_META_CLUSTER_ID=Kubernetes",
        "ISTIO_META_INTERCEPTION_MODE=REDIRECT",
        "TRUST_DOMAIN=cluster.local",
        "WASM_INSECURE_REGISTRIES=*",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.extend([
        format!("INSTANCE_IP={}", network.address),
        format!("POD_NAME={}", spec.name),
        format!("POD_NAMESPACE={}", spec.namespace),
        format!("SERVICE_ACCOUNT={}", spec.name),
        format!("ISTIO_META_WORKLOAD_NAME={}", spec.name),
        format!("ISTIO_METAJSON_LABELS={labels}"),
        format!("PROXY_CONFIG={config}"),
        programs.istio("pilot-agent").display().to_string(),
        "proxy".to_owned(),
        role.to_owned(),
        format!("--domain={}.svc.cluster.local", spec.namespace),
        "--proxyLogLevel=warning,wasm:info".to_owned(),
    ]);
    Process::start(Path::new("nsenter"), &arguments)
}
