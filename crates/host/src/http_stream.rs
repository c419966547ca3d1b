//! A request, the ABI's stream context.

use std::cell::RefCell;
use std::rc::Rc;

use gatepost_filter::{
    Chain, Change, Changes, HostError, Outcome, Reason, Reply, Services, SharedChain, Stream, Wakes,
};

use crate::abi::{Abi, HeaderMap, RawReply};
use crate::pairs;
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

/// The proxy refused to make the chain's changes.
const HOST_ERROR: Reason = Reason::fixed("host_error");

impl HttpStream {
    pub(crate) fn new(id: u32, plugin: Rc<Plugin>) -> Rc<Self> {
        Rc::new(Self {
            id,
            plugin,
            stream: RefCell::default(),
        })
    }

    /// `proxy_on_request_headers`.
    #[must_use]
    pub fn on_request_headers(self: &Rc<Self>, count: usize) -> Action {
        let proxy = self.proxy();
        let Some(chain) = self.plugin.chain() else {
            self.refuse_unconfigured();
            return Action::Pause;
        };
        let mut stream = chain.admit(count, &proxy);
        let outcome = chain.on_request(&mut stream, &proxy);
        let action = self.carry_out(&chain, &mut stream, &proxy, outcome);
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
        if self.carry_out(&chain, stream, proxy, outcome) == Action::Continue
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

    fn carry_out(
        self: &Rc<Self>,
        chain: &Chain,
        stream: &mut Stream,
        proxy: &Proxy<'_>,
        outcome: Outcome,
    ) -> Action {
        match outcome {
            Outcome::Continue => match apply(stream.changes(), HeaderMap::Request, self.abi()) {
                Ok(()) => Action::Continue,
                Err(error) => {
                    chain.log_error(proxy, &error);
                    match chain.refuse(stream, proxy, &HOST_ERROR, 503) {
                        Outcome::Reply(reply) => self.answer(chain, &reply, proxy),
                        // All filters are in shadow mode: nothing may be denied.
                        Outcome::Continue | Outcome::Wait => return Action::Continue,
                    }
                    Action::Pause
                }
            },
            Outcome::Reply(reply) => {
                // The request goes nowhere, but access logs still show its
                // headers: what the client may not set is not in them.
                if let Err(error) = apply(stream.changes(), HeaderMap::Request, self.abi()) {
                    chain.log_error(proxy, &error);
                }
                self.answer(chain, &reply, proxy);
                Action::Pause
            }
            Outcome::Wait => {
                let held = stream
                    .waiting()
                    .is_some_and(|wait| self.plugin.hold(self, wait.at_most, wait.what));
                if held {
                    return Action::Pause;
                }
                let outcome = chain.give_up(stream, proxy);
                self.carry_out(chain, stream, proxy, outcome)
            }
        }
    }

    fn answer(&self, chain: &Chain, reply: &Reply, proxy: &Proxy<'_>) {
        if let Err(error) = self.send(reply) {
            // The request stays held: it gets no answer, but it does not pass.
            chain.log_error(proxy, &error);
        }
    }

    fn send(&self, reply: &Reply) -> Result<(), HostError> {
        let pairs = reply
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let raw = RawReply {
            status: u32::from(reply.status),
            details: reply.details.as_bytes(),
            body: reply.body.as_bytes(),
            headers: &pairs::encode(pairs).unwrap_or_default(),
            grpc_status: reply.grpc_status.map_or(-1, i32::from),
        };
        let bare = RawReply {
            body: b"",
            headers: b"",
            ..raw
        };
        let sent = self.abi().send_local_response(&raw);
        sent.or_else(|_| self.abi().send_local_response(&bare))
            .map_err(refused("send_local_response"))
    }

    fn refuse_unconfigured(&self) {
        let reply = Reply {
            status: 503,
            headers: Vec::new(),
            body: "Service Unavailable: not_configured\n".to_owned(),
            details: "not_configured".to_owned(),
            grpc_status: None,
        };
        // Held, if that fails. The log says already why nothing is configured.
        let _ = self.send(&reply);
    }

    fn proxy(&self) -> Proxy<'_> {
        Proxy::new(self.abi())
    }

    fn abi(&self) -> &dyn Abi {
        self.plugin.abi.as_ref()
    }
}

fn apply(changes: &Changes, map: HeaderMap, abi: &dyn Abi) -> Result<(), HostError> {
    for (name, change) in changes.iter() {
        match change {
            Change::Set(value) => abi
                .replace_header(map, name, value)
                .map_err(refused("replace_header_map_value"))?,
            Change::Remove => {
                abi.remove_header(map, name)
                    .map_err(refused("remove_header_map_value"))?;
            }
        }
    }
    Ok(())
}
