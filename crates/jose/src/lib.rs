//! JSON Web Signatures (RFC 7515), keys (RFC 7517) and token claims (RFC 7519),
//! read strictly.
//!
//! [`Algorithm`] is what a token's `alg` may name.

mod algorithm;

pub use algorithm::{Algorithm, AlgorithmSet};
