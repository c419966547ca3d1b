//! A compiled module, in wasmtime.
//!
//! The import functions move bytes between the module's memory and the
//! worker's ABI functions, which the native filter uses too.

use std::rc::Rc;

use gatepost_host::{
    Abi, Buffer, HeaderMap, LogLevel, RawGrpcCall, RawMetricKind, RawReply, Status,
};
use wasmtime::{
    Caller, Engine, Extern, Instance, IntoFunc, Linker, Memory, Module, Store, TypedFunc,
    WasmParams, WasmResults,
};

use crate::vm::Vm;
use crate::worker::Worker;

pub(crate) struct WasmVm {
    worker: Rc<Worker>,
    store: Store<Rc<Worker>>,
    instance: Instance,
}

/// A module, compiled once for all its VMs.
#[derive(Clone)]
pub(crate) struct Compiled(Module);

impl Compiled {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Module::new(&Engine::default(), bytes).expect("the module compiles"))
    }
}

impl WasmVm {
    pub(crate) fn new(worker: Rc<Worker>, module: &Compiled) -> Self {
        let engine = module.0.engine();
        let mut store = Store::new(engine, Rc::clone(&worker));
        let mut linker = Linker::new(engine);
        define_proxy(&mut linker);
        define_wasi(&mut linker);
        let instance = linker.instantiate(&mut store, &module.0).expect("the module's imports exist");
        let mut vm = Self { worker, store, instance };
        vm.call::<(), ()>("_initialize", ());
        vm
    }

    /// Calls a callback if the module has it.
    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, arguments: P) -> Option<R> {
        let function: TypedFunc<P, R> = self.instance.get_typed_func(&mut self.store, name).ok()?;
        match function.call(&mut self.store, arguments) {
            Ok(result) => Some(result),
            Err(trap) => panic!("{name} trapped: {trap:?}"),
        }
    }

    /// Status 0 is Continue; so is a callback that is not there.
    fn continues<P: WasmParams>(&mut self, name: &str, arguments: P) -> bool {
        self.call::<P, u32>(name, arguments).unwrap_or(0) == 0
    }
}

impl Vm for WasmVm {
    fn create_root(&mut self, root: u32) {
        self.call::<_, ()>("proxy_on_context_create", (root, 0_u32)).expect("is exported");
        self.call::<_, u32>("proxy_on_vm_start", (root, 0_u32)).expect("is exported");
    }

    fn on_configure(&mut self, root: u32) -> bool {
        let size = u32::try_from(self.worker.configuration.borrow().len()).unwrap();
        self.call::<_, u32>("proxy_on_configure", (root, size)).expect("is exported") != 0
    }

    fn create_stream(&mut self, stream: u32, root: u32) {
        self.call::<_, ()>("proxy_on_context_create", (stream, root)).expect("is exported");
    }

    fn on_request_headers(&mut self, stream: u32, count: usize) -> bool {
        let count = u32::try_from(count).unwrap();
        self.continues("proxy_on_request_headers", (stream, count, 0_u32))
    }

    fn on_request_body(&mut self, stream: u32) -> bool {
        self.continues("proxy_on_request_body", (stream, 1_u32, 1_u32))
    }

    fn on_request_trailers(&mut self, stream: u32) -> bool {
        self.continues("proxy_on_request_trailers", (stream, 1_u32))
    }

    fn on_response_headers(&mut self, stream: u32, count: usize) {
        let count = u32::try_from(count).unwrap();
        self.continues("proxy_on_response_headers", (stream, count, 0_u32));
    }

    fn on_log(&mut self, stream: u32) {
        self.call::<_, ()>("proxy_on_log", stream);
    }

    fn delete(&mut self, context: u32) {
        self.call::<_, ()>("proxy_on_delete", context).expect("is exported");
    }

    fn on_tick(&mut self, root: u32) {
        self.call::<_, ()>("proxy_on_tick", root);
    }

    fn on_http_reply(&mut self, root: u32, token: u32, headers: usize, body: usize) {
        let size = |size: usize| u32::try_from(size).unwrap();
        let arguments = (root, token, size(headers), size(body), 0_u32);
        self.call::<_, ()>("proxy_on_http_call_response", arguments);
    }

    fn on_grpc_receive(&mut self, root: u32, token: u32, message: usize) {
        let message = u32::try_from(message).unwrap();
        self.call::<_, ()>("proxy_on_grpc_receive", (root, token, message));
    }

    fn on_grpc_close(&mut self, root: u32, token: u32, status: u32) {
        self.call::<_, ()>("proxy_on_grpc_close", (root, token, status));
    }

    fn worker(&self) -> &Worker {
        &self.worker
    }
}

