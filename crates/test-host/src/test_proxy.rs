//! A proxy with workers, and requests sent through it.

mod control;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::code::Code;
use crate::shared::Shared;
use crate::traffic::{Call, Headers, LocalReply, RequestParts, Verdict, texts};
use crate::vm::Vm;
use crate::worker::{Pairs, StreamState, Worker};

/// A proxy that runs one plugin on every worker.
pub struct TestProxy {
    code: Code,
    shared: Rc<Shared>,
    configuration: Vec<u8>,
    vm_configuration: Vec<u8>,
    workers: Vec<Box<dyn Vm>>,
    /// The context of the plugin in every worker's VM.
    root: u32,
    next_id: u32,
}

/// The first context of a VM.
const ROOT: u32 = 1;

/// A request that was sent, by worker and context.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sent {
    worker: usize,
    id: u32,
}

impl TestProxy {
    /// A proxy with two workers and no plugin yet.
    #[must_use]
    pub fn new(code: &Code) -> Self {
        Self {
            code: code.clone(),
            shared: Rc::new(Shared::new()),
            configuration: Vec::new(),
            vm_configuration: Vec::new(),
            workers: Vec::new(),
            root: ROOT,
            next_id: ROOT,
        }
    }

    /// A proxy that runs the plugin with `document`.
    ///
    /// # Panics
    /// When the plugin refuses it.
    #[must_use]
    pub fn with_document(code: &Code, document: &str) -> Self {
        let mut proxy = Self::new(code);
        assert!(proxy.configure(document), "refused: {:?}", proxy.log());
        proxy
    }

    /// Gives the plugin its configuration, as Envoy does: a canary VM loads it
    /// and dies, then the main thread and two workers. If the canary refuses,
    /// the workers keep what they had. Tells whether it was taken.
    pub fn configure(&mut self, document: &str) -> bool {
        self.configuration = document.as_bytes().to_vec();
        if self.load().is_none() {
            return false;
        }
        let workers: Option<Vec<_>> = (0..2).map(|_| self.load()).collect();
        match workers {
            Some(workers) => self.workers = workers,
            None => return false,
        }
        self.root = ROOT;
        true
    }

    /// Gives the plugin a new configuration in the VMs that it has, as Envoy does
    /// when only the plugin's configuration changes: a second root context is
    /// configured, and the first one is deleted if that was taken.
    pub fn reconfigure_in_place(&mut self, document: &str) -> bool {
        self.next_id += 1;
        let root = self.next_id;
        for vm in &mut self.workers {
            vm.worker()
                .configuration
                .replace(document.as_bytes().to_vec());
            vm.worker().effective.set(root);
            vm.create_root(root);
            if !vm.on_configure(root) {
                vm.delete(root);
                return false;
            }
        }
        for vm in &mut self.workers {
            vm.delete(self.root);
        }
        self.root = root;
        true
    }

    /// Gives the plugin its document in the place of the VM's configuration.
    pub fn configure_vm(&mut self, document: &str) -> bool {
        self.vm_configuration = document.as_bytes().to_vec();
        self.configure("")
    }

    /// Adds the plugin although it refused its configuration, as Envoy does at
    /// its first start with `failure_policy: FAIL_CLOSED` relaxed: every request
    /// must be refused.
    pub fn force_unconfigured(&mut self) {
        let worker = Worker::new(Rc::clone(&self.shared));
        let mut vm = self.code.vm(worker);
        vm.create_root(ROOT);
        self.workers = vec![vm];
        self.root = ROOT;
    }

    fn load(&self) -> Option<Box<dyn Vm>> {
        let worker = Worker::new(Rc::clone(&self.shared));
        worker.configuration.replace(self.configuration.clone());
        worker
            .vm_configuration
            .replace(self.vm_configuration.clone());
        let mut vm = self.code.vm(worker);
        vm.create_root(ROOT);
        vm.on_configure(ROOT).then_some(vm)
    }

    /// Sends a request's headers through the first worker.
    pub fn send(&mut self, request: &RequestParts) -> Sent {
        self.send_to(0, request)
    }

    /// Sends a request's headers through a worker.
    pub fn send_to(&mut self, worker: usize, request: &RequestParts) -> Sent {
        self.next_id += 1;
        let id = self.next_id;
        let state = StreamState {
            request: request.headers.clone(),
            properties: request.properties.clone(),
            ..StreamState::default()
        };
        let vm = &mut self.workers[worker];
        vm.worker().streams.borrow_mut().insert(id, state);
        vm.worker().effective.set(id);
        vm.create_stream(id, self.root);
        let continues = vm.on_request_headers(id, request.headers.len());
        vm.worker()
            .streams
            .borrow_mut()
            .get_mut(&id)
            .unwrap()
            .continued |= continues;
        Sent { worker, id }
    }

    /// Sends a request and tells what became of it at once.
    pub fn judge(&mut self, request: &RequestParts) -> Verdict {
        let sent = self.send(request);
        self.verdict(sent)
    }

