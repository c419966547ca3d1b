//! Learns who the client says it is, and tells the upstream in a header of ours.

use gatepost_config::Problems;
use gatepost_filter::{
    Denial, Filter, Kind, Load, Loaded, Mode, Phases, Reason, Request, RuleRef, Settings, Verdict,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "learn",
    phases: Phases::REQUEST,
    load,
};

/// The fact that it learns.
pub(crate) struct User(pub(crate) String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The header that names the user. Its value goes into `x-sub`.
    from: String,
    #[serde(default)]
    mode: Mode,
}

struct Learn {
    from: String,
}

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config { from, mode } = load.read()?;
    Ok(Loaded {
        filter: Box::new(Learn { from }),
        settings: Settings {
            mode,
            ..Settings::default()
        },
        owned_headers: vec!["x-sub".to_owned()],
        tick: None,
    })
}

impl Filter for Learn {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        if request.view().raw_path() == Some(b"/exempt") {
            return Verdict::pass(RuleRef::Default, Reason::fixed("exempt"));
        }
        let Some(user) = request
            .view()
            .headers()
            .first(&self.from)
            .map(<[u8]>::to_vec)
        else {
            return Verdict::pass(RuleRef::Default, Reason::fixed("nobody"));
        };
        // The hand-over header is for us alone; where there is none, this is no call.
        request.remove_header("x-hand-over");
        if request.set_header("x-sub", &user).is_err() {
            let reason = Reason::fixed("claim_unsendable");
            return Verdict::Deny(Denial::with_status(RuleRef::Default, reason, 400));
        }
        request
            .facts_mut()
            .insert(User(String::from_utf8_lossy(&user).into_owned()));
        Verdict::pass(RuleRef::Default, Reason::fixed("learned"))
    }
}