/// The module's memory during an import call.
struct Guest<'a, 'b> {
    caller: &'a mut Caller<'b, Rc<Worker>>,
    memory: Memory,
}

impl<'a, 'b> Guest<'a, 'b> {
    fn new(caller: &'a mut Caller<'b, Rc<Worker>>) -> Self {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
            panic!("the module exports no memory");
        };
        Self { caller, memory }
    }

    fn bytes(&self, at: u32, size: u32) -> Vec<u8> {
        let (at, size) = (at as usize, size as usize);
        self.memory.data(&self.caller)[at..at + size].to_vec()
    }

    fn write(&mut self, at: u32, bytes: &[u8]) {
        self.memory.write(&mut self.caller, at as usize, bytes).expect("a valid pointer");
    }

    fn number(&mut self, at: u32, number: Result<u32, Status>) -> u32 {
        self.returning(number, |guest, number| guest.write(at, &number.to_le_bytes()))
    }

    /// Gives bytes to the module, in memory that its own allocator made.
    fn give(&mut self, data_at: u32, size_at: u32, bytes: &[u8]) {
        let size = u32::try_from(bytes.len()).unwrap();
        let allocate = self.caller.get_export("proxy_on_memory_allocate");
        let allocate = allocate.and_then(Extern::into_func).expect("is exported");
        let allocate = allocate.typed::<u32, u32>(&self.caller).expect("takes a size");
        let data = allocate.call(&mut self.caller, size).expect("allocates");
        self.write(data, bytes);
        self.write(data_at, &data.to_le_bytes());
        self.write(size_at, &size.to_le_bytes());
    }

    fn returning<T>(&mut self, result: Result<T, Status>, give: impl FnOnce(&mut Self, T)) -> u32 {
        match result {
            Ok(value) => {
                give(self, value);
                0
            }
            Err(Status(status)) => status,
        }
    }
}

fn status(result: Result<(), Status>) -> u32 {
    result.map_or_else(|Status(status)| status, |()| 0)
}

fn present<T>(result: Result<Option<T>, Status>) -> Result<T, Status> {
    result.and_then(|value| value.ok_or(Status::NOT_FOUND))
}

fn env<P, R>(linker: &mut Linker<Rc<Worker>>, name: &str, f: impl IntoFunc<Rc<Worker>, P, R>) {
    linker.func_wrap("env", name, f).expect("a name is defined once");
}

type Host<'a> = Caller<'a, Rc<Worker>>;

fn define_proxy(linker: &mut Linker<Rc<Worker>>) {
    env(linker, "proxy_log", |mut caller: Host<'_>, level: u32, at: u32, size: u32| {
        let line = Guest::new(&mut caller).bytes(at, size);
        let level = match level {
            0 | 1 => LogLevel::Debug,
            2 => LogLevel::Info,
            3 => LogLevel::Warn,
            _ => LogLevel::Error,
        };
        caller.data().log(level, &line);
        0_u32
    });
    env(linker, "proxy_get_log_level", |mut caller: Host<'_>, at: u32| {
        let level = caller.data().log_level();
        Guest::new(&mut caller).number(at, level)
    });
    env(linker, "proxy_get_current_time_nanoseconds", |mut caller: Host<'_>, at: u32| {
        let time = caller.data().current_time();
        Guest::new(&mut caller).returning(time, |guest, time| guest.write(at, &time.to_le_bytes()))
    });
    env(linker, "proxy_set_tick_period_milliseconds", |caller: Host<'_>, period: u32| {
        status(caller.data().set_tick_period(period))
    });
    env(
        linker,
        "proxy_get_buffer_bytes",
        |mut caller: Host<'_>, kind: u32, _start: u32, limit: u32, data: u32, size: u32| {
            let kind = match kind {
                4 => Buffer::HttpReply,
                5 => Buffer::GrpcReply,
                6 => Buffer::VmConfiguration,
                7 => Buffer::PluginConfiguration,
                _ => return Status::BAD_ARGUMENT.0,
            };
            let bytes = caller.data().buffer(kind, limit as usize);
            Guest::new(&mut caller).returning(bytes, |guest, bytes| guest.give(data, size, &bytes))
        },
    );
    env(
        linker,
        "proxy_get_header_map_pairs",
        |mut caller: Host<'_>, map: u32, data: u32, size: u32| {
            let Some(map) = header_map(map) else { return Status::BAD_ARGUMENT.0 };
            let bytes = caller.data().header_map(map);
            Guest::new(&mut caller).returning(bytes, |guest, bytes| guest.give(data, size, &bytes))
        },
    );
    env(
        linker,
        "proxy_replace_header_map_value",
        |mut caller: Host<'_>, map: u32, name: u32, name_size: u32, value: u32, value_size: u32| {
            let Some(map) = header_map(map) else { return Status::BAD_ARGUMENT.0 };
            let guest = Guest::new(&mut caller);
            let (name, value) = (guest.bytes(name, name_size), guest.bytes(value, value_size));
            status(caller.data().replace_header(map, &name, &value))
        },
    );
    env(
        linker,
        "proxy_remove_header_map_value",
        |mut caller: Host<'_>, map: u32, name: u32, name_size: u32| {
            let Some(map) = header_map(map) else { return Status::BAD_ARGUMENT.0 };
            let name = Guest::new(&mut caller).bytes(name, name_size);
            status(caller.data().remove_header(map, &name))
        },
    );
    env(
        linker,
        "proxy_get_property",
        |mut caller: Host<'_>, path: u32, path_size: u32, data: u32, size: u32| {
            let path = Guest::new(&mut caller).bytes(path, path_size);
            let value = present(caller.data().property(&path));
            Guest::new(&mut caller).returning(value, |guest, value| guest.give(data, size, &value))
        },
    );
    env(
        linker,
        "proxy_set_property",
        |mut caller: Host<'_>, path: u32, path_size: u32, value: u32, value_size: u32| {
            let guest = Guest::new(&mut caller);
            let (path, value) = (guest.bytes(path, path_size), guest.bytes(value, value_size));
            status(caller.data().set_property(&path, &value))
        },
    );
    define_shared_data(linker);
    define_calls(linker);
    define_metrics(linker);
    define_stream(linker);
}

