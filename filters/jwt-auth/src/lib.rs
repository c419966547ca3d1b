//! Authenticates requests by JSON Web Token, and authorizes them by its claims.
//!
//! `config.rs` is the document as an operator writes it; `plan.rs` turns it into a
//! plan that cannot be wrong; `keys.rs` keeps the keys that check signatures;
//! `judge.rs` says whether a token is good, `authorize.rs` whether it is enough;
//! `cache.rs` remembers verified tokens; `output.rs` is what the upstream learns;
//! `filter.rs` puts it together, and `reason.rs` has every refusal.

mod authorize;
mod binding;
mod cache;
mod config;
mod filter;
mod judge;
mod keys;
mod memory;
mod output;
mod plan;
mod provider;
mod reason;
mod requirement;
mod revocation;
mod tokens;
mod verifier;
mod warnings;

use gatepost_filter::{Kind, Phases};

pub use verifier::signature_question;

/// The filter, as a module names it.
pub const KIND: Kind = Kind {
    name: "jwt-auth",
    phases: Phases::REQUEST
        .and(Phases::WAIT)
        .and(Phases::HTTP_CALL)
        .and(Phases::TICK),
    load: filter::load,
};

/// The JSON Schema (2020-12) of the document, as `schema.json` has it.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    gatepost_config::document_schema::<config::Config<'_>>()
}
