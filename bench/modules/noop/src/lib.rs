//! A filter that passes everything: what a module of this house costs at least.
//! It is no part of what is shipped.

use gatepost_filter::{Filter, Kind, Loaded, Phases, Reason, Request, RuleRef, Settings, Verdict};

const KIND: Kind = Kind {
    name: "noop",
    phases: Phases::REQUEST,
    load: |_| {
        Ok(Loaded {
            filter: Box::new(Noop),
            settings: Settings::default(),
            owned_headers: Vec::new(),
            tick: None,
        })
    },
};

struct Noop;

impl Filter for Noop {
    fn on_request(&self, _request: &mut Request<'_>) -> Verdict {
        Verdict::pass(RuleRef::Default, Reason::fixed("noop"))
    }
}

gatepost_host::module!(KIND);
