//! One worker's side of the ABI: the same functions serve the filter that is
//! linked natively and the compiled module.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use gatepost_host::{
    Abi, Buffer, HeaderMap, LogLevel, RawGrpcCall, RawMetricKind, RawReply, Status,
};

use crate::shared::{LogLine, Shared};
use crate::traffic::{Call, LocalReply, texts};

pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// What the proxy keeps of a request.
#[derive(Default)]
pub(crate) struct StreamState {
    pub(crate) request: Pairs,
    pub(crate) response: Pairs,
    pub(crate) properties: BTreeMap<String, Vec<u8>>,
    pub(crate) reply: Option<LocalReply>,
    pub(crate) continued: bool,
    pub(crate) writes: u32,
}

pub(crate) struct Worker {
    pub(crate) shared: Rc<Shared>,
    pub(crate) streams: RefCell<BTreeMap<u32, StreamState>>,
    pub(crate) effective: Cell<u32>,
    /// Contexts of plugins.
    pub(crate) roots: RefCell<BTreeSet<u32>>,
    pub(crate) configuration: RefCell<Vec<u8>>,
    pub(crate) vm_configuration: RefCell<Vec<u8>>,
    pub(crate) reply_headers: RefCell<Pairs>,
    pub(crate) reply_body: RefCell<Vec<u8>>,
    pub(crate) calls: RefCell<Vec<Call>>,
    pub(crate) tick: Cell<u32>,
    /// How many calls of the ABI were made here.
    pub(crate) calls_made: Cell<u32>,
    metric_names: RefCell<Vec<String>>,
}

impl Worker {
    pub(crate) fn new(shared: Rc<Shared>) -> Rc<Self> {
        Rc::new(Self {
            shared,
            streams: RefCell::default(),
            effective: Cell::default(),
            roots: RefCell::default(),
            configuration: RefCell::default(),
            vm_configuration: RefCell::default(),
            reply_headers: RefCell::default(),
            reply_body: RefCell::default(),
            calls: RefCell::default(),
            tick: Cell::default(),
            calls_made: Cell::default(),
            metric_names: RefCell::default(),
        })
    }

    /// Counts the call, and fails it if the test asked for that.
    fn enter(&self, call: &'static str) -> Result<(), Status> {
        self.calls_made.set(self.calls_made.get() + 1);
        self.shared.enter(call)
    }

    /// Runs on the request whose context is the effective one.
    fn stream<T>(&self, f: impl FnOnce(&mut StreamState) -> T) -> Result<T, Status> {
        let mut streams = self.streams.borrow_mut();
        streams
            .get_mut(&self.effective.get())
            .map(f)
            .ok_or(Status::BAD_ARGUMENT)
    }

    fn map<T>(&self, map: HeaderMap, f: impl FnOnce(&mut Pairs) -> T) -> Result<T, Status> {
        match map {
            HeaderMap::Request => self.stream(|stream| f(&mut stream.request)),
            HeaderMap::Response => self.stream(|stream| f(&mut stream.response)),
            HeaderMap::HttpReply => Ok(f(&mut self.reply_headers.borrow_mut())),
        }
    }

    pub(crate) fn write_log(&self, level: LogLevel, line: &[u8]) -> Result<(), Status> {
        self.enter("proxy_log")?;
        let text = String::from_utf8_lossy(line).into_owned();
        self.shared.log.borrow_mut().push(LogLine { level, text });
        Ok(())
    }

    pub(crate) fn clock(&self) -> Result<Duration, Status> {
        self.enter("clock_time_get")?;
        Ok(self.shared.monotonic_clock.get())
    }

    fn call(&self, call: Call, error: Status) -> Result<u32, Status> {
        let mut calls = self.calls.borrow_mut();
        if !self.shared.clusters.borrow().contains(&call.cluster) {
            return Err(error);
        }
        let token = u32::try_from(calls.len()).unwrap() + 1;
        calls.push(Call { token, ..call });
        Ok(token)
    }
}

impl Abi for Worker {
    fn log(&self, level: LogLevel, line: &[u8]) {
        // As the bindings do.
        let _ = self.write_log(level, line);
    }

    fn log_level(&self) -> Result<u32, Status> {
        self.enter("proxy_get_log_level")?;
        Ok(self.shared.log_level.get())
    }

