//! etcd, the API server and istiod.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use gatepost_e2e::{Authority, Error, Http1Client, Identity, Process, Result, wait_until};
use serde_json::{Value, json};

use crate::network::MACHINE;
use crate::{Api, Manifest, Programs};

const ETCD: SocketAddr = local(2379);
const API: SocketAddr = local(6443);
/// The name in the API server's certificate.
const API_NAME: &str = "localhost";
/// Whoever has it may do anything; it opens nothing outside of this machine.
const TOKEN: &str = "mesh-admin";
/// The first start of the API server, on a machine with other work to do.
const READY_WITHIN: Duration = Duration::from_secs(60);

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// What decides what the proxies do.
pub(crate) struct ControlPlane {
    pub(crate) api: Api,
    pub(crate) istiod: Process,
    _api_server: Process,
    _etcd: Process,
}

impl ControlPlane {
    /// Starts it, with Istio's kinds of objects; `folder` is its own.
    pub(crate) fn start(programs: &Programs, folder: &Path) -> Result<Self> {
        let mut etcd = start_etcd(folder)?;
        wait_for_process("etcd is healthy", &mut etcd, || {
            let health = Http1Client::connect(ETCD)?.get("/health", &[]);
            Ok(health?.status == 200)
        })?;
        let authority = Authority::new("the API server's")?;
        let mut api_server = start_api_server(programs, folder, &authority)?;
        write(
            &folder.join("kubeconfig"),
            &kubeconfig(&folder.join("api.ca")),
        )?;
        let api = Api::new(API, API_NAME, authority, TOKEN);
        wait_for_process("the API server is ready", &mut api_server, || {
            Ok(api.is_ready())
        })?;
        define_kinds(&api, programs)?;
        api.apply(&json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"},
        }))?;
        let istiod = start_istiod(programs, folder)?;
        Ok(Self {
            api,
            istiod,
            _api_server: api_server,
            _etcd: etcd,
        })
    }
}

fn start_etcd(folder: &Path) -> Result<Process> {
    let (client, peer) = (format!("http://{ETCD}"), "http://127.0.0.1:2380");
    let data = folder.join("etcd").display().to_string();
    Process::start(
        Path::new("etcd"),
        &[
            "--data-dir",
            &data,
            "--listen-client-urls",
            &client,
            "--advertise-client-urls",
            &client,
            "--listen-peer-urls",
            peer,
            "--initial-advertise-peer-urls",
            peer,
            "--initial-cluster",
            &format!("default={peer}"),
            // What is lost with the machine was for the machine.
            "--unsafe-no-fsync",
            "--logger",
            "zap",
            "--log-level",
            "error",
        ],
    )
}

fn start_api_server(programs: &Programs, folder: &Path, authority: &Authority) -> Result<Process> {
    authority
        .issue(Identity::Dns(API_NAME))?
        .write(folder, "api")?;
    write(&folder.join("api.ca"), authority.pem())?;
    write(
        &folder.join("tokens.csv"),
        &format!("{TOKEN},admin,admin,\"system:masters\"\n"),
    )?;
    let accounts = gatepost_e2e::Certificate::self_signed(Identity::Dns("accounts"))?;
    accounts.write(folder, "accounts")?;
    let file = |name: &str| folder.join(name).display().to_string();
    let audience = "https://kubernetes.default.svc";
    let arguments = [
        format!("--etcd-servers=http://{ETCD}"),
        format!("--service-account-issuer={audience}"),
        format!("--service-account-key-file={}", file("accounts.crt")),
        format!(
            "--service-account-signing-key-file={}",
            file("accounts.key")
        ),
        format!("--api-audiences={audience},istio-ca"),
        format!("--bind-address={}", API.ip()),
        format!("--secure-port={}", API.port()),
        format!("--advertise-address={MACHINE}"),
        format!("--tls-cert-file={}", file("api.crt")),
        format!("--tls-private-key-file={}", file("api.key")),
        format!("--token-auth-file={}", file("tokens.csv")),
        format!("--cert-dir={}", file("api")),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        "--authorization-mode=AlwaysAllow".to_owned(),
        // No controller makes the default accounts that it asks for.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
    ];
    Process::start(&programs.istio("kube-apiserver"), &arguments)
}

/// What programs need to know of the API server; JSON is YAML.
fn kubeconfig(authority: &Path) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "mesh", "cluster": {
            "server": format!("https://{API_NAME}:{}", API.port()),
            "certificate-authority": authority,
        }}],
        "users": [{"name": "admin", "user": {"token": TOKEN}}],
        "contexts": [{"name": "mesh", "context": {"cluster": "mesh", "user": "admin"}}],
        "current-context": "mesh",
    })
    .to_string()
}

