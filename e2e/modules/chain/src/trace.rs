//! Tells in the log what it sees of responses and ends.

use gatepost_config::Problems;
use gatepost_filter::{
    End, Filter, Kind, Level, Load, Loaded, Phases, Reason, Request, Response, RuleRef, Settings,
    Verdict,
};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "trace",
    phases: Phases::RESPONSE.and(Phases::END),
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

struct Trace {
    instance: String,
}

/// What it keeps of a request until the end.
struct Seen(String);

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config {} = load.read()?;
    Ok(Loaded {
        filter: Box::new(Trace {
            instance: load.instance.to_owned(),
        }),
        settings: Settings::default(),
        owned_headers: Vec::new(),
        tick: None,
    })
}

impl Filter for Trace {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let path = request.view().raw_path().unwrap_or_default().to_vec();
        request.keep_state(Seen(String::from_utf8_lossy(&path).into_owned()));
        Verdict::pass(RuleRef::Default, Reason::fixed("traced"))
    }

    fn on_response(&self, response: &mut Response<'_>) {
        let status = match response.headers() {
            Ok(headers) => headers.first(":status").unwrap_or(b"none").to_vec(),
            Err(_) => b"unreadable".to_vec(),
        };
        let status = String::from_utf8_lossy(&status).into_owned();
        let denied = response
            .denied()
            .map_or("nothing", Reason::as_str)
            .to_owned();
        let line = format!("{}: response {status}, denied {denied}", self.instance);
        response.services().log(Level::Info, &line);
        let _ = response.set_header(&format!("x-{}", self.instance), denied.as_bytes());
        response.remove_header("server");
    }

    fn on_end(&self, end: &mut End<'_>) {
        let seen = end
            .take_state::<Seen>()
            .map_or_else(|| "nothing".to_owned(), |seen| seen.0);
        let denied = end.denied().map_or("nothing", Reason::as_str);
        let line = format!("{}: end of {seen}, denied {denied}", self.instance);
        end.services().log(Level::Info, &line);
    }
}
