//! A filter that is linked natively.

use std::collections::BTreeMap;
use std::rc::Rc;

use gatepost_host::{Action, HttpStream, Module, Plugin};

use crate::vm::Vm;
use crate::worker::Worker;

pub(crate) struct NativeVm {
    worker: Rc<Worker>,
    module: &'static Module,
    plugins: BTreeMap<u32, Rc<Plugin>>,
    streams: BTreeMap<u32, Rc<HttpStream>>,
}

impl NativeVm {
    pub(crate) fn new(worker: Rc<Worker>, module: &'static Module) -> Self {
        Self {
            worker,
            module,
            plugins: BTreeMap::new(),
            streams: BTreeMap::new(),
        }
    }
}

impl Vm for NativeVm {
    fn create_root(&mut self, root: u32) {
        self.plugins
            .insert(root, Plugin::new(Rc::clone(&self.worker) as _, self.module));
    }

    fn on_configure(&mut self, root: u32) -> bool {
        self.plugins[&root].on_configure()
    }

    fn create_stream(&mut self, stream: u32, root: u32) {
        self.streams
            .insert(stream, self.plugins[&root].open_stream(stream));
    }

    fn on_request_headers(&mut self, stream: u32, count: usize) -> bool {
        self.streams[&stream].on_request_headers(count) == Action::Continue
    }

    fn on_response_headers(&mut self, stream: u32, _count: usize) {
        self.streams[&stream].on_response_headers();
    }

    fn on_log(&mut self, stream: u32) {
        self.streams[&stream].on_end();
    }

    fn delete(&mut self, context: u32) {
        if let Some(stream) = self.streams.remove(&context) {
            stream.on_delete();
        }
        if let Some(plugin) = self.plugins.remove(&context) {
            plugin.on_delete();
        }
    }

    fn on_tick(&mut self, root: u32) {
        self.plugins[&root].on_tick();
    }

    fn on_http_reply(&mut self, root: u32, token: u32, headers: usize, body: usize) {
        self.plugins[&root].on_http_reply(token, headers, body);
    }

    fn on_grpc_receive(&mut self, root: u32, token: u32, message: usize) {
        self.plugins[&root].on_grpc_reply(token, 0, message);
    }

    fn on_grpc_close(&mut self, root: u32, token: u32, status: u32) {
        self.plugins[&root].on_grpc_reply(token, status, 0);
    }

    fn worker(&self) -> &Worker {
        &self.worker
    }

    fn memory_bytes(&mut self) -> Option<usize> {
        None
    }

    fn instructions(&mut self) -> Option<u64> {
        None
    }
}
