//! What a chain decided of a request, carried out on the proxy.

use std::rc::Rc;

use gatepost_filter::{Chain, Change, Changes, HostError, Outcome, Reason, Reply, Stream};

use crate::abi::{Abi, HeaderMap, RawReply};
use crate::http_stream::{Action, HttpStream};
use crate::pairs;
use crate::plugin::Plugin;
use crate::proxy::{Proxy, refused};

/// Carries out what a chain decides of one request.
pub(crate) struct Carrier<'a> {
    pub(crate) plugin: &'a Plugin,
    pub(crate) chain: &'a Chain,
    pub(crate) proxy: &'a Proxy<'a>,
    /// What is held when it waits.
    pub(crate) holder: Option<&'a Rc<HttpStream>>,
}

/// The proxy refused to make the chain's changes.
const HOST_ERROR: Reason = Reason::fixed("host_error");

impl Carrier<'_> {
    pub(crate) fn carry_out(&self, stream: &mut Stream, outcome: Outcome) -> Action {
        if self.chain.wants_tick_soon() {
            self.plugin.hasten_tick();
        }
        match outcome {
            Outcome::Continue => self.pass(stream),
            Outcome::Reply(reply) => {
                // The request goes nowhere, but access logs still show its
                // headers: what the client may not set is not in them.
                if let Err(error) = self.change(stream) {
                    self.chain.log_error(self.proxy, &error);
                }
                self.answer(&reply);
                Action::Pause
            }
            Outcome::Wait => {
                let held = self
                    .holder
                    .zip(stream.waiting())
                    .is_some_and(|(holder, wait)| {
                        self.plugin.hold(holder, wait.at_most, &wait.what)
                    });
                if held {
                    return Action::Pause;
                }
                let outcome = self.chain.give_up(stream, self.proxy);
                self.carry_out(stream, outcome)
            }
        }
    }

    fn pass(&self, stream: &mut Stream) -> Action {
        let Err(error) = self.change(stream) else {
            return Action::Continue;
        };
        self.chain.log_error(self.proxy, &error);
        match self.chain.refuse(stream, self.proxy, &HOST_ERROR, 503) {
            Outcome::Reply(reply) => self.answer(&reply),
            // All filters are in shadow mode: nothing may be denied.
            Outcome::Continue | Outcome::Wait => return Action::Continue,
        }
        Action::Pause
    }

    fn change(&self, stream: &Stream) -> Result<(), HostError> {
        apply(
            stream.changes(),
            HeaderMap::Request,
            self.plugin.abi.as_ref(),
        )
    }

    fn answer(&self, reply: &Reply) {
        if let Err(error) = send(reply, self.plugin.abi.as_ref()) {
            // The request stays held: it gets no answer, but it does not pass.
            self.chain.log_error(self.proxy, &error);
        }
    }
}

/// Makes the changes of a header map.
pub(crate) fn apply(changes: &Changes, map: HeaderMap, abi: &dyn Abi) -> Result<(), HostError> {
    for (name, change) in changes.iter() {
        match change {
            Change::Add(value) => abi
                .add_header(map, name, value)
                .map_err(refused("add_header_map_value"))?,
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

fn send(reply: &Reply, abi: &dyn Abi) -> Result<(), HostError> {
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
    abi.send_local_response(&raw)
        .or_else(|_| abi.send_local_response(&bare))
        .map_err(refused("send_local_response"))
}

/// Refuses a request that nobody can judge.
pub(crate) fn refuse_unconfigured(abi: &dyn Abi) {
    let reply = Reply {
        status: 503,
        headers: Vec::new(),
        body: "Service Unavailable: not_configured\n".to_owned(),
        details: "not_configured".to_owned(),
        grpc_status: None,
    };
    // Held, if that fails. The log says already why nothing is configured.
    let _ = send(&reply, abi);
}
