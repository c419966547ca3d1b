//! What a filter may ask of the proxy.

use std::fmt;
use std::time::Duration;

use gatepost_http_match::Headers;

/// The proxy, as a filter sees it. `crates/host` implements it on the
/// Proxy-Wasm ABI; nothing here panics, whatever the proxy answers.
///
/// A request's own context is the effective one while a filter judges it, so
/// that [`property`](Self::property) and
/// [`set_filter_state`](Self::set_filter_state) speak of that request.
pub trait Services {
    /// Time since the Unix epoch. For `exp`, `nbf` and expiry of list entries,
    /// never for intervals: it can step both ways.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn wall_clock(&self) -> Result<Duration, HostError>;

    /// Time since some fixed moment; never goes back. For buckets, leases,
    /// cooldowns and freshness.
    fn monotonic_clock(&self) -> Duration;

    /// Random bits, to tell workers apart and to spread what they do in time; 0
    /// where the host has none. Nothing that must not be guessed hangs on them.
    fn random(&self) -> u128;

    /// A property of the request or its connection; `None` when there is none.
    /// The parts of its path are joined by NUL, as the ABI takes them:
    /// `source\0address`. About 1 us: read none that the configuration does not
    /// need.
    ///
    /// # Errors
    /// When the proxy refuses the call for any reason but absence.
    fn property(&self, path: &str) -> Result<Option<Vec<u8>>, HostError>;

    /// A property that is looked at once, as [`property`](Self::property): `look`
    /// sees it, if there is one. A short one takes no memory.
    ///
    /// # Errors
    /// When the proxy refuses the call for any reason but absence.
    fn with_property(&self, path: &str, look: &mut dyn FnMut(&[u8])) -> Result<(), HostError> {
        if let Some(value) = self.property(path)? {
            look(&value);
        }
        Ok(())
    }

    /// The headers of the request. Ask through
    /// [`Request::view`](crate::Request::view), which reads them once.
    ///
    /// # Errors
    /// When the proxy refuses the call, or gives what is no header map.
    fn request_headers(&self) -> Result<Headers, HostError>;

    /// Writes filter state that access logs read as
    /// `%FILTER_STATE(wasm.<name>:PLAIN)%`.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn set_filter_state(&self, name: &str, value: &[u8]) -> Result<(), HostError>;

    /// A slot of the data shared by all workers of the proxy, and by every
    /// other plugin on it: whatever comes back is to be validated.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn shared(&self, key: &[u8]) -> Result<Option<Shared>, HostError>;

    /// Writes a shared slot if `swap` holds, and tells whether it did.
    ///
    /// # Errors
    /// When the proxy refuses the call for any reason but a lost swap.
    fn set_shared(&self, key: &[u8], value: &[u8], swap: Swap) -> Result<bool, HostError>;

    /// Sends a request to a cluster of the proxy. Ask through
    /// [`Request::http_call`](crate::Request::http_call) or
    /// [`Root::http_call`](crate::Root::http_call), which see to it that the
    /// reply reaches the caller.
    ///
    /// # Errors
    /// When the proxy refuses the call; an unknown cluster is status 2.
    fn http_call(&self, call: &HttpCall<'_>) -> Result<CallId, HostError>;

    /// Sends a unary gRPC request to a cluster of the proxy, likewise.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn grpc_call(&self, call: &GrpcCall<'_>) -> Result<CallId, HostError>;

    /// The headers of the reply at hand. Only while a reply is delivered.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn reply_headers(&self) -> Result<Headers, HostError>;

    /// At most `limit` bytes of the body of the reply at hand. Only while a
    /// reply is delivered.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn reply_body(&self, limit: usize) -> Result<Vec<u8>, HostError>;

    /// Calls a foreign function of the proxy, such as `verify_signature`.
    ///
    /// # Errors
    /// Status 1 when the proxy has no such function; others as it answers.
    fn foreign_function(&self, name: &str, argument: &[u8]) -> Result<Vec<u8>, HostError>;

    /// A variable of the module's environment (Istio's `valueFrom: HOST`, Envoy's
    /// `host_env_keys`): a secret's value, which no document should hold. `None`
    /// when the operator has not given the module this one, or it is no UTF-8.
    fn environment(&self, name: &str) -> Option<String>;

    /// Defines a counter or gauge. Each call makes a new entry in the proxy, so
    /// a name is defined once and its id kept.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<MetricId, HostError>;

    /// Adds to a counter or gauge.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn add_to_metric(&self, metric: MetricId, by: i64) -> Result<(), HostError>;

    /// Sets a gauge.
    ///
    /// # Errors
    /// When the proxy refuses the call.
    fn set_metric(&self, metric: MetricId, value: u64) -> Result<(), HostError>;

    /// Whether a line of this level would be seen.
    fn logs(&self, level: Level) -> bool;

    /// Writes a line to the proxy's log. A line that cannot be written is lost.
    fn log(&self, level: Level, line: &str);
}

/// The proxy refused a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HostError {
    /// The call, such as `get_property`.
    pub call: &'static str,
    /// The status that it returned, such as 10 for an internal failure; 0 when
    /// the answer itself was malformed.
    pub status: u32,
}

