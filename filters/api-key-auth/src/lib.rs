//! Lets requests in by keys of which only digests are known.
//!
//! `config.rs` is the document as an operator writes it; `plan.rs` turns it into
//! a plan that cannot be wrong; `digest.rs` and `keys.rs` are the keys, `feed.rs`
//! those that a server publishes; `filter.rs` judges.

mod config;
pub mod digest;
mod feed;
mod filter;
pub mod keys;
mod plan;
mod warnings;

use gatepost_filter::{Kind, Phases};

/// The filter, as a module names it.
pub const KIND: Kind = Kind {
    name: "api-key-auth",
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