    fn current_time(&self) -> Result<u64, Status> {
        self.enter("proxy_get_current_time_nanoseconds")?;
        Ok(u64::try_from(self.shared.wall_clock.get().as_nanos()).unwrap())
    }

    fn monotonic_time(&self) -> Duration {
        self.clock().unwrap_or_default()
    }

    fn random(&self) -> u128 {
        // The same for all: that it tells workers apart must not be needed.
        7
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.shared.environment.borrow().get(name).cloned()
    }

    fn set_tick_period(&self, milliseconds: u32) -> Result<(), Status> {
        self.enter("proxy_set_tick_period_milliseconds")?;
        self.tick.set(milliseconds);
        Ok(())
    }

    fn buffer(&self, buffer: Buffer, limit: usize) -> Result<Vec<u8>, Status> {
        self.enter("proxy_get_buffer_bytes")?;
        let bytes = match buffer {
            Buffer::PluginConfiguration => self.configuration.borrow(),
            Buffer::VmConfiguration => self.vm_configuration.borrow(),
            Buffer::HttpReply | Buffer::GrpcReply => self.reply_body.borrow(),
        };
        Ok(bytes[..limit.min(bytes.len())].to_vec())
    }

    fn header_map(&self, map: HeaderMap) -> Result<Vec<u8>, Status> {
        self.enter("proxy_get_header_map_pairs")?;
        let bytes = self.map(map, |pairs| encode(pairs))?;
        Ok(match self.shared.garble.borrow().as_ref() {
            Some(garble) => garble(bytes),
            None => bytes,
        })
    }

    fn add_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status> {
        self.enter("proxy_add_header_map_value")?;
        let _ = self.stream(|stream| stream.writes += 1);
        self.map(map, |pairs| pairs.push((name.to_vec(), value.to_vec())))
    }

    fn replace_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> Result<(), Status> {
        self.enter("proxy_replace_header_map_value")?;
        let _ = self.stream(|stream| stream.writes += 1);
        self.map(map, |pairs| {
            pairs.retain(|(known, _)| known != name);
            pairs.push((name.to_vec(), value.to_vec()));
        })
    }

    fn remove_header(&self, map: HeaderMap, name: &[u8]) -> Result<(), Status> {
        self.enter("proxy_remove_header_map_value")?;
        let _ = self.stream(|stream| stream.writes += 1);
        self.map(map, |pairs| pairs.retain(|(known, _)| known != name))
    }

