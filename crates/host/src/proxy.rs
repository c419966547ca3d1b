//! The proxy as filters see it, on the ABI.

use std::time::Duration;

use gatepost_filter::{
    CallId, GrpcCall, HostError, HttpCall, Level, MetricId, MetricKind, Services, Shared, Swap,
};
use gatepost_http_match::Headers;

use crate::abi::{Abi, Buffer, HeaderMap, LogLevel, RawGrpcCall, RawMetricKind, Status};
use crate::pairs;

/// [`Services`] on an [`Abi`].
pub(crate) struct Proxy<'a> {
    abi: &'a dyn Abi,
    /// Where the reply at hand stands.
    reply: Buffer,
}

impl<'a> Proxy<'a> {
    pub(crate) fn new(abi: &'a dyn Abi) -> Self {
        Self {
            abi,
            reply: Buffer::HttpReply,
        }
    }

    /// While a gRPC reply is delivered.
    pub(crate) fn with_grpc_reply(abi: &'a dyn Abi) -> Self {
        Self {
            abi,
            reply: Buffer::GrpcReply,
        }
    }

    /// Reads a header map.
    pub(crate) fn headers(&self, map: HeaderMap) -> Result<Headers, HostError> {
        const CALL: &str = "get_header_map_pairs";
        let bytes = self.abi.header_map(map).map_err(refused(CALL))?;
        pairs::decode(bytes).ok_or(HostError {
            call: CALL,
            status: Status::MALFORMED.0,
        })
    }
}

/// The highest compare-and-swap number: no slot gets there, so a write that
/// demands it succeeds only where the slot is empty (Envoy creates an absent
/// slot whatever number is given).
const NEVER: u32 = u32::MAX;

impl Services for Proxy<'_> {
    fn wall_clock(&self) -> Result<Duration, HostError> {
        self.abi
            .current_time()
            .map(Duration::from_nanos)
            .map_err(refused("get_current_time_nanoseconds"))
    }

    fn monotonic_clock(&self) -> Duration {
        self.abi.monotonic_time()
    }

    fn random(&self) -> u128 {
        self.abi.random()
    }

    fn property(&self, path: &str) -> Result<Option<Vec<u8>>, HostError> {
        self.abi
            .property(path.as_bytes())
            .map_err(refused("get_property"))
    }

    fn with_property(&self, path: &str, look: &mut dyn FnMut(&[u8])) -> Result<(), HostError> {
        self.abi
            .with_property(path.as_bytes(), look)
            .map_err(refused("get_property"))
    }

    fn request_headers(&self) -> Result<Headers, HostError> {
        self.headers(HeaderMap::Request)
    }

    fn set_filter_state(&self, name: &str, value: &[u8]) -> Result<(), HostError> {
        self.abi
            .set_property(name.as_bytes(), value)
            .map_err(refused("set_property"))
    }

    fn shared(&self, key: &[u8]) -> Result<Option<Shared>, HostError> {
        let slot = self
            .abi
            .shared_data(key)
            .map_err(refused("get_shared_data"))?;
        Ok(slot.map(|(value, version)| Shared { value, version }))
    }

    fn set_shared(&self, key: &[u8], value: &[u8], swap: Swap) -> Result<bool, HostError> {
        let cas = match swap {
            Swap::Always => 0,
            Swap::IfAbsent => NEVER,
            Swap::IfUnchanged(version) => version,
        };
        match self.abi.set_shared_data(key, value, cas) {
            Ok(()) => Ok(true),
            Err(Status::CAS_MISMATCH) => Ok(false),
            Err(status) => Err(refused("set_shared_data")(status)),
        }
    }

    fn http_call(&self, call: &HttpCall<'_>) -> Result<CallId, HostError> {
        const CALL: &str = "http_call";
        let headers = encode(CALL, call.headers)?;
        self.abi
            .http_call(
                call.cluster.as_bytes(),
                &headers,
                call.body,
                milliseconds(call.timeout),
            )
            .map(CallId::Http)
            .map_err(refused(CALL))
    }

    fn grpc_call(&self, call: &GrpcCall<'_>) -> Result<CallId, HostError> {
        const CALL: &str = "grpc_call";
        let raw = RawGrpcCall {
            cluster: call.cluster.as_bytes(),
            service: call.service.as_bytes(),
            method: call.method.as_bytes(),
            metadata: &encode(CALL, call.metadata)?,
            message: call.message,
            milliseconds: milliseconds(call.timeout),
        };
        self.abi
            .grpc_call(&raw)
            .map(CallId::Grpc)
            .map_err(refused(CALL))
    }

    fn reply_headers(&self) -> Result<Headers, HostError> {
        self.headers(HeaderMap::HttpReply)
    }

    fn reply_body(&self, limit: usize) -> Result<Vec<u8>, HostError> {
        match self.abi.buffer(self.reply, limit) {
            Err(Status::NOT_FOUND | Status::EMPTY) => Ok(Vec::new()),
            other => other.map_err(refused("get_buffer_bytes")),
        }
    }

    fn foreign_function(&self, name: &str, argument: &[u8]) -> Result<Vec<u8>, HostError> {
        self.abi
            .call_foreign_function(name.as_bytes(), argument)
            .map_err(refused("call_foreign_function"))
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.abi.environment(name)
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError> {
        let kind = match kind {
            MetricKind::Counter => RawMetricKind::Counter,
            MetricKind::Gauge => RawMetricKind::Gauge,
        };
        self.abi
            .define_metric(kind, name.as_bytes())
            .map(MetricId)
            .map_err(refused("define_metric"))
    }

    fn add_to_metric(&self, metric: MetricId, by: i64) -> Result<(), HostError> {
        self.abi
            .increment_metric(metric.0, by)
            .map_err(refused("increment_metric"))
    }

    fn set_metric(&self, metric: MetricId, value: u64) -> Result<(), HostError> {
        self.abi
            .record_metric(metric.0, value)
            .map_err(refused("record_metric"))
    }

    fn logs(&self, level: Level) -> bool {
        self.abi
            .log_level()
            .is_ok_and(|least| raw_level(level) as u32 >= least)
    }

    fn log(&self, level: Level, line: &str) {
        self.abi.log(raw_level(level), line.as_bytes());
    }
}

pub(crate) fn refused(call: &'static str) -> impl Fn(Status) -> HostError {
    move |status| HostError {
        call,
        status: status.0,
    }
}

fn raw_level(level: Level) -> LogLevel {
    match level {
        Level::Debug => LogLevel::Debug,
        Level::Info => LogLevel::Info,
        Level::Warn => LogLevel::Warn,
        Level::Error => LogLevel::Error,
    }
}

fn encode(call: &'static str, pairs: &[(&str, &[u8])]) -> Result<Vec<u8>, HostError> {
    let pairs = pairs.iter().map(|(name, value)| (name.as_bytes(), *value));
    pairs::encode(pairs).ok_or(HostError {
        call,
        status: HostError::BAD_ARGUMENT,
    })
}

fn milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX)
}
