//! The jwt-auth filter as a Proxy-Wasm module.

gatepost_host::module!(gatepost_jwt_auth::KIND);
