//! What is fuzzed, and what must hold of any bytes.
//!
//! A target is a function that panics when a rule is broken: two ways to the same
//! answer differ, a text does not come back as it was written, a naive model
//! disagrees. `make fuzz` lets libFuzzer look for such bytes; the test `replay`
//! runs the seeds, and all that was ever found, through the same functions.

mod addresses;
mod api_keys;
mod documents;
mod feeds;
mod requests;
mod services;
mod split;
mod tokens;
pub mod vectors;

pub use addresses::{cidr_list, forwarded, x_forwarded_for};
pub use api_keys::api_keys;
pub use documents::config_document;
pub use feeds::{feed_json, feed_table_decode, feed_text, rfc3339};
pub use requests::{cookie, matcher, path, query};
pub use tokens::{claim_path, claims, header, json, key_set, token};

/// A target by its name.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the file in `fuzz_targets/` and of the folder in `corpus/`.
    pub name: &'static str,
    /// What must hold.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 19] = [
    Target::new("api_keys", api_keys),
    Target::new("cidr_list", cidr_list),
    Target::new("claim_path", claim_path),
    Target::new("claims", claims),
    Target::new("config_document", config_document),
    Target::new("cookie", cookie),
    Target::new("feed_json", feed_json),
    Target::new("feed_table_decode", feed_table_decode),
    Target::new("feed_text", feed_text),
    Target::new("forwarded", forwarded),
    Target::new("header", header),
    Target::new("json", json),
    Target::new("key_set", key_set),
    Target::new("matcher", matcher),
    Target::new("path", path),
    Target::new("query", query),
    Target::new("rfc3339", rfc3339),
    Target::new("token", token),
    Target::new("x_forwarded_for", x_forwarded_for),
];

impl Target {
    const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run }
    }
}
