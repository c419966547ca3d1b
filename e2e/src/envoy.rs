//! A running Envoy.

mod reload;
mod workers;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

pub use self::reload::Reload;
use crate::process::Process;
use crate::{Binary, Bootstrap, Error, Http1Client, Log, Response, Result, Stats, wait_until};

/// Worker threads of every Envoy under test: what is wrong with two is wrong with any number.
pub(crate) const WORKERS: u64 = 2;

/// From start to ready: a module of 400 KiB and a list of 100,000 addresses, four
/// times over, on a machine with other work to do.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// A running Envoy, with two workers unless it was started with another number.
/// Dropping it ends it.
pub struct Envoy {
    process: Process,
    admin: SocketAddr,
    folder: TempDir,
}

impl Envoy {
    /// Starts `binary` with `bootstrap` and waits until it is ready.
    ///
    /// The admin interface must be configured (with port 0, so that tests do not
    /// meet). An Envoy that refuses its configuration gives [`Error::Exited`],
    /// with the log that says why.
    pub fn start(binary: &Binary, bootstrap: &Bootstrap) -> Result<Self> {
        Self::start_with_workers(binary, bootstrap, WORKERS)
    }

    /// Like [`Envoy::start`], with this number of workers: one, where what a
    /// request costs is measured and must not depend on who takes it.
    pub fn start_with_workers(
        binary: &Binary,
        bootstrap: &Bootstrap,
        workers: u64,
    ) -> Result<Self> {
        Self::run(binary, bootstrap.text(), temporary_folder()?, workers)
    }

    /// Like [`Envoy::start`], but the listeners come from a file that Envoy watches,
    /// so that [`Envoy::reload`] can give the same process new ones. A listener
    /// that is refused at this start leaves an Envoy that serves nothing:
    /// [`Envoy::listener`] then has none, `listener_manager.lds.update_rejected` is 1.
    pub fn start_reloadable(binary: &Binary, bootstrap: &Bootstrap) -> Result<Self> {
        let folder = temporary_folder()?;
        let bootstrap = reload::prepare(folder.path(), bootstrap)?;
        Self::run(binary, &bootstrap, folder, WORKERS)
    }

    /// Where to connect to the listener `name`, on the loopback if it listens everywhere.
    pub fn listener(&self, name: &str) -> Result<SocketAddr> {
        let answer = self.admin("/listeners?format=json")?;
        let listeners: Listeners = serde_json::from_slice(&answer.body)
            .map_err(|why| Error::Malformed(format!("/listeners: {why}: {}", answer.text())))?;
        let listener = listeners
            .listener_statuses
            .into_iter()
            .find(|listener| listener.name == name)
            .ok_or_else(|| Error::NoListener(name.to_owned()))?;
        let SocketAddress {
            address,
            port_value,
        } = listener
            .local_address
            .socket_address
            .ok_or_else(|| Error::Malformed(format!("the address of `{name}`: a unix socket")))?;
        let ip = match address.parse() {
            Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.into(),
            Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.into(),
            Ok(ip) => ip,
            Err(_) => {
                return Err(Error::Malformed(format!(
                    "the listener's address `{address}`"
                )));
            }
        };
        Ok(SocketAddr::new(ip, port_value))
    }

    /// Counters and gauges as they are now. A worker's counts arrive at once, but
    /// an access log or a metric of a finished stream may be a moment behind the
    /// response: prefer [`Envoy::wait_for_stat`].
    pub fn stats(&self) -> Result<Stats> {
        Ok(Stats::parse(&self.admin("/stats")?.text()))
    }

    /// Waits until the counter or gauge `name` has a value that `holds`.
    pub fn wait_for_stat(&self, name: &str, holds: impl Fn(u64) -> bool) -> Result<u64> {
        self.wait_for_stats(name, |stats| {
            Some(stats.get(name)).filter(|value| holds(*value))
        })
    }

