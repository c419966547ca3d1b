//! The Proxy-Wasm ABI 0.2.1 as one trait.
//!
//! On wasm32 it is implemented by `bindings.rs`, which calls the proxy; in tests
//! by the double of `crates/test-host`. Everything else in this crate is
//! written against it and runs natively.

use std::time::Duration;

/// The functions of the proxy. Every status but 0 comes back as an error;
/// nothing panics.
pub trait Abi {
    /// `proxy_log`; a line that cannot be written is lost.
    fn log(&self, level: LogLevel, line: &[u8]);

    /// `proxy_get_log_level`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn log_level(&self) -> Result<u32, Status>;

    /// `proxy_get_current_time_nanoseconds`: nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// As the proxy answers.
    fn current_time(&self) -> Result<u64, Status>;

    /// WASI `clock_time_get(monotonic)`; zero where the host has none.
    fn monotonic_time(&self) -> Duration;

    /// WASI `random_get`; 0 where the host has none.
    fn random(&self) -> u128;

    /// WASI `environ_get`: a variable that the proxy gives the module; none that is
    /// no UTF-8.
    fn environment(&self, name: &str) -> Option<String>;

    /// `proxy_set_tick_period_milliseconds`; 0 stops the timer.
    ///
    /// # Errors
    /// As the proxy answers.
    fn set_tick_period(&self, milliseconds: u32) -> Result<(), Status>;

    /// `proxy_get_buffer_bytes`: at most `limit` bytes from the start.
    ///
    /// # Errors
    /// As the proxy answers; an absent buffer is [`Status::NOT_FOUND`].
    fn buffer(&self, buffer: Buffer, limit: usize) -> Result<Vec<u8>, Status>;

    /// `proxy_get_header_map_pairs`: the map as the ABI serializes it.
    ///
    /// # Errors
    /// As the proxy answers.
    fn header_map(&self, map: HeaderMap) -> Result<Vec<u8>, Status>;

    /// `proxy_add_header_map_value`: of a header that is there, one value more.
    ///
    /// # Errors
    /// As the proxy answers.
    fn add_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status>;

    /// `proxy_replace_header_map_value`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn replace_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status>;

    /// `proxy_remove_header_map_value`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn remove_header(&self, map: HeaderMap, name: &[u8]) -> Result<(), Status>;

    /// `proxy_get_property`; the parts of `path` are separated by NUL.
    ///
    /// # Errors
    /// As the proxy answers; [`Status::NOT_FOUND`] is not one.
    fn property(&self, path: &[u8]) -> Result<Option<Vec<u8>>, Status>;

    /// `proxy_get_property`, for a value that is looked at once: `look` sees it, if
    /// there is one. Where it is short it takes no memory.
    ///
    /// # Errors
    /// As the proxy answers; [`Status::NOT_FOUND`] is not one.
    fn with_property(&self, path: &[u8], look: &mut dyn FnMut(&[u8])) -> Result<(), Status> {
        if let Some(value) = self.property(path)? {
            look(&value);
        }
        Ok(())
    }

    /// `proxy_set_property`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn set_property(&self, path: &[u8], value: &[u8]) -> Result<(), Status>;

    /// `proxy_get_shared_data`: the value and its compare-and-swap number.
    ///
    /// # Errors
    /// As the proxy answers; [`Status::NOT_FOUND`] is not one.
    fn shared_data(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Status>;

    /// `proxy_set_shared_data`; a `cas` of 0 overwrites.
    ///
    /// # Errors
    /// As the proxy answers; [`Status::CAS_MISMATCH`] is a lost swap.
    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), Status>;

    /// `proxy_http_call`: the token of the call. `headers` are serialized pairs.
    ///
    /// # Errors
    /// As the proxy answers.
    fn http_call(
        &self,
        cluster: &[u8],
        headers: &[u8],
        body: &[u8],
        milliseconds: u32,
    ) -> Result<u32, Status>;

