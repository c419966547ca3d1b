//! A filter that traps when a request asks for it: what `FAIL_RELOAD` is tested
//! with. It is no part of what is shipped.

use gatepost_filter::{Filter, Kind, Loaded, Phases, Reason, Request, RuleRef, Settings, Verdict};

const KIND: Kind = Kind {
    name: "trap",
    phases: Phases::REQUEST,
    load: |_| {
        Ok(Loaded {
            filter: Box::new(Trap),
            settings: Settings::default(),
            owned_headers: Vec::new(),
            tick: None,
        })
    },
};

struct Trap;

impl Filter for Trap {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        assert!(
            request.view().headers().first("x-trap").is_none(),
            "the request asked for it"
        );
        Verdict::pass(RuleRef::Default, Reason::fixed("no_trap"))
    }
}

gatepost_host::module!(KIND);