    /// Waits until `probe` finds what it looks for; `what` names it in the error.
    pub fn wait_for_stats<T>(&self, what: &str, probe: impl Fn(&Stats) -> Option<T>) -> Result<T> {
        wait_until(what, Duration::from_secs(20), || probe(&self.stats().ok()?))
    }

    /// All metrics in the text form of Prometheus.
    pub fn prometheus(&self) -> Result<String> {
        Ok(self.admin("/stats/prometheus")?.text())
    }

    /// A GET on the admin interface.
    pub fn admin(&self, path: &str) -> Result<Response> {
        Http1Client::connect(self.admin)?.get(path, &[("host", "admin"), ("connection", "close")])
    }

    /// What it logged.
    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// Its process id, for a look at what it costs.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    fn run(binary: &Binary, bootstrap: &str, folder: TempDir, workers: u64) -> Result<Self> {
        // Envoy goes by the name, and reads JSON as YAML too slowly for 100,000 ranges.
        let is_json = bootstrap.starts_with('{');
        let extension = if is_json { "json" } else { "yaml" };
        let config = folder.path().join("bootstrap").with_extension(extension);
        let admin_file = folder.path().join("admin-address");
        fs::write(&config, bootstrap).map_err(Error::io("writing the bootstrap"))?;
        let mut process = Process::start(&binary.path, &arguments(&config, &admin_file, workers))?;
        let admin = wait_until("envoy is ready", READY_WITHIN, || {
            if let Some(status) = process.ended() {
                return Some(Err(Error::Exited {
                    status: status.to_string(),
                    log: process.log().text(0),
                }));
            }
            let admin = fs::read_to_string(&admin_file).ok()?.trim().parse().ok()?;
            is_ready(admin).then_some(Ok(admin))
        });
        match admin {
            Ok(admin) => Ok(Self {
                admin: admin?,
                process,
                folder,
            }),
            Err(error) => {
                eprintln!("{}", process.log().text(0));
                Err(error)
            }
        }
    }
}

fn temporary_folder() -> Result<TempDir> {
    TempDir::with_prefix("gatepost-e2e-").map_err(Error::io("creating a temporary folder"))
}

fn arguments(
    config: &std::path::Path,
    admin_file: &std::path::Path,
    workers: u64,
) -> [PathBuf; 16] {
    [
        "--config-path".into(),
        config.into(),
        "--admin-address-path".into(),
        admin_file.into(),
        "--concurrency".into(),
        workers.to_string().into(),
        // Many Envoys run at once: no shared memory, so no base id to agree on,
        // and nothing of it left behind by one that was killed.
        "--disable-hot-restart".into(),
        // What is asked of whoever takes listeners from elsewhere, a file included.
        "--service-node".into(),
        "e2e".into(),
        "--service-cluster".into(),
        "e2e".into(),
        // A misspelt field is refused in a static listener; so it is in a watched one.
        "--reject-unknown-dynamic-fields".into(),
        "--log-level".into(),
        "info".into(),
        // At `info` this one lists every extension that was compiled in.
        "--component-log-level".into(),
        "main:warning".into(),
    ]
}

/// Ready, and every worker accepts connections.
fn is_ready(admin: SocketAddr) -> bool {
    let ask = |path| Http1Client::connect(admin)?.get(path, &[("host", "admin")]);
    ask("/ready").is_ok_and(|ready| ready.status == 200)
        && ask("/stats?filter=workers_started").is_ok_and(|stats| {
            Stats::parse(&stats.text()).get("listener_manager.workers_started") == 1
        })
}

#[derive(Deserialize)]
struct Listeners {
    #[serde(default)]
    listener_statuses: Vec<Listener>,
}

#[derive(Deserialize)]
struct Listener {
    name: String,
    local_address: Address,
}

#[derive(Deserialize)]
struct Address {
    /// None for a unix socket.
    socket_address: Option<SocketAddress>,
}

#[derive(Deserialize)]
struct SocketAddress {
    address: String,
    port_value: u16,
}
