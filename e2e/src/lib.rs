//! A harness that drives real Envoys: start one with a file as shipped, send it
//! anything, read what it counted, give it a new configuration, stop it.
//!
//! ```no_run
//! use gatepost_e2e::{Bootstrap, Envoy, Http1Client, Result, Upstream, each_envoy};
//!
//! fn a_plain_request_reaches_the_upstream() -> Result<()> {
//!     each_envoy(|binary| {
//!         let upstream = Upstream::start()?;
//!         let bootstrap = Bootstrap::read("e2e/testdata/router.yaml", &[
//!             ("port_value: 10000", "port_value: 0"),
//!             ("port_value: 9901", "port_value: 0"),
//!             ("port_value: 8080", &format!("port_value: {}", upstream.port())),
//!         ])?;
//!         let envoy = Envoy::start(binary, &bootstrap)?;
//!         let response = Http1Client::connect(envoy.listener("ingress")?)?.get("/", &[])?;
//!         assert_eq!(response.status, 200);
//!         assert_eq!(upstream.requests(), 1);
//!         Ok(())
//!     })
//! }
//! ```
//!
//! Three rules hold everywhere. Ports are chosen by the kernel (`port_value: 0`)
//! and asked for afterwards, so no two tests can want the same one. Waiting is
//! for a condition with a deadline ([`wait_until`]), never for luck. Whatever is
//! started stops when its value is dropped, and also when the test program dies.

mod bootstrap;
mod certificates;
mod clock;
mod envoy;
mod error;
mod feed;
mod grpc;
mod http1;
mod http2;
mod large_list;
mod log;
mod paths;
mod process;
mod raw_http2;
mod response;
mod shipped;
mod stats;
mod tls;
mod tokens;
mod upstream;
mod wait;

pub use bootstrap::{Bootstrap, substitute};
pub use certificates::{Authority, Certificate, Identity};
pub use clock::{seconds_now, timestamp};
pub use envoy::{Envoy, Reload};
pub use error::{Error, Result};
pub use feed::{Answer, FeedServer, Fetched, shortest_pause};
pub use grpc::{GrpcResponse, grpc_frame, grpc_request, grpc_web_request};
pub use http1::Http1Client;
pub use http2::Http2Client;
pub use hyper::body::Bytes;
pub use hyper::http;
pub use large_list::{LARGE_LIST, with_large_list};
pub use log::Log;
pub use paths::{
    Binary, bench_module, each_envoy, envoys, module, not_run, shipped_modules, test_module,
    vectors, workspace,
};
pub use process::Process;
pub use raw_http2::{RawAnswer, RawHttp2Client, StreamEnd};
pub use response::{Echo, Response};
pub use shipped::{shipped, with_document};
pub use stats::Stats;
pub use tls::connect_tls;
pub use tokens::{Issuer, Sample, SigningKey, decoded, encoded, samples, unsigned, with_signature};
pub use upstream::Upstream;
pub use wait::wait_until;
