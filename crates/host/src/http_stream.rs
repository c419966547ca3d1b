//! A request, the ABI's stream context.

use std::cell::RefCell;
use std::rc::Rc;

use gatepost_filter::{Chain, Outcome, Services, SharedChain, Stream, Wakes};

use crate::abi::{Abi, HeaderMap};
use crate::carrier::{Carrier, apply};
use crate::plugin::Plugin;
use crate::proxy::{Proxy, refused};

/// A stream context.
pub struct HttpStream {
    pub(crate) id: u32,
    plugin: Rc<Plugin>,
    stream: RefCell<Option<(SharedChain, Stream)>>,
}

/// What the proxy is to do with a request whose headers it has shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Hand it to the next filter.
    Continue,
    /// Keep its headers, its body and its trailers.
    Pause,
}

impl HttpStream {
    pub(crate) fn new(id: u32, plugin: Rc<Plugin>) -> Rc<Self> {
        Rc::new(Self {
            id,
            plugin,
            stream: RefCell::default(),
        })
    }

    /// A request that `chain` has judged, and that has to wait.
    pub(crate) fn judged(
        id: u32,
        plugin: &Rc<Plugin>,
        chain: SharedChain,
        stream: Stream,
    ) -> Rc<Self> {
        Rc::new(Self {
            id,
            plugin: Rc::clone(plugin),
            stream: RefCell::new(Some((chain, stream))),
        })
    }

    /// Waits, if that is possible.
    pub(crate) fn wait(self: &Rc<Self>, proxy: &Proxy<'_>) -> Action {
        let mut slot = self.stream.borrow_mut();
        match slot.as_mut() {
            Some((chain, stream)) => self.carrier(chain, proxy).carry_out(stream, Outcome::Wait),
            None => Action::Pause,
        }
    }

    /// `proxy_on_request_headers`.
    #[must_use]
    pub fn on_request_headers(self: &Rc<Self>, count: usize) -> Action {
        if !self.plugin.keeps_requests() {
            return self.plugin.on_request_headers(self.id, count);
        }
        let Some(chain) = self.plugin.chain_or_refusal() else {
            return Action::Pause;
        };
        let proxy = self.proxy();
        let mut stream = chain.admit(count, &proxy);
        let outcome = chain.on_request(&mut stream, &proxy);
        let carrier = self.carrier(&chain, &proxy);
        let action = carrier.carry_out(&mut stream, outcome);
        self.stream.replace(Some((chain, stream)));
        action
    }

    /// `proxy_on_response_headers`.
    pub fn on_response_headers(&self) {
        let slot = self.stream.borrow();
        let Some((chain, stream)) = slot.as_ref() else {
            return;
        };
        let proxy = self.proxy();
        let read = || proxy.headers(HeaderMap::Response);
        let changes = chain.on_response(stream, &proxy, &read);
        if let Err(error) = apply(&changes, HeaderMap::Response, self.abi()) {
            chain.log_error(&proxy, &error);
        }
    }

    /// `proxy_on_log`: the end of the request.
    pub fn on_end(&self) {
        let mut slot = self.stream.borrow_mut();
        let Some((chain, stream)) = slot.as_mut() else {
            return;
        };
        chain.on_end(stream, &self.proxy());
    }

    /// `proxy_on_delete`: nothing may reach the request from now on.
    pub fn on_delete(&self) {
        self.plugin.forget(self.id);
    }

    /// Goes on with a request that was held; false when that is not possible now.
    /// Called from the root, so the request's own context is made the effective one
    /// first.
    pub(crate) fn resume(
        self: &Rc<Self>,
        proxy: &Proxy<'_>,
        judge: impl FnOnce(&Chain, &mut Stream, &dyn Services) -> Outcome,
    ) -> bool {
        let mut slot = self.stream.borrow_mut();
        let Some((chain, stream)) = slot.as_mut() else {
            return true;
        };
        if let Err(status) = self.abi().set_effective_context(self.id) {
            chain.log_error(proxy, &refused("set_effective_context")(status));
            return false;
        }
        let chain = Rc::clone(chain);
        let outcome = judge(&chain, stream, proxy);
        let carrier = self.carrier(&chain, proxy);
        if carrier.carry_out(stream, outcome) == Action::Continue
            && let Err(status) = self.abi().continue_request()
        {
            chain.log_error(proxy, &refused("continue_stream")(status));
        }
        true
    }

    pub(crate) fn is_meant_by(&self, wakes: &Wakes) -> bool {
        let slot = self.stream.borrow();
        slot.as_ref().is_some_and(|(_, stream)| wakes.mean(stream))
    }

    fn carrier<'a>(self: &'a Rc<Self>, chain: &'a Chain, proxy: &'a Proxy<'a>) -> Carrier<'a> {
        Carrier {
            plugin: &self.plugin,
            chain,
            proxy,
            holder: Some(self),
        }
    }

    fn proxy(&self) -> Proxy<'_> {
        Proxy::new(self.abi())
    }

    fn abi(&self) -> &dyn Abi {
        self.plugin.abi.as_ref()
    }
}
