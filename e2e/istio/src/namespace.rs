//! A namespace of Kubernetes with what runs in it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use gatepost_e2e::{Error, Http1Client, Response, Result, Upstream};
use serde_json::{Value, json};

use crate::pod::Spec;
use crate::{Kind, Mesh, Pod};

/// Where applications and gateways listen, behind port 80 of their services.
const PORT: u16 = 8080;

/// A namespace, for one test.
pub struct Namespace<'a> {
    mesh: &'a Mesh,
    name: String,
}

/// An application with a sidecar, and its service.
pub struct App {
    /// Its pod.
    pub pod: Pod,
    /// What it received.
    pub upstream: Upstream,
    /// `app.shop.svc.cluster.local`.
    pub host: String,
    /// Its service's address.
    pub address: Ipv4Addr,
}

/// A gateway at the edge.
pub struct Gateway {
    /// Its pod.
    pub pod: Pod,
}

impl<'a> Namespace<'a> {
    pub(crate) fn new(mesh: &'a Mesh, name: &str) -> Result<Self> {
        mesh.api().apply(&json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
        }))?;
        Ok(Self {
            mesh,
            name: name.to_owned(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Applies an object, in this namespace if it names none.
    pub fn apply(&self, object: &Value) -> Result<Value> {
        self.mesh.api().apply(&self.own(object))
    }

    /// Removes what [`Namespace::apply`] applied.
    pub fn delete(&self, object: &Value) -> Result<()> {
        self.mesh.api().delete(&self.own(object))
    }

    /// An echo service with a sidecar, ready; its service account has its name.
    pub fn app(&self, name: &str) -> Result<App> {
        let network = self.mesh.network(&self.name, name)?;
        let listen = SocketAddr::new(IpAddr::V4(network.address), PORT);
        let upstream = network.within(|| Upstream::start_at(listen))?;
        let labels = json!({
            "app": name,
            // What the injector sets: callers use mutual TLS.
            "security.istio.io/tlsMode": "istio",
        });
        let pod = self.pod(name, Kind::Sidecar, labels)?;
        let address = self.service(name, &json!({"app": name}), &pod)?;
        pod.wait_until_ready()?;
        Ok(App {
            pod,
            upstream,
            host: format!("{name}.{}.svc.cluster.local", self.name),
            address,
        })
    }

    /// A gateway with these labels that is not ready yet, and its service.
    pub fn gateway(&self, name: &str, labels: Value) -> Result<Gateway> {
        let pod = self.pod(name, Kind::Gateway, labels.clone())?;
        self.service(name, &labels, &pod)?;
        Ok(Gateway { pod })
    }

    /// A gateway that the Gateway API's `Gateway` of this name configures, and a route
    /// from it to `app`. It is not ready yet.
    pub fn api_gateway(&self, name: &str, gateway: &str, app: &App) -> Result<Gateway> {
        let labels = json!({"gateway.networking.k8s.io/gateway-name": gateway});
        let started = self.gateway(name, labels)?;
        self.apply(&json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"name": gateway},
            "spec": {
                "gatewayClassName": "istio",
                // So istiod takes the service that is there, and deploys none.
                "addresses": [{
                    "type": "Hostname",
                    "value": format!("{name}.{}.svc.cluster.local", self.name),
                }],
                "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}],
            },
        }))?;
        self.apply(&json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": gateway},
            "spec": {
                "parentRefs": [{"name": gateway}],
                "rules": [{"backendRefs": [{"name": app.name(), "port": 80}]}],
            },
        }))?;
        Ok(started)
    }

    /// Whatever arrives at the gateways that these labels select goes to `app`.
    pub fn route(&self, labels: &Value, app: &App) -> Result<()> {
        self.apply(&json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "edge"},
            "spec": {
                "selector": labels,
                "servers": [{
                    "port": {"number": 80, "name": "http", "protocol": "HTTP"},
                    "hosts": ["*"],
                }],
            },
        }))?;
        self.apply(&json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "VirtualService",
            "metadata": {"name": "edge"},
            "spec": {
                "hosts": ["*"],
                "gateways": ["edge"],
                "http": [{"route": [{"destination": {"host": app.host, "port": {"number": 80}}}]}],
            },
        }))?;
        Ok(())
    }

    fn own(&self, object: &Value) -> Value {
        let mut object = object.clone();
        let namespace = &mut object["metadata"]["namespace"];
        if namespace.is_null() {
            *namespace = self.name.as_str().into();
        }
        object
    }

    fn pod(&self, name: &str, kind: Kind, labels: Value) -> Result<Pod> {
        let network = self.mesh.network(&self.name, name)?;
        let spec = Spec {
            namespace: &self.name,
            name,
            kind,
            labels,
        };
        Pod::start(self.mesh, network, &spec)
    }

    /// A service with one pod, as a controller would fill it; its address.
    fn service(&self, name: &str, selector: &Value, pod: &Pod) -> Result<Ipv4Addr> {
        let service = self.apply(&json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {
                "selector": selector,
                "ports": [{"name": "http", "port": 80, "targetPort": PORT}],
            },
        }))?;
        self.apply(&json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": PORT, "protocol": "TCP"}],
            "endpoints": [{
                "addresses": [pod.network.address],
                "conditions": {"ready": true},
                "targetRef": {"kind": "Pod", "namespace": self.name, "name": name},
            }],
        }))?;
        let address = service["spec"]["clusterIP"].as_str().unwrap_or_default();
        address
            .parse()
            .map_err(|_| Error::Failed(format!("no address for the service {name}")))
    }
}

impl App {
    /// The name of its service.
    fn name(&self) -> &str {
        self.host.split('.').next().unwrap_or_default()
    }

    /// A GET for another application, by way of the sidecars.
    pub fn get(&self, other: &Self, path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        let headers = [&[("host", other.host.as_str())], headers].concat();
        self.pod.connect((other.address, 80))?.get(path, &headers)
    }
}

impl Gateway {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (self.pod.network.address, PORT).into()
    }

    /// A GET of a client outside of the mesh, from this address of
    /// 192.0.2.0/24, 198.51.100.0/24 or 203.0.113.0/24.
    pub fn get(&self, from: [u8; 4], path: &str, headers: &[(&str, &str)]) -> Result<Response> {
        Http1Client::connect_from(from.into(), self.address())?.get(path, headers)
    }
}