    /// Sends a request and gives the reply to it.
    ///
    /// # Panics
    /// When it is not replied to.
    pub fn refused(&mut self, request: &RequestParts) -> LocalReply {
        match self.judge(request) {
            Verdict::Replied(reply) => reply,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Sends a request and gives the headers with which it passed.
    ///
    /// # Panics
    /// When it did not pass.
    pub fn passed(&mut self, request: &RequestParts) -> Headers {
        match self.judge(request) {
            Verdict::Passed(headers) => headers,
            other => panic!("did not pass: {other:?}"),
        }
    }

    /// What became of a request.
    #[must_use]
    pub fn verdict(&self, sent: Sent) -> Verdict {
        self.with(sent, |stream| match &stream.reply {
            Some(reply) => Verdict::Replied(reply.clone()),
            None if stream.continued => Verdict::Passed(texts(&stream.request)),
            None => Verdict::Held,
        })
    }

    /// Whether what comes behind the headers, body and trailers, goes on. While
    /// a request is held or refused it does not, and no callback sees it.
    #[must_use]
    pub fn passes_the_rest(&self, sent: Sent) -> bool {
        self.with(sent, |stream| stream.continued && stream.reply.is_none())
    }

    /// Passes response headers back; gives them as the client gets them.
    pub fn respond(&mut self, sent: Sent, headers: &[(&str, &str)]) -> Headers {
        let pairs: Pairs = headers
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        let vm = self.enter(sent);
        vm.worker()
            .streams
            .borrow_mut()
            .get_mut(&sent.id)
            .unwrap()
            .response = pairs;
        vm.on_response_headers(sent.id, headers.len());
        self.with(sent, |stream| texts(&stream.response))
    }

    /// Ends a request.
    pub fn end(&mut self, sent: Sent) {
        let vm = self.enter(sent);
        vm.on_log(sent.id);
        vm.delete(sent.id);
        vm.worker().streams.borrow_mut().remove(&sent.id);
    }

    /// A property or filter state of a request, by its path with dots.
    #[must_use]
    pub fn property(&self, sent: Sent, path: &str) -> Option<String> {
        self.with(sent, |stream| {
            stream
                .properties
                .get(path)
                .map(|value| String::from_utf8_lossy(value).into_owned())
        })
    }

    /// All properties and filter state of a request, by their paths with dots.
    #[must_use]
    pub fn properties(&self, sent: Sent) -> BTreeMap<String, String> {
        self.with(sent, |stream| {
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            stream
                .properties
                .iter()
                .map(|(path, value)| (path.clone(), text(value)))
                .collect()
        })
    }

    /// How many header writes a request cost.
    #[must_use]
    pub fn header_writes(&self, sent: Sent) -> u32 {
        self.with(sent, |stream| stream.writes)
    }

    /// The calls that a worker made.
    #[must_use]
    pub fn calls(&self, worker: usize) -> Vec<Call> {
        self.workers[worker].worker().calls.borrow().clone()
    }

    /// Answers an HTTP call; no headers is a call that failed.
    pub fn reply(&mut self, worker: usize, token: u32, headers: &[(&str, &str)], body: &[u8]) {
        let vm = &mut self.workers[worker];
        let pairs: Pairs = headers
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        vm.worker().reply_headers.replace(pairs);
        vm.worker().reply_body.replace(body.to_vec());
        vm.worker().effective.set(self.root);
        vm.on_http_reply(self.root, token, headers.len(), body.len());
    }

    /// Answers a gRPC call with a message, or with a status other than 0.
    pub fn reply_grpc(&mut self, worker: usize, token: u32, answer: Result<&[u8], u32>) {
        let vm = &mut self.workers[worker];
        vm.worker().effective.set(self.root);
        match answer {
            Ok(message) => {
                vm.worker().reply_body.replace(message.to_vec());
                vm.on_grpc_receive(self.root, token, message.len());
            }
            Err(status) => vm.on_grpc_close(self.root, token, status),
        }
    }

    /// Ticks every worker, whatever its timer says.
    pub fn tick(&mut self) {
        for vm in &mut self.workers {
            vm.worker().effective.set(self.root);
            vm.on_tick(self.root);
        }
    }

    /// The period of a worker's timer; zero when it is off.
    #[must_use]
    pub fn tick_period(&self, worker: usize) -> Duration {
        Duration::from_millis(u64::from(self.workers[worker].worker().tick.get()))
    }

    /// Lets time pass, on both clocks.
    pub fn advance(&mut self, by: Duration) {
        self.shared
            .monotonic_clock
            .set(self.shared.monotonic_clock.get() + by);
        self.shared
            .wall_clock
            .set(self.shared.wall_clock.get() + by);
    }

    /// Sets the wall clock, forward or back.
    pub fn set_wall_clock(&mut self, since_epoch: Duration) {
        self.shared.wall_clock.set(since_epoch);
    }

    fn enter(&mut self, sent: Sent) -> &mut Box<dyn Vm> {
        let vm = &mut self.workers[sent.worker];
        vm.worker().effective.set(sent.id);
        vm
    }

    fn with<T>(&self, sent: Sent, f: impl FnOnce(&StreamState) -> T) -> T {
        f(&self.workers[sent.worker].worker().streams.borrow()[&sent.id])
    }
}
