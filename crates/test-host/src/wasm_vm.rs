//! A compiled module, in wasmtime.
//!
//! The import functions move bytes between the module's memory and the
//! worker's ABI functions, which the native filter uses too.

mod guest;
mod proxy;
mod wasi;

use std::rc::Rc;

use wasmtime::{
    Config, Engine, Instance, Linker, Module, Store, TypedFunc, WasmParams, WasmResults,
};

use crate::vm::Vm;
use crate::worker::Worker;
use proxy::define_proxy;
use wasi::define_wasi;

/// `FilterHeadersStatus::StopAllIterationAndWatermark` of Envoy: headers, body and
/// trailers are held.
const STOP_ALL: u32 = 4;

pub(crate) struct WasmVm {
    worker: Rc<Worker>,
    store: Store<Rc<Worker>>,
    instance: Instance,
    is_metered: bool,
}

/// A module, compiled once for all its VMs.
#[derive(Clone)]
pub(crate) struct Compiled {
    module: Module,
    is_metered: bool,
}

impl Compiled {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self::with_engine(&Engine::default(), bytes, false)
    }

    /// One whose VMs count the instructions that they run, as wasmtime's fuel.
    pub(crate) fn metered(bytes: &[u8]) -> Self {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).expect("fuel needs nothing of the machine");
        Self::with_engine(&engine, bytes, true)
    }

    fn with_engine(engine: &Engine, bytes: &[u8], is_metered: bool) -> Self {
        Self {
            module: Module::new(engine, bytes).expect("the module compiles"),
            is_metered,
        }
    }
}

/// What a metered VM starts with: it never runs dry.
const FUEL: u64 = u64::MAX;

impl WasmVm {
    pub(crate) fn new(worker: Rc<Worker>, compiled: &Compiled) -> Self {
        let engine = compiled.module.engine();
        let mut store = Store::new(engine, Rc::clone(&worker));
        if compiled.is_metered {
            store.set_fuel(FUEL).expect("the engine meters");
        }
        let mut linker = Linker::new(engine);
        define_proxy(&mut linker);
        define_wasi(&mut linker);
        let instance = linker
            .instantiate(&mut store, &compiled.module)
            .expect("the module's imports exist");
        let mut vm = Self {
            worker,
            store,
            instance,
            is_metered: compiled.is_metered,
        };
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
}

impl Vm for WasmVm {
    fn create_root(&mut self, root: u32) {
        self.worker.roots.borrow_mut().insert(root);
        self.call::<_, ()>("proxy_on_context_create", (root, 0_u32))
            .expect("is exported");
        self.call::<_, u32>("proxy_on_vm_start", (root, 0_u32))
            .expect("is exported");
    }

    fn on_configure(&mut self, root: u32) -> bool {
        let size = u32::try_from(self.worker.configuration.borrow().len()).unwrap();
        self.call::<_, u32>("proxy_on_configure", (root, size))
            .expect("is exported")
            != 0
    }

    fn create_stream(&mut self, stream: u32, root: u32) {
        self.call::<_, ()>("proxy_on_context_create", (stream, root))
            .expect("is exported");
    }

    fn on_request_headers(&mut self, stream: u32, count: usize) -> bool {
        let count = u32::try_from(count).unwrap();
        let arguments = (stream, count, 0_u32);
        match self.call::<_, u32>("proxy_on_request_headers", arguments) {
            Some(0) | None => true,
            Some(STOP_ALL) => false,
            Some(other) => panic!("status {other} may let the body go on"),
        }
    }

    fn on_response_headers(&mut self, stream: u32, count: usize) {
        let count = u32::try_from(count).unwrap();
        self.call::<_, u32>("proxy_on_response_headers", (stream, count, 0_u32));
    }

    fn on_log(&mut self, stream: u32) {
        self.call::<_, ()>("proxy_on_log", stream);
    }

    fn delete(&mut self, context: u32) {
        self.call::<_, ()>("proxy_on_delete", context);
        self.worker.roots.borrow_mut().remove(&context);
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

    fn memory_bytes(&mut self) -> Option<usize> {
        let memory = self.instance.get_memory(&mut self.store, "memory")?;
        Some(memory.data_size(&self.store))
    }

    fn instructions(&mut self) -> Option<u64> {
        self.is_metered
            .then(|| FUEL - self.store.get_fuel().expect("the engine meters"))
    }
}