impl HostError {
    /// Status of an answer that is none.
    pub const MALFORMED: u32 = 0;
    /// Status of a call to something that is not there.
    pub const NOT_FOUND: u32 = 1;
    /// Status of a call with an argument that the proxy does not take.
    pub const BAD_ARGUMENT: u32 = 2;
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            0 => write!(f, "the proxy's answer to {} is malformed", self.call),
            status => write!(f, "the proxy refused {} with status {status}", self.call),
        }
    }
}

impl std::error::Error for HostError {}

/// What a shared slot holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shared {
    /// The bytes, perhaps another plugin's.
    pub value: Vec<u8>,
    /// The version to name in [`Swap::IfUnchanged`].
    pub version: u32,
}

/// When a shared slot may be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Swap {
    /// In any case.
    Always,
    /// If nobody has written it yet.
    IfAbsent,
    /// If it still has this version.
    IfUnchanged(u32),
}

/// A request to a cluster.
#[derive(Clone, Copy, Debug)]
pub struct HttpCall<'a> {
    /// The name of a cluster that the proxy knows.
    pub cluster: &'a str,
    /// All headers; `:method`, `:path` and `:authority` are required.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, or nothing.
    pub body: &'a [u8],
    /// When the proxy gives up and delivers an empty reply.
    pub timeout: Duration,
}

const SHORTEST: Duration = Duration::from_millis(1);

impl HttpCall<'_> {
    /// With a timeout that the proxy does not take for none.
    pub(crate) fn bounded(&self) -> Self {
        Self {
            timeout: self.timeout.max(SHORTEST),
            ..*self
        }
    }
}

impl GrpcCall<'_> {
    /// With a timeout that the proxy does not take for none.
    pub(crate) fn bounded(&self) -> Self {
        Self {
            timeout: self.timeout.max(SHORTEST),
            ..*self
        }
    }
}

/// A unary gRPC request to a cluster.
#[derive(Clone, Copy, Debug)]
pub struct GrpcCall<'a> {
    /// The name of a cluster that the proxy knows.
    pub cluster: &'a str,
    /// The full service name, `envoy.service.ratelimit.v3.RateLimitService`.
    pub service: &'a str,
    /// The method name, `ShouldRateLimit`.
    pub method: &'a str,
    /// Initial metadata.
    pub metadata: &'a [(&'a str, &'a [u8])],
    /// The serialized message.
    pub message: &'a [u8],
    /// When the proxy gives up and delivers status 4 (deadline exceeded).
    pub timeout: Duration,
}

/// Names a call that is under way. An HTTP call and a gRPC call may carry the
/// same number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum CallId {
    /// Of an HTTP call.
    Http(u32),
    /// Of a gRPC call.
    Grpc(u32),
}

/// A reply to a call, or that there is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallReply {
    /// To an HTTP call. Read it with [`Services::reply_headers`] and
    /// [`Services::reply_body`].
    Http {
        /// The call.
        call: CallId,
        /// How many headers the reply has; 0 when the call failed.
        headers: usize,
        /// How many bytes its body has.
        body: usize,
    },
    /// To a gRPC call. Read it with [`Services::reply_body`].
    Grpc {
        /// The call.
        call: CallId,
        /// The gRPC status; 0 is OK.
        status: u32,
        /// How many bytes the message has.
        message: usize,
    },
}

impl CallReply {
    /// The call that it answers.
    #[must_use]
    pub fn call(self) -> CallId {
        match self {
            Self::Http { call, .. } | Self::Grpc { call, .. } => call,
        }
    }
}

/// Counter or gauge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes both ways.
    Gauge,
}

/// A metric that was defined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MetricId(pub u32);

/// How loud a log line is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// For one who follows a single request.
    Debug,
    /// What happened, such as a denial.
    Info,
    /// What an operator should look at.
    Warn,
    /// What keeps the filter from working.
    Error,
}
