//! Needs a document that the root fetches; requests wait until it is there.

use std::cell::Cell;
use std::time::Duration;

use gatepost_config::{Period, Problems};
use gatepost_filter::{
    CallReply, Denial, Event, Filter, GrpcCall, HttpCall, Kind, Load, Loaded, Mode, Phases, Reason,
    Request, Root, RootEvent, RuleRef, Settings, Verdict, Wait, WaitFor,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "keys",
    phases: Phases::WAIT
        .and(Phases::HTTP_CALL)
        .and(Phases::GRPC_CALL)
        .and(Phases::TICK),
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    cluster: String,
    #[serde(default)]
    grpc: bool,
    every: Period,
    at_most: Period,
    #[serde(default)]
    mode: Mode,
}

struct Keys {
    cluster: String,
    grpc: bool,
    at_most: Duration,
    are_known: Cell<bool>,
}

const KEY: u32 = 7;

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config {
        cluster,
        grpc,
        every,
        at_most,
        mode,
    } = load.read()?;
    let are_known = Cell::new(false);
    Ok(Loaded {
        filter: Box::new(Keys {
            cluster,
            grpc,
            at_most: at_most.get(),
            are_known,
        }),
        settings: Settings {
            mode,
            ..Settings::default()
        },
        owned_headers: Vec::new(),
        tick: Some(every.get()),
    })
}

impl Filter for Keys {
    fn on_request(&self, _: &mut Request<'_>) -> Verdict {
        if self.are_known.get() {
            return known();
        }
        Verdict::Wait(Wait {
            what: WaitFor::Wake(vec![KEY]),
            at_most: self.at_most,
            otherwise: Denial::with_status(RuleRef::None, Reason::fixed("keys_timeout"), 503),
        })
    }

    fn on_event(&self, _: &mut Request<'_>, event: Event) -> Verdict {
        if event == Event::Woken(KEY) && self.are_known.get() {
            return known();
        }
        let reason = Reason::fixed("keys_unavailable");
        Verdict::Deny(Denial::with_status(RuleRef::None, reason, 503))
    }

    fn on_root(&self, root: &mut Root<'_>, event: RootEvent) {
        match event {
            RootEvent::Tick if self.are_known.get() => {}
            RootEvent::Tick => self.fetch(root),
            RootEvent::Replied(CallReply::Http { headers, body, .. }) => {
                let is_document = headers > 0
                    && root
                        .services()
                        .reply_body(body)
                        .is_ok_and(|body| body == b"keys");
                self.are_known.set(is_document);
                root.wake(KEY);
            }
            RootEvent::Replied(CallReply::Grpc { status, .. }) => {
                self.are_known.set(status == 0);
                root.wake(KEY);
            }
        }
    }
}

impl Keys {
    /// A call that is refused is made again at the next tick.
    fn fetch(&self, root: &mut Root<'_>) {
        if self.grpc {
            let _ = root.grpc_call(&GrpcCall {
                cluster: &self.cluster,
                service: "test.Keys",
                method: "Get",
                metadata: &[],
                message: b"",
                timeout: Duration::ZERO,
            });
            return;
        }
        let _ = root.http_call(&HttpCall {
            cluster: &self.cluster,
            headers: &[
                (":method", b"GET"),
                (":path", b"/keys"),
                (":authority", b"keys"),
            ],
            body: b"",
            timeout: Duration::ZERO,
        });
    }
}

fn known() -> Verdict {
    Verdict::pass(RuleRef::None, Reason::fixed("keys_known"))
}
