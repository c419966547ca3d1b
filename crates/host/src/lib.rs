//! The Proxy-Wasm ABI, turned into the traits of `gatepost-filter`.
//!
//! [`Plugin`] and [`HttpStream`] are the ABI's root and stream contexts; they
//! run a chain and carry out what it decides. They call the proxy through
//! [`Abi`], so natively they run on the double of `crates/test-host`. On wasm32
//! `bindings.rs` implements [`Abi`], and `entry.rs` connects the callbacks.
//!
//! This is the only crate with unsafe code, in `allocator.rs`, `bindings.rs` and `entry.rs`.

mod abi;
#[cfg(any(target_arch = "wasm32", test))]
mod allocator;
#[cfg(target_arch = "wasm32")]
mod bindings;
mod carrier;
#[cfg(target_arch = "wasm32")]
mod entry;
mod http_stream;
#[cfg(target_arch = "wasm32")]
mod id_map;
mod module;
mod pairs;
mod plugin;
mod proxy;

pub use abi::{Abi, Buffer, HeaderMap, LogLevel, RawGrpcCall, RawMetricKind, RawReply, Status};
pub use http_stream::{Action, HttpStream};
pub use plugin::Plugin;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod macro_support {
    //! What [`module!`](crate::module) expands to.
    pub use proxy_wasm;

    pub use crate::entry::start;
}
pub use gatepost_filter::Kind;
pub use module::{Module, STAMP_SECTION, phases_of};
