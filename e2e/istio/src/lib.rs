//! A harness that drives a real Istio mesh on one machine: the API server of
//! Kubernetes, istiod, agents with Envoys, mutual TLS, redirection by iptables and a
//! registry of images. Only kubelet, scheduler and controllers are missing; what they
//! would do, [`Mesh`] does: a pod is a network namespace with an agent in it.
//!
//! ```no_run
//! use gatepost_e2e::Result;
//! use gatepost_e2e_istio::mesh;
//!
//! fn an_app_calls_another() -> Result<()> {
//!     let Some(mesh) = mesh()? else { return Ok(()) };
//!     let shop = mesh.namespace("shop")?;
//!     let app = shop.app("app")?;
//!     let other = shop.app("other")?;
//!     assert_eq!(other.get(&app, "/", &[])?.status, 200);
//!     Ok(())
//! }
//! ```
//!
//! All of it runs in namespaces that scripts/mesh.sh makes and that end with the test
//! program. There is one mesh a test program; tests are apart by their namespaces (of
//! Kubernetes).

mod api;
mod control_plane;
mod manifest;
mod mesh;
mod namespace;
mod network;
mod pod;
mod programs;
mod registry;

pub use api::{Api, Refusal};
pub use manifest::Manifest;
pub use mesh::{Mesh, mesh};
pub use namespace::{App, Gateway, Namespace};
pub use network::{MACHINE, Network};
pub use pod::{Kind, Pod};
pub use programs::{Programs, dist};
pub use registry::Registry;
