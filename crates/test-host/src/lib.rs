//! A proxy for tests.
//!
//! [`TestProxy`] behaves like Envoy where a filter can tell the difference:
//! statuses, header maps (repeated headers, any bytes), the canary that
//! configures first and dies, several workers with one store of shared data,
//! compare-and-swap, calls that are refused or fail, local replies. Any call
//! can be made to fail with any status ([`TestProxy::fail`]).
//!
//! The same test runs against a filter that is linked natively and against the
//! compiled module in wasmtime: see [`Code`] and [`each_code`].

mod code;
mod documents;
mod fuel;
mod native_vm;
mod shared;
mod test_proxy;
mod traffic;
mod vm;
mod wasm_vm;
mod worker;

pub use code::{Code, each_code, each_test_code};
pub use documents::{
    WrongDocument, check_examples, check_schema_file, check_schema_refuses, check_wrong_documents,
};
pub use fuel::{Cost, check_fuel};
pub use shared::LogLine;
pub use test_proxy::{Sent, TestProxy};
pub use traffic::{Call, Headers, LocalReply, RequestParts, Verdict, values};
