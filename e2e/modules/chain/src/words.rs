//! Lets a request pass whose word stands in a document that a server publishes, one
//! word a line; a word that does not makes the server be asked again.

use std::convert::Infallible;
use std::time::Duration;

use gatepost_config::Problems;
use gatepost_filter::{
    Contents, Demand, Denial, DocumentNames, Event, Filter, Kind, Load, Loaded, Missing, Mode,
    Phases, Reason, RemoteConfig, RemoteDefaults, Request, Root, RootEvent, RuleRef, Services,
    Settings, Verdict, Wait, WaitFor, WakeKey, WatchedDocument,
};
use gatepost_remote::{Format, Meta, Step};
use serde::Deserialize;

pub(crate) const KIND: Kind = Kind {
    name: "words",
    phases: Phases::WAIT.and(Phases::HTTP_CALL),
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    document: RemoteConfig,
    #[serde(default)]
    mode: Mode,
}

struct Words(WatchedDocument<Lines>);

struct Lines;

const DEFAULTS: RemoteDefaults = RemoteDefaults {
    refresh: Duration::from_secs(300),
    stale_for: Duration::from_secs(3600),
    cooldown: Duration::from_secs(10),
    max_bytes: 1024,
    most_bytes: 4096,
};

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let Config { document, mode } = load.read()?;
    let mut problems = Problems::new();
    let at = load.path.field("document");
    let plan = document.compile(&DEFAULTS, &at, &mut problems);
    let plan = problems.check(plan)?;
    let names = DocumentNames {
        instance: load.instance.to_owned(),
        name: "words".to_owned(),
        kind: "word list",
        source: "fetch",
        metrics: "gatepost_words",
        entries: "words",
        more_gauges: &[],
        without: "nobody passes",
    };
    let words = plan.map(|plan| WatchedDocument::new(plan, Lines, 0, names, load.services));
    let Some(words) = words else {
        return Err(Problems::one(&at, "expected a source"));
    };
    Ok(Loaded {
        filter: Box::new(Words(words)),
        settings: Settings {
            mode,
            ..Settings::default()
        },
        owned_headers: Vec::new(),
        tick: Some(WatchedDocument::<Lines>::FIRST_TICK),
    })
}

impl Filter for Words {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let word = request.view().headers().first("x-word").map(<[u8]>::to_vec);
        let word = word.unwrap_or_default();
        let look = |lines: Result<&Vec<Vec<u8>>, Missing>| lines.map(|lines| lines.contains(&word));
        match self.0.with(request.services(), look) {
            Ok(true) => Verdict::pass(RuleRef::None, Reason::fixed("word_known")),
            Ok(false) => self.demand(request),
            Err(Missing::NotLoaded) => wait_or(self.0.wait(request), unavailable()),
            Err(Missing::Stale) => {
                let reason = Reason::fixed("words_stale");
                Verdict::Deny(Denial::with_status(RuleRef::None, reason, 503))
            }
        }
    }

    fn on_event(&self, request: &mut Request<'_>, _: Event) -> Verdict {
        self.on_request(request)
    }

    fn on_root(&self, root: &mut Root<'_>, event: RootEvent) {
        self.0.on_event(root, event, |lines, is_new| Contents {
            serves: lines.is_some(),
            entries: lines.map_or(0, Vec::len),
            more: Vec::new(),
            line: lines.filter(|_| is_new).map(|_| "loaded".to_owned()),
        });
    }

    fn on_close(&self, services: &dyn Services) {
        self.0.close(services);
    }
}

impl Words {
    fn demand(&self, request: &mut Request<'_>) -> Verdict {
        match self.0.demand(request) {
            Demand::Answered => {
                let reason = Reason::fixed("word_unknown");
                Verdict::Deny(Denial::by_policy(RuleRef::None, reason))
            }
            Demand::Unanswered => Verdict::Deny(unavailable()),
            Demand::Arrived => self.on_request(request),
            Demand::Coming => wait_or(self.0.wait_for_news(request), unavailable()),
        }
    }
}

fn unavailable() -> Denial {
    let reason = Reason::fixed("words_unavailable");
    Denial::with_status(RuleRef::None, reason, 503)
}

fn wait_or(wait: Option<(WakeKey, Duration)>, otherwise: Denial) -> Verdict {
    match wait {
        Some((key, at_most)) => Verdict::Wait(Wait {
            what: WaitFor::Wake(vec![key]),
            at_most,
            otherwise,
        }),
        None => Verdict::Deny(otherwise),
    }
}

impl Format for Lines {
    type Document = Vec<Vec<u8>>;
    type Parse = Vec<u8>;
    type Error = Infallible;

    fn id(&self) -> Vec<u8> {
        b"words/1".to_vec()
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Vec<u8>, Infallible> {
        Ok(body)
    }

    fn step(&self, parse: &mut Vec<u8>) -> Step<Infallible> {
        Step::Done(std::mem::take(parse))
    }

    fn load(&self, compiled: &[u8]) -> Result<Self::Document, Infallible> {
        let lines = compiled.split(|byte| *byte == b'\n');
        Ok(lines.map(<[u8]>::to_vec).collect())
    }
}
