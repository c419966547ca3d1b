//! The filters in a real Istio mesh: `make mesh-test`.

mod api_key_auth;
mod bad_configuration;
mod denials;
mod edge;
mod image;
mod ip_allowlist;
mod jwt_auth;
mod key_server;
mod kustomize;
mod load;
mod manifests;
mod pulling;
mod rolling;
mod several;
mod shipped;
mod traps;