    fn property(&self, path: &[u8]) -> Result<Option<Vec<u8>>, Status> {
        if let Some(absent) = absent(self.enter("proxy_get_property"))? {
            return Ok(absent);
        }
        let path = String::from_utf8_lossy(path).replace('\0', ".");
        let own = self
            .stream(|stream| stream.properties.get(&path).cloned())
            .ok()
            .flatten();
        Ok(own.or_else(|| self.shared.node.borrow().get(&path).cloned()))
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> Result<(), Status> {
        self.enter("proxy_set_property")?;
        let path = String::from_utf8_lossy(path).into_owned();
        self.stream(|stream| stream.properties.insert(path, value.to_vec()))?;
        Ok(())
    }

    fn shared_data(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Status> {
        if let Some(absent) = absent(self.enter("proxy_get_shared_data"))? {
            return Ok(absent);
        }
        Ok(self.shared.data(key))
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
        self.enter("proxy_set_shared_data")?;
        self.shared.set_data(key, value, cas)
    }

    fn http_call(
        &self,
        cluster: &[u8],
        headers: &[u8],
        body: &[u8],
        milliseconds: u32,
    ) -> Result<u32, Status> {
        self.enter("proxy_http_call")?;
        let headers = decode(headers);
        for needed in [&b":method"[..], b":path", b":authority"] {
            if !headers.iter().any(|(name, _)| name == needed) {
                return Err(Status::BAD_ARGUMENT);
            }
        }
        let cluster = String::from_utf8_lossy(cluster).into_owned();
        let body = body.to_vec();
        let call = Call {
            token: 0,
            grpc: false,
            cluster,
            headers: texts(&headers),
            body,
            milliseconds,
        };
        self.call(call, Status::BAD_ARGUMENT)
    }

    fn grpc_call(&self, call: &RawGrpcCall<'_>) -> Result<u32, Status> {
        self.enter("proxy_grpc_call")?;
        let path = [b"/", call.service, b"/", call.method].concat();
        let call = Call {
            token: 0,
            grpc: true,
            cluster: String::from_utf8_lossy(call.cluster).into_owned(),
            headers: texts(&[vec![(b":path".to_vec(), path)], decode(call.metadata)].concat()),
            body: call.message.to_vec(),
            milliseconds: call.milliseconds,
        };
        self.call(call, Status::PARSE_FAILURE)
    }

    fn define_metric(&self, _kind: RawMetricKind, name: &[u8]) -> Result<u32, Status> {
        self.enter("proxy_define_metric")?;
        // Like Envoy: a new id each time, also for a name that is known.
        let mut names = self.metric_names.borrow_mut();
        names.push(String::from_utf8_lossy(name).into_owned());
        self.shared
            .move_metric(names.last().unwrap(), |value| value);
        Ok(u32::try_from(names.len()).unwrap() - 1)
    }

    fn increment_metric(&self, metric: u32, by: i64) -> Result<(), Status> {
        self.enter("proxy_increment_metric")?;
        let names = self.metric_names.borrow();
        let name = names.get(metric as usize).ok_or(Status::NOT_FOUND)?;
        self.shared.move_metric(name, |value| value + by);
        Ok(())
    }

    fn record_metric(&self, metric: u32, value: u64) -> Result<(), Status> {
        self.enter("proxy_record_metric")?;
        let names = self.metric_names.borrow();
        let name = names.get(metric as usize).ok_or(Status::NOT_FOUND)?;
        self.shared
            .move_metric(name, |_| i64::try_from(value).unwrap());
        Ok(())
    }

    fn send_local_response(&self, reply: &RawReply<'_>) -> Result<(), Status> {
        self.enter("proxy_send_local_response")?;
        let reply = LocalReply {
            status: reply.status,
            details: String::from_utf8_lossy(reply.details).into_owned(),
            body: String::from_utf8_lossy(reply.body).into_owned(),
            headers: texts(&decode(reply.headers)),
            grpc_status: reply.grpc_status,
        };
        self.stream(|stream| {
            assert!(stream.reply.is_none(), "a request is answered once");
            stream.reply = Some(reply);
        })
    }

    fn continue_request(&self) -> Result<(), Status> {
        self.enter("proxy_continue_stream")?;
        self.stream(|stream| stream.continued = true)
    }

    fn set_effective_context(&self, context: u32) -> Result<(), Status> {
        self.enter("proxy_set_effective_context")?;
        let is_root = self.roots.borrow().contains(&context);
        if !is_root && !self.streams.borrow().contains_key(&context) {
            return Err(Status::BAD_ARGUMENT);
        }
        self.effective.set(context);
        Ok(())
    }

    fn call_foreign_function(&self, name: &[u8], argument: &[u8]) -> Result<Vec<u8>, Status> {
        self.enter("proxy_call_foreign_function")?;
        let name = String::from_utf8_lossy(name).into_owned();
        match self.shared.foreign.borrow().get(&name) {
            Some(function) => function(argument),
            None => Err(Status::NOT_FOUND),
        }
    }
}

/// Status 1 says that there is nothing, which is no error of a read.
fn absent<T>(entered: Result<(), Status>) -> Result<Option<Option<T>>, Status> {
    match entered {
        Ok(()) => Ok(None),
        Err(Status::NOT_FOUND) => Ok(Some(None)),
        Err(status) => Err(status),
    }
}

/// The ABI's form of a header map, written a second time on purpose: the test
/// must not share a mistake with the code under test.
fn encode(pairs: &Pairs) -> Vec<u8> {
    let size = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let mut bytes = size(pairs.len()).to_vec();
    for (name, value) in pairs {
        bytes.extend([size(name.len()), size(value.len())].concat());
    }
    for (name, value) in pairs {
        bytes.extend([name.as_slice(), b"\0", value, b"\0"].concat());
    }
    bytes
}

fn decode(bytes: &[u8]) -> Pairs {
    if bytes.is_empty() {
        return Pairs::new();
    }
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let count = number(0);
    let mut at = 4 + count * 8;
    let mut next = |length: usize| {
        let part = bytes[at..at + length].to_vec();
        at += length + 1;
        part
    };
    (0..count)
        .map(|i| (next(number(4 + i * 8)), next(number(8 + i * 8))))
        .collect()
}
