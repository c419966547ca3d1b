//! Allows and denies requests by the client's address and the peer's identity.
//!
//! `config.rs` is the document as an operator writes it; `plan.rs` turns it into
//! a plan that cannot be wrong; `client.rs` finds out who asks; `filter.rs`
//! judges.

mod client;
mod config;
mod feed;
mod filter;
mod plan;
mod warnings;

use gatepost_filter::{Kind, Phases};

/// The filter, as a module names it.
pub const KIND: Kind = Kind {
    name: "ip-allowlist",
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
    gatepost_config::document_schema::<config::Config>()
}
