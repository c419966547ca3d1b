//! The ip-allowlist filter as a Proxy-Wasm module.

gatepost_host::module!(gatepost_ip_allowlist::KIND);
