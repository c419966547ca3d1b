//! A WebAssembly module as an OCI image: bytes in, the files of an image layout out.
//!
//! [`Layout::new`] makes the one form that Istio's agents and the tools of container
//! images both take: a single manifest, a valid image config, and one `tar+gzip` layer
//! that holds `plugin.wasm`. Never an index around it: what pins an image by digest
//! compares with the manifest's.
//!
//! Equal modules with equal [`Labels`] give equal bytes, on every machine: there is no
//! time, no owner and no chance in them. [`Repository`] is the name under which an
//! image is pushed and pulled.

mod config;
mod digest;
mod error;
mod gzip;
mod json;
mod labels;
mod layout;
mod repository;
mod tar;

pub use digest::Digest;
pub use error::{ImageError, RepositoryError};
pub use labels::{ABI, Labels};
pub use layout::{Layout, MAX_MODULE_BYTES};
pub use repository::Repository;