fn define_shared_data(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_get_shared_data",
        |mut caller: Host<'_>, key: u32, key_size: u32, data: u32, size: u32, cas_at: u32| {
            let key = Guest::new(&mut caller).bytes(key, key_size);
            let value = present(caller.data().shared_data(&key));
            Guest::new(&mut caller).returning(value, |guest, (value, cas)| {
                guest.give(data, size, &value);
                guest.write(cas_at, &cas.to_le_bytes());
            })
        },
    );
    env(
        linker,
        "proxy_set_shared_data",
        |mut caller: Host<'_>, key: u32, key_size: u32, value: u32, value_size: u32, cas: u32| {
            let guest = Guest::new(&mut caller);
            let (key, value) = (guest.bytes(key, key_size), guest.bytes(value, value_size));
            status(caller.data().set_shared_data(&key, &value, cas))
        },
    );
}

fn define_calls(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_http_call",
        |mut caller: Host<'_>,
         cluster: u32,
         cluster_size: u32,
         headers: u32,
         headers_size: u32,
         body: u32,
         body_size: u32,
         _trailers: u32,
         _trailers_size: u32,
         timeout: u32,
         token: u32| {
            let guest = Guest::new(&mut caller);
            let cluster = guest.bytes(cluster, cluster_size);
            let headers = guest.bytes(headers, headers_size);
            let body = guest.bytes(body, body_size);
            let call = caller.data().http_call(&cluster, &headers, &body, timeout);
            Guest::new(&mut caller).number(token, call)
        },
    );
    env(
        linker,
        "proxy_grpc_call",
        |mut caller: Host<'_>,
         cluster: u32,
         cluster_size: u32,
         service: u32,
         service_size: u32,
         method: u32,
         method_size: u32,
         metadata: u32,
         metadata_size: u32,
         message: u32,
         message_size: u32,
         timeout: u32,
         token: u32| {
            let guest = Guest::new(&mut caller);
            let cluster = guest.bytes(cluster, cluster_size);
            let service = guest.bytes(service, service_size);
            let method = guest.bytes(method, method_size);
            let metadata = guest.bytes(metadata, metadata_size);
            let message = guest.bytes(message, message_size);
            let call = caller.data().grpc_call(&RawGrpcCall {
                cluster: &cluster,
                service: &service,
                method: &method,
                metadata: &metadata,
                message: &message,
                milliseconds: timeout,
            });
            Guest::new(&mut caller).number(token, call)
        },
    );
    env(
        linker,
        "proxy_call_foreign_function",
        |mut caller: Host<'_>,
         name: u32,
         name_size: u32,
         argument: u32,
         argument_size: u32,
         data: u32,
         size: u32| {
            let guest = Guest::new(&mut caller);
            let (name, argument) =
                (guest.bytes(name, name_size), guest.bytes(argument, argument_size));
            let result = caller.data().call_foreign_function(&name, &argument);
            Guest::new(&mut caller)
                .returning(result, |guest, result| guest.give(data, size, &result))
        },
    );
}

