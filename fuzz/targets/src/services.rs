//! A proxy that answers nothing: enough to load a document.

use std::time::Duration;

use gatepost_filter::{
    CallId, GrpcCall, HostError, HttpCall, Level, MetricId, MetricKind, Services, Shared, Swap,
};
use gatepost_http_match::Headers;

pub(crate) struct Silent;

const REFUSED: HostError = HostError {
    call: "none",
    status: HostError::NOT_FOUND,
};

impl Services for Silent {
    fn wall_clock(&self) -> Result<Duration, HostError> {
        Err(REFUSED)
    }

    fn monotonic_clock(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&self) -> u128 {
        0
    }

    fn property(&self, _: &str) -> Result<Option<Vec<u8>>, HostError> {
        Err(REFUSED)
    }

    fn request_headers(&self) -> Result<Headers, HostError> {
        Err(REFUSED)
    }

    fn set_filter_state(&self, _: &str, _: &[u8]) -> Result<(), HostError> {
        Err(REFUSED)
    }

    fn shared(&self, _: &[u8]) -> Result<Option<Shared>, HostError> {
        Err(REFUSED)
    }

    fn set_shared(&self, _: &[u8], _: &[u8], _: Swap) -> Result<bool, HostError> {
        Err(REFUSED)
    }

    fn http_call(&self, _: &HttpCall<'_>) -> Result<CallId, HostError> {
        Err(REFUSED)
    }

    fn grpc_call(&self, _: &GrpcCall<'_>) -> Result<CallId, HostError> {
        Err(REFUSED)
    }

    fn reply_headers(&self) -> Result<Headers, HostError> {
        Err(REFUSED)
    }

    fn reply_body(&self, _: usize) -> Result<Vec<u8>, HostError> {
        Err(REFUSED)
    }

    fn foreign_function(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(REFUSED)
    }

    fn environment(&self, _: &str) -> Option<String> {
        None
    }

    fn define_metric(&self, _: MetricKind, _: &str) -> Result<MetricId, HostError> {
        Err(REFUSED)
    }

    fn add_to_metric(&self, _: MetricId, _: i64) -> Result<(), HostError> {
        Err(REFUSED)
    }

    fn set_metric(&self, _: MetricId, _: u64) -> Result<(), HostError> {
        Err(REFUSED)
    }

    fn logs(&self, _: Level) -> bool {
        true
    }

    fn log(&self, _: Level, _: &str) {}
}