    /// `proxy_grpc_call`: the token of the call. `metadata` are serialized
    /// pairs.
    ///
    /// # Errors
    /// As the proxy answers.
    fn grpc_call(&self, call: &RawGrpcCall<'_>) -> Result<u32, Status>;

    /// `proxy_define_metric`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn define_metric(&self, kind: RawMetricKind, name: &[u8]) -> Result<u32, Status>;

    /// `proxy_increment_metric`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn increment_metric(&self, metric: u32, by: i64) -> Result<(), Status>;

    /// `proxy_record_metric`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn record_metric(&self, metric: u32, value: u64) -> Result<(), Status>;

    /// `proxy_send_local_response`. `headers` are serialized pairs;
    /// `grpc_status` is -1 for none.
    ///
    /// # Errors
    /// As the proxy answers.
    fn send_local_response(&self, reply: &RawReply<'_>) -> Result<(), Status>;

    /// `proxy_continue_stream`, of the effective context's request.
    ///
    /// # Errors
    /// As the proxy answers.
    fn continue_request(&self) -> Result<(), Status>;

    /// `proxy_set_effective_context`.
    ///
    /// # Errors
    /// As the proxy answers.
    fn set_effective_context(&self, context: u32) -> Result<(), Status>;

    /// `proxy_call_foreign_function`.
    ///
    /// # Errors
    /// As the proxy answers; an unknown name is [`Status::NOT_FOUND`].
    fn call_foreign_function(&self, name: &[u8], argument: &[u8]) -> Result<Vec<u8>, Status>;
}

/// A status other than 0 (OK).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status(pub u32);

impl Status {
    /// What was asked for is not there.
    pub const NOT_FOUND: Self = Self(1);
    /// The proxy does not take the argument.
    pub const BAD_ARGUMENT: Self = Self(2);
    /// A value could not be serialized.
    pub const SERIALIZATION_FAILURE: Self = Self(3);
    /// A value could not be parsed.
    pub const PARSE_FAILURE: Self = Self(4);
    /// There is nothing to return.
    pub const EMPTY: Self = Self(7);
    /// Another writer was first.
    pub const CAS_MISMATCH: Self = Self(8);
    /// Something went wrong in the proxy, or the call is not allowed here.
    pub const INTERNAL_FAILURE: Self = Self(10);
    /// Not of the ABI: the proxy answered OK with something that is no answer.
    pub const MALFORMED: Self = Self(0);
}

/// Levels of `proxy_log`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum LogLevel {
    /// Debug.
    Debug = 1,
    /// Info.
    Info = 2,
    /// Warn.
    Warn = 3,
    /// Error.
    Error = 4,
}

/// Header maps of the ABI.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u32)]
pub enum HeaderMap {
    /// Headers of the request.
    Request = 0,
    /// Headers of the response.
    Response = 2,
    /// Headers of the reply to an HTTP call.
    HttpReply = 6,
}

/// Buffers of the ABI.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u32)]
pub enum Buffer {
    /// Body of the reply to an HTTP call.
    HttpReply = 4,
    /// Message of the reply to a gRPC call.
    GrpcReply = 5,
    /// `vm_config.configuration`.
    VmConfiguration = 6,
    /// `configuration` of the plugin.
    PluginConfiguration = 7,
}

/// Kinds of `proxy_define_metric`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum RawMetricKind {
    /// Counter.
    Counter = 0,
    /// Gauge.
    Gauge = 1,
}

/// Arguments of `proxy_grpc_call`.
#[derive(Clone, Copy, Debug)]
pub struct RawGrpcCall<'a> {
    /// A cluster's name, or a serialized `GrpcService`.
    pub cluster: &'a [u8],
    /// The full service name.
    pub service: &'a [u8],
    /// The method name.
    pub method: &'a [u8],
    /// Serialized pairs.
    pub metadata: &'a [u8],
    /// The serialized message.
    pub message: &'a [u8],
    /// The deadline.
    pub milliseconds: u32,
}

/// Arguments of `proxy_send_local_response`.
#[derive(Clone, Copy, Debug)]
pub struct RawReply<'a> {
    /// The HTTP status.
    pub status: u32,
    /// `%RESPONSE_CODE_DETAILS%`; spaces become underscores.
    pub details: &'a [u8],
    /// The body, or the gRPC message.
    pub body: &'a [u8],
    /// Serialized pairs.
    pub headers: &'a [u8],
    /// -1 for none.
    pub grpc_status: i32,
}
