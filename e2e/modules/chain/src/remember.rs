//! Takes the user from a header that it strips, and remembers him for the next run
//! on the same request.

use gatepost_config::Problems;
use gatepost_filter::{
    Denial, Filter, Kind, Level, Load, Loaded, Phases, Reason, Request, RequestMemory, RuleRef,
    Settings, Verdict,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "remember",
    phases: Phases::REQUEST,
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The header that names the user.
    from: String,
}

struct Remember {
    from: String,
    memory: RequestMemory,
}

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config { from } = load.read()?;
    let memory = RequestMemory::declare(load);
    if let Some(refused) = memory.refused() {
        let line = format!("{}: nothing is remembered: {refused}", load.instance);
        load.services.log(Level::Warn, &line);
    }
    Ok(Loaded {
        filter: Box::new(Remember { from, memory }),
        settings: Settings::default(),
        owned_headers: vec!["x-sub".to_owned()],
        tick: None,
    })
}

impl Filter for Remember {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let told = request
            .view()
            .headers()
            .first(&self.from)
            .map(<[u8]>::to_vec);
        let (user, reason) = match told {
            Some(user) => {
                request.remove_header(&self.from);
                // A run that nothing follows needs no memory.
                let _ = self.memory.keep(request.services(), &user);
                (user, Reason::fixed("user_told"))
            }
            None => match self.memory.recall(request) {
                Ok(Some(user)) => (user, Reason::fixed("user_recalled")),
                Ok(None) => return refused("user_missing", 401),
                Err(_) => return refused("user_unreadable", 503),
            },
        };
        match request.set_header("x-sub", &user) {
            Ok(()) => Verdict::pass(RuleRef::None, reason),
            Err(_) => refused("claim_unsendable", 400),
        }
    }
}

fn refused(reason: &'static str, status: u16) -> Verdict {
    Verdict::Deny(Denial::with_status(
        RuleRef::None,
        Reason::fixed(reason),
        status,
    ))
}