fn define_metrics(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_define_metric",
        |mut caller: Host<'_>, kind: u32, name: u32, name_size: u32, metric: u32| {
            let kind = if kind == 0 { RawMetricKind::Counter } else { RawMetricKind::Gauge };
            let name = Guest::new(&mut caller).bytes(name, name_size);
            let id = caller.data().define_metric(kind, &name);
            Guest::new(&mut caller).number(metric, id)
        },
    );
    env(linker, "proxy_increment_metric", |caller: Host<'_>, metric: u32, by: i64| {
        status(caller.data().increment_metric(metric, by))
    });
    env(linker, "proxy_record_metric", |caller: Host<'_>, metric: u32, value: u64| {
        status(caller.data().record_metric(metric, value))
    });
}

fn define_stream(linker: &mut Linker<Rc<Worker>>) {
    env(
        linker,
        "proxy_send_local_response",
        |mut caller: Host<'_>,
         code: u32,
         details: u32,
         details_size: u32,
         body: u32,
         body_size: u32,
         headers: u32,
         headers_size: u32,
         grpc_status: i32| {
            let guest = Guest::new(&mut caller);
            let details = guest.bytes(details, details_size);
            let body = guest.bytes(body, body_size);
            let headers = guest.bytes(headers, headers_size);
            status(caller.data().send_local_response(&RawReply {
                status: code,
                details: &details,
                body: &body,
                headers: &headers,
                grpc_status,
            }))
        },
    );
    env(linker, "proxy_continue_stream", |caller: Host<'_>, _stream: u32| {
        status(caller.data().continue_request())
    });
    env(linker, "proxy_set_effective_context", |caller: Host<'_>, context: u32| {
        status(caller.data().set_effective_context(context))
    });
}

/// WASI as far as a module uses it: a clock, and a place for a panic's text.
fn define_wasi(linker: &mut Linker<Rc<Worker>>) {
    const WASI: &str = "wasi_snapshot_preview1";
    const NOT_SUPPORTED: u32 = 58;
    let time = |mut caller: Host<'_>, _clock: u32, _precision: u64, at: u32| {
        let time = caller.data().monotonic_time();
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap();
        Guest::new(&mut caller).write(at, &nanoseconds.to_le_bytes());
        0_u32
    };
    linker.func_wrap(WASI, "clock_time_get", time).unwrap();
    let write = |mut caller: Host<'_>, _fd: u32, parts: u32, count: u32, written: u32| {
        let mut guest = Guest::new(&mut caller);
        let mut text = Vec::new();
        for part in 0..count {
            let part = guest.bytes(parts + part * 8, 8);
            let at = u32::from_le_bytes(part[..4].try_into().unwrap());
            let size = u32::from_le_bytes(part[4..].try_into().unwrap());
            text.extend(guest.bytes(at, size));
        }
        let size = u32::try_from(text.len()).unwrap();
        guest.write(written, &size.to_le_bytes());
        caller.data().log(LogLevel::Error, &text);
        0_u32
    };
    linker.func_wrap(WASI, "fd_write", write).unwrap();
    let sizes = |mut caller: Host<'_>, count: u32, size: u32| {
        let mut guest = Guest::new(&mut caller);
        guest.write(count, &[0; 4]);
        guest.write(size, &[0; 4]);
        0_u32
    };
    linker.func_wrap(WASI, "environ_sizes_get", sizes).unwrap();
    linker.func_wrap(WASI, "environ_get", |_: u32, _: u32| 0_u32).unwrap();
    let random = |mut caller: Host<'_>, at: u32, size: u32| {
        // The same every time: a test is repeatable.
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        Guest::new(&mut caller).write(at, &bytes);
        0_u32
    };
    linker.func_wrap(WASI, "random_get", random).unwrap();
    linker.func_wrap(WASI, "proc_exit", |_: u32| -> () { panic!("the module exits") }).unwrap();
    linker.func_wrap(WASI, "fd_close", |_: u32| NOT_SUPPORTED).unwrap();
    linker.func_wrap(WASI, "fd_fdstat_get", |_: u32, _: u32| NOT_SUPPORTED).unwrap();
    linker.func_wrap(WASI, "fd_prestat_get", |_: u32, _: u32| NOT_SUPPORTED).unwrap();
    linker.func_wrap(WASI, "fd_seek", |_: u32, _: u64, _: u32, _: u32| NOT_SUPPORTED).unwrap();
}

fn header_map(map: u32) -> Option<HeaderMap> {
    match map {
        0 => Some(HeaderMap::Request),
        2 => Some(HeaderMap::Response),
        6 => Some(HeaderMap::HttpReply),
        _ => None,
    }
}
