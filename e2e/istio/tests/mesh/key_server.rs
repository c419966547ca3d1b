//! The issuer that the shipped documents name, with its server of keys outside of the
//! mesh: `https://issuer.example/jwks.json`.

use gatepost_e2e::{
    Answer, Binary, Bootstrap, Envoy, FeedServer, Identity, Issuer, Result, SigningKey,
};
use gatepost_e2e_istio::Mesh;

/// Where the shipped documents fetch keys.
const KEYS: &str = "/jwks.json";

/// What speaks TLS for the server of keys, at the port that the ServiceEntry names.
const TLS: &str = r#"
admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
static_resources:
  listeners:
    - name: keys
      address: { socket_address: { address: 10.77.0.1, port_value: 443 } }
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                tls_certificates:
                  - certificate_chain: { filename: FOLDER/issuer.crt }
                    private_key: { filename: FOLDER/issuer.key }
          filters:
            - name: envoy.filters.network.tcp_proxy
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                stat_prefix: keys
                cluster: keys
  clusters:
    - name: keys
      type: STATIC
      load_assignment:
        cluster_name: keys
        endpoints:
          - lb_endpoints:
              - endpoint:
                  address: { socket_address: { address: 127.0.0.1, port_value: PORT } }
"#;

/// The issuer with its server.
pub(crate) struct KeyServer {
    pub(crate) issuer: Issuer,
    server: FeedServer,
    _tls: Envoy,
}

impl KeyServer {
    /// There is one in the world: its address is the one of `issuer.example`.
    pub(crate) fn start(mesh: &Mesh) -> Result<Self> {
        let folder = mesh.shared_folder("issuer")?;
        mesh.outside()
            .issue(Identity::Dns("issuer.example"))?
            .write(&folder, "issuer")?;
        let key = SigningKey::generate("ES256", "first")?;
        let issuer = Issuer::new("https://issuer.example", "shop", key);
        let server = FeedServer::start()?;
        server.answer(KEYS, Answer::ok(issuer.jwks()));
        let bootstrap = Bootstrap::from_text(TLS.to_owned()).with(&[
            ("FOLDER", &folder.display().to_string()),
            ("PORT", &server.port().to_string()),
        ])?;
        let envoy = Binary {
            name: "of the key server".to_owned(),
            path: mesh.programs().envoy(),
        };
        Ok(Self {
            issuer,
            server,
            _tls: Envoy::start(&envoy, &bootstrap)?,
        })
    }

    /// A new key signs from now on, and the server has it beside the old one.
    pub(crate) fn rotate(&mut self, kid: &str) -> Result<()> {
        self.issuer.rotate(SigningKey::generate("ES256", kid)?);
        self.server.answer(KEYS, Answer::ok(self.issuer.jwks()));
        Ok(())
    }

    /// How often the keys were fetched.
    pub(crate) fn fetches(&self) -> usize {
        self.server.fetched(KEYS).len()
    }
}

/// The value of an `authorization` header.
pub(crate) fn bearer(token: Result<String>) -> Result<String> {
    Ok(format!("Bearer {}", token?))
}
