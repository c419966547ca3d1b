//! Asks a service about each request, and waits for its answer.

use std::time::Duration;

use gatepost_config::{Period, Problems};
use gatepost_filter::{
    CallId, CallReply, Denial, Event, Filter, GrpcCall, HostError, HttpCall, Kind, Load, Loaded,
    Mode, Phases, Reason, Request, RuleRef, Settings, Verdict, Wait, WaitFor,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "ask",
    phases: Phases::WAIT.and(Phases::HTTP_CALL).and(Phases::GRPC_CALL),
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    cluster: String,
    #[serde(default)]
    grpc: bool,
    at_most: Period,
    #[serde(default)]
    mode: Mode,
}

struct Ask {
    cluster: String,
    grpc: bool,
    at_most: Duration,
}

/// What it keeps of a request while that waits.
struct Asked(CallId);

/// The longest answer that it reads, in bytes.
const LONGEST_ANSWER: usize = 64;

const TIMEOUT: Reason = Reason::fixed("ask_timeout");
const FAILED: Reason = Reason::fixed("ask_failed");
const REFUSED: Reason = Reason::fixed("ask_refused");

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config {
        cluster,
        grpc,
        at_most,
        mode,
    } = load.read()?;
    Ok(Loaded {
        filter: Box::new(Ask {
            cluster,
            grpc,
            at_most: at_most.get(),
        }),
        settings: Settings {
            mode,
            ..Settings::default()
        },
        owned_headers: vec!["x-answer".to_owned()],
        tick: None,
    })
}

impl Filter for Ask {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        if request.is_shadow(RuleRef::None) {
            return self.wait(WaitFor::Wake(vec![0]));
        }
        let Ok(call) = self.call(request) else {
            return unavailable(FAILED);
        };
        request.keep_state(Asked(call));
        self.wait(WaitFor::Reply(call))
    }

    fn on_event(&self, request: &mut Request<'_>, event: Event) -> Verdict {
        let asked = request.take_state::<Asked>().map(|asked| asked.0);
        match event {
            Event::Replied(CallReply::Http { call, headers, .. })
                if asked == Some(call) && headers > 0 =>
            {
                match request.services().reply_headers() {
                    Ok(headers) if headers.first(":status") == Some(b"200") => answered(request),
                    Ok(_) => Verdict::Deny(Denial::by_policy(RuleRef::None, REFUSED)),
                    Err(_) => unavailable(FAILED),
                }
            }
            Event::Replied(CallReply::Grpc {
                call, status: 0, ..
            }) if asked == Some(call) => answered(request),
            Event::Replied(CallReply::Grpc { status: 7, .. }) => {
                Verdict::Deny(Denial::by_policy(RuleRef::None, REFUSED))
            }
            _ => unavailable(FAILED),
        }
    }
}

impl Ask {
    fn call(&self, request: &mut Request<'_>) -> Result<CallId, HostError> {
        if self.grpc {
            return request.grpc_call(&GrpcCall {
                cluster: &self.cluster,
                service: "test.Ask",
                method: "Ask",
                metadata: &[("x-from", b"chain")],
                message: b"?",
                timeout: self.at_most,
            });
        }
        let path = request.view().raw_path().unwrap_or(b"/").to_vec();
        request.http_call(&HttpCall {
            cluster: &self.cluster,
            headers: &[
                (":method", b"POST"),
                (":path", &path),
                (":authority", b"ask"),
            ],
            body: b"?",
            timeout: self.at_most,
        })
    }

    fn wait(&self, what: WaitFor) -> Verdict {
        Verdict::Wait(Wait {
            what,
            at_most: self.at_most,
            otherwise: Denial::with_status(RuleRef::None, TIMEOUT, 503),
        })
    }
}

fn answered(request: &mut Request<'_>) -> Verdict {
    let Ok(answer) = request.services().reply_body(LONGEST_ANSWER) else {
        return unavailable(FAILED);
    };
    match request.set_header("x-answer", &answer) {
        Ok(()) => Verdict::pass(RuleRef::None, Reason::fixed("answered")),
        Err(_) => unavailable(FAILED),
    }
}

fn unavailable(reason: Reason) -> Verdict {
    Verdict::Deny(Denial::with_status(RuleRef::None, reason, 503))
}
