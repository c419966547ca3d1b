//! The one Envoy, with a listener a row.

use gatepost_e2e::{Binary, Bootstrap, Envoy, Stats, envoys};
use serde_json::{Value, json};

use crate::cpu::{self, Pinned};
use crate::error::{Error, Result};
use crate::row::{Proof, Row};

/// What Envoy answers by itself: there is no upstream whose noise would be measured.
pub(crate) const BODY: &str = "bench\n";

/// A running Envoy with one worker.
pub(crate) struct Proxy {
    envoy: Envoy,
    /// `1.40.0`.
    pub(crate) version: String,
    /// Whether its worker has a core of its own.
    pub(crate) pinned: Option<Pinned>,
}

impl Proxy {
    /// Starts the newest Envoy that is there, or the one that `ENVOY` names.
    ///
    /// One worker: with more, the kernel chooses who takes a connection, and a VM
    /// that is cold or on a slower core costs more by chance.
    pub(crate) fn start(rows: &[Row]) -> Result<Self> {
        let Some(binary) = envoys().into_iter().next() else {
            return Err(gatepost_e2e::Error::Missing("an Envoy".into()).into());
        };
        let bootstrap = Bootstrap::from_text(bootstrap(rows).to_string());
        let envoy = Envoy::start_with_workers(&binary, &bootstrap, 1)?;
        let pinned = Pinned::worker(envoy.process_id())?;
        Ok(Self {
            version: version(&envoy, &binary)?,
            pinned,
            envoy,
        })
    }

    /// Where the row listens.
    pub(crate) fn address(&self, row: &Row) -> Result<std::net::SocketAddr> {
        Ok(self.envoy.listener(&row.name)?)
    }

    /// Nanoseconds of CPU that it has used so far.
    pub(crate) fn cpu_nanoseconds(&self) -> Result<u64> {
        cpu::nanoseconds(self.envoy.process_id())
    }

    /// How many requests the row's filter has allowed; `None` where it does not count.
    pub(crate) fn judged(&self, row: &Row) -> Result<Option<u64>> {
        Ok(match &row.proof {
            Proof::Answer => None,
            Proof::Counter(name) => Some(counter(&self.envoy.stats()?, name)),
        })
    }
}

fn counter(stats: &Stats, name: &str) -> u64 {
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    stats
        .matching(start)
        .filter(|(name, _)| name.starts_with(start) && name.ends_with(end))
        .map(|(_, value)| value)
        .sum()
}

/// `/server_info` says `<commit>/1.40.0/Clean/RELEASE/BoringSSL`.
fn version(envoy: &Envoy, binary: &Binary) -> Result<String> {
    let info: Value =
        serde_json::from_slice(&envoy.admin("/server_info")?.body).map_err(Error::Json)?;
    let version = info["version"]
        .as_str()
        .and_then(|version| version.split('/').nth(1));
    Ok(version.unwrap_or(&binary.name).to_owned())
}

fn bootstrap(rows: &[Row]) -> Value {
    json!({
        "admin": { "address": loopback() },
        "static_resources": { "listeners": rows.iter().map(listener).collect::<Vec<_>>() },
    })
}

fn listener(row: &Row) -> Value {
    let mut filters = row.filters.clone();
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
    }));
    json!({
        "name": row.name,
        "address": loopback(),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": row.name,
                "use_remote_address": true,
                "http_filters": filters,
                "route_config": { "virtual_hosts": [{
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{
                        "match": { "prefix": "/" },
                        "direct_response": { "status": 200, "body": { "inline_string": BODY } },
                    }],
                }] },
            },
        }] }],
    })
}

fn loopback() -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } })
}
