//! A plugin: one configuration of the module on one worker, the ABI's root
//! context.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use gatepost_filter::{
    CallId, CallReply, Chain, Event, Level, Outcome, Services, SharedChain, SortedMap, Stream,
    WaitFor, Wakes,
};

use crate::abi::{Abi, Buffer, Status};
use crate::carrier::{Carrier, refuse_unconfigured};
use crate::http_stream::{Action, HttpStream};
use crate::module::Module;
use crate::proxy::Proxy;

/// A root context.
pub struct Plugin {
    pub(crate) abi: Rc<dyn Abi>,
    module: &'static Module,
    chain: RefCell<Option<SharedChain>>,
    waiting: RefCell<SortedMap<u32, Waiting>>,
    calls: RefCell<SortedMap<CallId, u32>>,
    tick_milliseconds: Cell<u32>,
}

/// A request that is held.
struct Waiting {
    stream: Rc<HttpStream>,
    until: Duration,
    call: Option<CallId>,
}

/// How often deadlines of waiting requests are looked at.
const WATCH: Duration = Duration::from_millis(50);

/// The most requests that wait on one worker; a further one is refused at once.
const MOST_WAITING: usize = 4096;

/// The longest configuration document, in bytes.
const LONGEST_DOCUMENT: usize = 64 * 1024 * 1024;

impl Plugin {
    /// A plugin that has not been configured: it refuses every request.
    #[must_use]
    pub fn new(abi: Rc<dyn Abi>, module: &'static Module) -> Rc<Self> {
        Rc::new(Self {
            abi,
            module,
            chain: RefCell::default(),
            waiting: RefCell::default(),
            calls: RefCell::default(),
            tick_milliseconds: Cell::default(),
        })
    }

    /// `proxy_on_configure`: loads the document; false refuses the
    /// configuration, and the log says why.
    #[must_use]
    pub fn on_configure(&self) -> bool {
        let proxy = Proxy::new(self.abi.as_ref());
        let start = proxy.monotonic_clock();
        let document = match self.document() {
            Ok(document) => document,
            Err(status) => {
                let line = format!(
                    "configuration refused: it cannot be read (status {})",
                    status.0
                );
                proxy.log(Level::Error, &line);
                return false;
            }
        };
        let chain = match Chain::load(self.module.kinds, &document, &proxy) {
            Ok(chain) => chain,
            Err(problems) => {
                proxy.log(Level::Error, &format!("configuration refused: {problems}"));
                return false;
            }
        };
        let former = self.chain.replace(Some(Rc::new(chain)));
        if self.tune_timer().is_err() {
            self.chain.replace(former);
            proxy.log(
                Level::Error,
                "configuration refused: the proxy gives no timer",
            );
            return false;
        }
        if let Some(former) = former {
            former.on_close(&proxy);
        }
        if proxy.logs(Level::Info) {
            let took = proxy.monotonic_clock().saturating_sub(start).as_millis();
            proxy.log(Level::Info, &format!("configured in {took} ms"));
        }
        true
    }

    pub(crate) fn keeps_requests(&self) -> bool {
        self.module.phases().keep_requests()
    }

    /// `proxy_on_request_headers` for a request of which nothing is kept, unless it
    /// waits.
    pub(crate) fn on_request_headers(self: &Rc<Self>, id: u32, count: usize) -> Action {
        let Some(chain) = self.chain_or_refusal() else {
            return Action::Pause;
        };
        let proxy = Proxy::new(self.abi.as_ref());
        let mut stream = chain.admit(count, &proxy);
        match chain.on_request(&mut stream, &proxy) {
            Outcome::Wait => HttpStream::judged(id, self, chain, stream).wait(&proxy),
            outcome => {
                let carrier = Carrier {
                    plugin: self,
                    chain: &chain,
                    proxy: &proxy,
                    holder: None,
                };
                carrier.carry_out(&mut stream, outcome)
            }
        }
    }

    /// The chain that is to judge a request. Without one the request is refused, and
    /// nothing is left to be done.
    pub(crate) fn chain_or_refusal(&self) -> Option<SharedChain> {
        let chain = self.chain();
        if chain.is_none() {
            refuse_unconfigured(self.abi.as_ref());
        }
        chain
    }

    /// `proxy_on_tick`: periods and deadlines.
    pub fn on_tick(&self) {
        let Some(chain) = self.chain() else { return };
        let proxy = Proxy::new(self.abi.as_ref());
        for wakes in chain.on_tick(&proxy) {
            self.wake(&wakes);
        }
        let now = proxy.monotonic_clock();
        let late: Vec<u32> = self.ids(|waiting| waiting.until <= now);
        for id in late {
            self.resume(id, |chain, stream, services| {
                chain.give_up(stream, services)
            });
        }
        let _ = self.tune_timer();
    }

    /// `proxy_on_delete` for a plugin.
    pub fn on_delete(&self) {
        if let Some(chain) = self.chain.take() {
            chain.on_close(&Proxy::new(self.abi.as_ref()));
        }
        self.waiting.take();
    }

    /// `proxy_on_http_call_response`.
    pub fn on_http_reply(&self, token: u32, headers: usize, body: usize) {
        let call = CallId::Http(token);
        self.on_reply(CallReply::Http {
            call,
            headers,
            body,
        });
    }

