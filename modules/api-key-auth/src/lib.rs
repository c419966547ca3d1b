//! The api-key-auth filter as a Proxy-Wasm module.

gatepost_host::module!(gatepost_api_key_auth::KIND);
