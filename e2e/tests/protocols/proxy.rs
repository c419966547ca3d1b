//! An Envoy with listeners of the matrix in front of one upstream.

use std::path::{Path, PathBuf};

use gatepost_e2e::{
    Binary, Bootstrap, Envoy, Error, Result, Stats, Upstream, substitute, workspace,
};
use tempfile::TempDir;

use crate::table::Module;

/// A listener of protocols_listener.yaml.
pub(crate) struct Listener<'a> {
    pub(crate) name: String,
    pub(crate) module: Module,
    pub(crate) configuration: &'a str,
    pub(crate) manner: Manner,
    /// Whether CONNECT ends here and opens a connection to the upstream.
    pub(crate) connect: bool,
    pub(crate) proxy_protocol: bool,
    /// A module that judges behind the first one, with its configuration.
    pub(crate) behind: Option<(Module, &'a str)>,
    /// On a unix socket in the gate's folder, by this name.
    pub(crate) unix: Option<&'a str>,
}

/// How a listener treats its requests, so that each column runs in both ways.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Manner {
    /// A filter that waits stops everything; Envoy answers `expect: 100-continue`
    /// itself; HTTP/1.0 needs a host; a malformed stream ends its connection.
    Plain,
    /// `allow_on_headers_stop_iteration: true`; the upstream answers `expect`;
    /// gRPC-Web is translated in front of the filter; HTTP/1.0 has a host; a malformed
    /// stream ends alone.
    Rich,
}

/// An Envoy with some listeners, its upstream, and a folder for sockets.
pub(crate) struct Proxy {
    /// Of the Envoy, for messages.
    pub(crate) name: String,
    pub(crate) envoy: Envoy,
    pub(crate) upstream: Upstream,
    folder: TempDir,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(name: impl Into<String>, module: Module, configuration: &'a str) -> Self {
        Self {
            name: name.into(),
            module,
            configuration,
            manner: Manner::Plain,
            connect: true,
            proxy_protocol: false,
            behind: None,
            unix: None,
        }
    }

    fn text(&self, folder: &Path) -> Result<String> {
        let path = workspace().join("e2e/testdata/protocols_listener.yaml");
        let template = std::fs::read_to_string(&path).map_err(Error::io("reading the listener"))?;
        let is_rich = self.manner == Manner::Rich;
        let address = match self.unix {
            Some(name) => format!("{{ pipe: {{ path: {} }} }}", folder.join(name).display()),
            None => "{ socket_address: { address: 127.0.0.1, port_value: 0 } }".to_owned(),
        };
        let mut judges = self.judge(&self.name, self.module, self.configuration)?;
        if let Some((module, configuration)) = self.behind {
            judges += &self.judge("behind", module, configuration)?;
        }
        let or_nothing = |is_on, text| if is_on { text } else { "" };
        substitute(
            "protocols_listener.yaml",
            &template,
            &[
                (
                    "LISTENER_FILTERS",
                    if self.proxy_protocol {
                        PROXY_PROTOCOL
                    } else {
                        "[]"
                    },
                ),
                ("LISTENER", &self.name),
                ("ADDRESS", &address),
                ("IS_RICH", if is_rich { "true" } else { "false" }),
                ("DEFAULT_HOST", or_nothing(is_rich, "default.test")),
                (
                    "UPGRADES",
                    if self.connect {
                        CONNECT_TOO
                    } else {
                        "[{ upgrade_type: websocket }]"
                    },
                ),
                ("CONNECT_ROUTE", or_nothing(self.connect, CONNECT_ROUTE)),
                ("GRPC_WEB", or_nothing(is_rich, GRPC_WEB)),
                ("JUDGES", &judges),
            ],
        )
    }

    fn judge(&self, name: &str, module: Module, configuration: &str) -> Result<String> {
        substitute(
            "the filter",
            JUDGE,
            &[
                ("NAME", name),
                ("IS_RICH", &(self.manner == Manner::Rich).to_string()),
                ("MODULE", &module.path()?.display().to_string()),
                ("CONFIGURATION", &configuration.replace('\n', " ")),
            ],
        )
    }
}

const PROXY_PROTOCOL: &str = r#"[{ name: envoy.filters.listener.proxy_protocol, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol } }]"#;
const JUDGE: &str = r#"{ name: NAME, typed_config: {
                      "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm,
                      config: {
                        name: NAME, root_id: NAME, failure_policy: FAIL_RELOAD,
                        allow_on_headers_stop_iteration: IS_RICH,
                        vm_config: { vm_id: "MODULE", runtime: envoy.wasm.runtime.v8,
                          code: { local: { filename: "MODULE" } } },
                        configuration: {
                          "@type": type.googleapis.com/google.protobuf.Struct,
                          value: CONFIGURATION } } } },
                  "#;
const CONNECT_TOO: &str = "[{ upgrade_type: websocket }, { upgrade_type: CONNECT }]";
const CONNECT_ROUTE: &str = "{ match: { connect_matcher: {} }, route: { cluster: tunnel, upgrade_configs: [{ upgrade_type: CONNECT, connect_config: {} }] } },";
const GRPC_WEB: &str = r#"{ name: grpc_web, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb } },"#;

impl Proxy {
    /// Starts an Envoy with these listeners. The cluster `ask` is at `ask_port` of
    /// the loopback.
    pub(crate) fn open(binary: &Binary, listeners: &[Listener<'_>], ask_port: u16) -> Result<Self> {
        let folder = TempDir::with_prefix("gatepost-e2e-sockets-")
            .map_err(Error::io("creating a temporary folder"))?;
        let upstream = Upstream::start()?;
        let mut texts = String::new();
        for listener in listeners {
            texts.push_str(&listener.text(folder.path())?);
        }
        let bootstrap = Bootstrap::read(
            "e2e/testdata/protocols.yaml",
            &[
                ("LISTENERS", texts.as_str()),
                ("FOLDER", &folder.path().display().to_string()),
                ("UPSTREAM_PORT", &upstream.port().to_string()),
                ("ASK_PORT", &ask_port.to_string()),
            ],
        )?;
        Ok(Self {
            name: binary.name.clone(),
            envoy: Envoy::start(binary, &bootstrap)?,
            upstream,
            folder,
        })
    }

    /// The unix socket `name`.
    pub(crate) fn unix(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// How often the instance `filter` came to this decision.
pub(crate) fn count(stats: &Stats, filter: &str, decision: &str, rule: &str, reason: &str) -> u64 {
    stats.get(&format!(
        "wasmcustom.wasm_filter.{filter}.component.{rule}.tag.{reason};.gatepost_{decision}_total"
    ))
}