    /// `proxy_on_grpc_receive` (with status 0) and `proxy_on_grpc_close`.
    pub fn on_grpc_reply(&self, token: u32, status: u32, message: usize) {
        let call = CallId::Grpc(token);
        self.on_reply(CallReply::Grpc {
            call,
            status,
            message,
        });
    }

    /// `proxy_on_context_create` for a request.
    #[must_use]
    pub fn open_stream(self: &Rc<Self>, id: u32) -> Rc<HttpStream> {
        HttpStream::new(id, Rc::clone(self))
    }

    pub(crate) fn chain(&self) -> Option<SharedChain> {
        self.chain.borrow().clone()
    }

    /// Holds a request; false when that is not possible: too many wait already,
    /// or nothing would watch its deadline.
    pub(crate) fn hold(&self, stream: &Rc<HttpStream>, at_most: Duration, what: &WaitFor) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= MOST_WAITING {
            return false;
        }
        let now = self.abi.monotonic_time();
        if now.is_zero() {
            // The host has no clock, or it fails: no deadline would ever come.
            return false;
        }
        let call = match what {
            WaitFor::Reply(call) => Some(*call),
            WaitFor::Wake(_) => None,
        };
        if let Some(call) = call {
            self.calls.borrow_mut().insert(call, stream.id);
        }
        let until = now.saturating_add(at_most);
        waiting.insert(
            stream.id,
            Waiting {
                stream: Rc::clone(stream),
                until,
                call,
            },
        );
        drop(waiting);
        if self.tune_timer().is_err() {
            self.forget(stream.id);
            return false;
        }
        true
    }

    /// A request wants a tick. Where the proxy does not hasten it, it comes when it
    /// would have come.
    pub(crate) fn hasten_tick(&self) {
        let _ = self.tune_timer();
    }

    /// The request is gone, or goes on.
    pub(crate) fn forget(&self, id: u32) {
        // Asked at the end of every request.
        if self.waiting.borrow().is_empty() {
            return;
        }
        let gone = self.waiting.borrow_mut().remove(&id);
        if let Some(call) = gone.and_then(|waiting| waiting.call) {
            self.calls.borrow_mut().remove(&call);
        }
    }

    /// The plugin's document; the VM's where the plugin has none, because Edge
    /// Stack does not say into which of the two it writes.
    fn document(&self) -> Result<Vec<u8>, Status> {
        let read = |buffer| match self.abi.buffer(buffer, LONGEST_DOCUMENT) {
            Err(Status::NOT_FOUND | Status::EMPTY) => Ok(Vec::new()),
            other => other,
        };
        let document = read(Buffer::PluginConfiguration)?;
        let document = if document.is_empty() {
            read(Buffer::VmConfiguration)?
        } else {
            document
        };
        Ok(gatepost_config::as_json(document))
    }

    fn on_reply(&self, reply: CallReply) {
        let waits = self.calls.borrow_mut().remove(&reply.call());
        if let Some(id) = waits {
            self.resume(id, |chain, stream, services| {
                chain.on_event(stream, services, Event::Replied(reply))
            });
            return;
        }
        let Some(chain) = self.chain() else { return };
        let proxy = self.proxy_for(reply.call());
        if let Some(wakes) = chain.on_root_reply(&proxy, reply) {
            self.wake(&wakes);
            let _ = self.tune_timer();
        }
    }

    fn wake(&self, wakes: &Wakes) {
        if wakes.is_empty() {
            return;
        }
        let woken = self.ids(|waiting| waiting.stream.is_meant_by(wakes));
        for id in woken {
            self.resume(id, |chain, stream, services| {
                chain.on_wake(stream, services, wakes)
            });
        }
    }

    fn resume(&self, id: u32, judge: impl FnOnce(&Chain, &mut Stream, &dyn Services) -> Outcome) {
        let Some(waiting) = self.waiting.borrow_mut().remove(&id) else {
            return;
        };
        if let Some(call) = waiting.call {
            self.calls.borrow_mut().remove(&call);
        }
        let proxy = match waiting.call {
            Some(call) => self.proxy_for(call),
            None => Proxy::new(self.abi.as_ref()),
        };
        if !waiting.stream.resume(&proxy, judge) {
            // It stays held until its deadline, and is then tried again.
            self.waiting.borrow_mut().insert(id, waiting);
        }
    }

    fn proxy_for(&self, call: CallId) -> Proxy<'_> {
        match call {
            CallId::Http(_) => Proxy::new(self.abi.as_ref()),
            CallId::Grpc(_) => Proxy::with_grpc_reply(self.abi.as_ref()),
        }
    }

    fn ids(&self, wanted: impl Fn(&Waiting) -> bool) -> Vec<u32> {
        let waiting = self.waiting.borrow();
        waiting
            .iter()
            .filter(|(_, one)| wanted(one))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Sets the timer to what filters and waiting requests need now, if that
    /// has changed.
    fn tune_timer(&self) -> Result<(), Status> {
        let filters = self.chain().and_then(|chain| chain.tick_period());
        let waits = (!self.waiting.borrow().is_empty()).then_some(WATCH);
        let wanted = [filters, waits].into_iter().flatten().min();
        let milliseconds = wanted.map_or(0, |period| {
            u32::try_from(period.as_millis()).unwrap_or(u32::MAX).max(1)
        });
        if self.tick_milliseconds.get() != milliseconds {
            self.abi.set_tick_period(milliseconds)?;
            self.tick_milliseconds.set(milliseconds);
        }
        Ok(())
    }
}