/// Istio's kinds, and those of the Gateway API.
fn define_kinds(api: &Api, programs: &Programs) -> Result<()> {
    let manifests = Manifest::read_all(programs.istio("crds"))?;
    let definitions: Vec<_> = manifests
        .iter()
        .flat_map(|manifest| &manifest.objects)
        .filter(|object| object["kind"] == "CustomResourceDefinition")
        .collect();
    for definition in &definitions {
        api.apply(definition)?;
    }
    for definition in definitions {
        let name = definition["metadata"]["name"].as_str().unwrap_or_default();
        let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
        wait_until(format!("{name} is established"), READY_WITHIN, || {
            let stored = api.get(&path).ok()??;
            let conditions = stored["status"]["conditions"].as_array()?;
            conditions
                .iter()
                .any(|condition| {
                    condition["type"] == "Established" && condition["status"] == "True"
                })
                .then_some(())
        })?;
    }
    Ok(())
}

fn start_istiod(programs: &Programs, folder: &Path) -> Result<Process> {
    let mesh = folder.join("mesh.yaml");
    write(&mesh, &mesh_config()?.to_string())?;
    let environment = [
        "POD_NAMESPACE=istio-system",
        "POD_NAME=istiod-0",
        "REVISION=default",
        "PILOT_CERT_PROVIDER=istiod",
        "CLUSTER_ID=Kubernetes",
        // Filters of Istio's own that a plain Envoy does not have.
        "PILOT_ENABLE_METADATA_EXCHANGE=false",
        "PILOT_ENABLE_ALPN_FILTER=false",
        // Tests are apart by namespaces, and so are their gateways.
        "PILOT_SCOPE_GATEWAY_TO_NAMESPACE=true",
        "INJECTION_WEBHOOK_CONFIG_NAME=",
        "VALIDATION_WEBHOOK_CONFIG_NAME=",
    ];
    let directory = folder.join("istiod");
    fs::create_dir_all(&directory).map_err(Error::io("making istiod's folder"))?;
    let mut arguments = vec!["-C".to_owned(), directory.display().to_string()];
    arguments.extend(environment.map(str::to_owned));
    arguments.extend([
        programs.istio("istiod").display().to_string(),
        "discovery".to_owned(),
        format!("--kubeconfig={}", folder.join("kubeconfig").display()),
        format!("--meshConfig={}", mesh.display()),
        "--networksConfig=/nonexistent".to_owned(),
        "--domain=cluster.local".to_owned(),
        format!("--secureGRPCAddr={MACHINE}:15012"),
        format!("--grpcAddr={MACHINE}:15010"),
        format!("--httpAddr={MACHINE}:15020"),
        format!("--httpsAddr={MACHINE}:15017"),
        "--monitoringAddr=127.0.0.1:15014".to_owned(),
        "--ctrlz_port=0".to_owned(),
    ]);
    Process::start(Path::new("env"), &arguments)
}

/// Of the mesh as a whole: what istio/istiod-values.yaml says, and what this machine
/// needs. Access logs are files in each agent's folder: the proxy's own user may not
/// open the standard output of another.
fn mesh_config() -> Result<Value> {
    let values = Manifest::read("istio/istiod-values.yaml")?;
    let mut config = values
        .objects
        .first()
        .map_or(Value::Null, |values| values["meshConfig"].clone());
    config["accessLogFile"] = "access.log".into();
    config["rootNamespace"] = "istio-system".into();
    config["trustDomain"] = "cluster.local".into();
    config["defaultConfig"]["discoveryAddress"] = "istiod.istio-system.svc:15012".into();
    for provider in config["extensionProviders"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        provider["envoyFileAccessLog"]["path"] = "access.log".into();
    }
    Ok(config)
}

/// Waits for a program that may well end before it is ready; its log says why.
fn wait_for_process(
    what: &str,
    process: &mut Process,
    is_ready: impl Fn() -> Result<bool>,
) -> Result<()> {
    wait_until(what, READY_WITHIN, || {
        if let Some(status) = process.ended() {
            return Some(Err(Error::Exited {
                status: format!("{what}: {status}"),
                log: process.log().text(0),
            }));
        }
        is_ready().is_ok_and(|is_ready| is_ready).then_some(Ok(()))
    })?
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::io(format!("writing {}", path.display())))
}
