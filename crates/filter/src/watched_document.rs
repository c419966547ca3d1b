//! A remote document with what surrounds it: waiting requests, gauges, log lines.

mod gauges;

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::marker::PhantomData;
use std::time::Duration;

use gatepost_remote::{Demand, Failure, Format, Status};

use self::gauges::Gauges;
use crate::any_format::AnyFormat;
use crate::kept_document::{KeptDocument, News};
use crate::remote_config::RemotePlan;
use crate::report::{LogLimit, say_suppressed};
use crate::request::Request;
use crate::root::{Root, RootEvent};
use crate::services::{Level, Services};
use crate::verdict::WakeKey;

/// A document of a source, kept fresh by all workers together, that requests wait
/// for, and that an operator can watch. What the filter makes of it stays the
/// filter's: see [`Contents`].
///
/// A filter that loads one needs [`Phases::HTTP_CALL`](crate::Phases::HTTP_CALL) and
/// [`Phases::TICK`](crate::Phases::TICK), and hands every [`RootEvent`] to
/// [`on_event`](Self::on_event).
pub struct WatchedDocument<F: Format> {
    watch: Watch,
    format: PhantomData<F>,
}

/// The same, whatever the document is.
struct Watch {
    kept: KeptDocument,
    key: WakeKey,
    /// How long a request waits, and whether it does so for the first document.
    wait: Duration,
    waits_for_first: bool,
    serves: Cell<bool>,
    has_served: Cell<bool>,
    names: DocumentNames,
    gauges: OnceCell<Gauges>,
    log: LogLimit,
}

/// How a document is called in metrics and in the log.
#[derive(Clone, Debug)]
pub struct DocumentNames {
    /// The instance of the filter.
    pub instance: String,
    /// The document, among those of its kind: `[a-z0-9_-]`.
    pub name: String,
    /// Its kind: `list`.
    pub kind: &'static str,
    /// What is fetched: `feed`.
    pub source: &'static str,
    /// What its metrics begin with: `gatepost_list`.
    pub metrics: &'static str,
    /// The gauge that counts what it holds: `entries`.
    pub entries: &'static str,
    /// Gauges beside that one, and those of age and last success.
    pub more_gauges: &'static [&'static str],
    /// What happens without it: `requests that need it are answered with 503`.
    pub without: &'static str,
}

/// What a filter made of the document that this worker has now.
#[derive(Debug, Default)]
pub struct Contents {
    /// Whether requests can use it.
    pub serves: bool,
    /// How much it holds.
    pub entries: usize,
    /// The values of [`DocumentNames::more_gauges`], in their order.
    pub more: Vec<u64>,
    /// What the log is told when it has changed: `loaded, 5 entries`.
    pub line: Option<String>,
}

/// Why there is no document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Missing {
    /// None has come yet.
    NotLoaded,
    /// The last success is too long ago.
    Stale,
}

impl<F: Format + 'static> WatchedDocument<F> {
    /// The first period of [`Loaded::tick`](crate::Loaded::tick); the next ones
    /// come from here.
    pub const FIRST_TICK: Duration = KeptDocument::FIRST_TICK;

    /// Keeps a document; nothing is fetched before the first tick. Requests wait
    /// for `key`, which is this document's alone in its filter.
    pub fn new(
        plan: RemotePlan,
        format: F,
        key: WakeKey,
        names: DocumentNames,
        services: &dyn Services,
    ) -> Self {
        Self {
            watch: Watch {
                kept: KeptDocument::new(plan.source, AnyFormat::new(format), key, services),
                key,
                wait: plan.wait,
                waits_for_first: plan.waits_for_first,
                serves: Cell::default(),
                has_served: Cell::default(),
                names,
                gauges: OnceCell::new(),
                log: LogLimit::default(),
            },
            format: PhantomData,
        }
    }

    /// Why there is no document, if there is none: as it was at the last event, so
    /// that one which is too old may still be taken for one until the next tick. A
    /// filter whose requests look [into it](Self::with) need not ask before.
    pub fn missing(&self) -> Option<Missing> {
        self.watch.missing()
    }

    /// Looks at the document, or why there is none. Reads the clock: it may have
    /// become too old since the last event.
    pub fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(Result<&F::Document, Missing>) -> T,
    ) -> T {
        let missing = || self.missing().unwrap_or(Missing::Stale);
        let kept = &self.watch.kept;
        kept.with(services, |document| {
            look(document.and_then(typed).ok_or_else(missing))
        })
    }

    /// What a request waits for that comes before the first document, and how long
    /// it may still wait; nothing if it may not. After a failed attempt none waits
    /// until the next one is under way: it would be refused all the same, only later.
    pub fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.watch.wait(request)
    }

    /// The same for a request that waits for news of the document, as after
    /// [`Demand::Coming`]. All waits of a request for one filter are counted from
    /// its first.
    pub fn wait_for_news(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.watch.wait_for_news(request)
    }

    /// What a request may hope for that misses something in the document, such as a
    /// key. However many ask, the source is asked once in the policy's cooldown. The
    /// fetch is the root's, as a call of the request would end with it: the root
    /// ticks at once, and wakes those who wait for this document's key when the
    /// fetch has come to an end.
    pub fn demand(&self, request: &mut Request<'_>) -> Demand {
        self.watch.kept.demand(request)
    }

    /// Goes on after any event of the root: fetches, takes in what came, tells.
    /// `take_in` is given the document, and whether it is another one than before,
    /// at every tick and with every change.
    pub fn on_event(
        &self,
        root: &mut Root<'_>,
        event: RootEvent,
        mut take_in: impl FnMut(Option<&F::Document>, bool) -> Contents,
    ) {
        let mut take_in = |document: Option<&dyn Any>, changed| {
            take_in(document.and_then(typed::<F::Document>), changed)
        };
        self.watch.on_event(root, event, &mut take_in);
    }

    /// The plugin ends: if this worker was to fetch, another one is now.
    pub fn close(&self, services: &dyn Services) {
        self.watch.kept.close(services);
    }

    /// What an operator watches.
    #[must_use]
    pub fn status(&self, services: &dyn Services) -> Status {
        self.watch.kept.status(services)
    }

    /// Counts something of this document, such as a request that did without it:
    /// `metric` is the whole name, `tag` its label.
    pub fn count(&self, tag: &'static str, metric: &str, services: &dyn Services) {
        self.watch.count(tag, metric, services);
    }
}

/// The document as what its format makes: it came from there.
fn typed<D: 'static>(document: &dyn Any) -> Option<&D> {
    document.downcast_ref()
}

impl Watch {
    fn missing(&self) -> Option<Missing> {
        match (self.serves.get(), self.has_served.get()) {
            (true, _) => None,
            (false, true) => Some(Missing::Stale),
            (false, false) => Some(Missing::NotLoaded),
        }
    }

    fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        let may_wait = self.waits_for_first
            && !self.has_served.get()
            && !self.kept.has_failed(request.services());
        may_wait.then(|| self.wait_for_news(request))?
    }

    fn wait_for_news(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        let left = self.wait.saturating_sub(request.has_waited());
        (!left.is_zero()).then_some((self.key, left))
    }

    fn on_event(
        &self,
        root: &mut Root<'_>,
        event: RootEvent,
        take_in: &mut dyn FnMut(Option<&dyn Any>, bool) -> Contents,
    ) {
        let services = root.services();
        let News { changed, failed } = self.kept.on_event(root, event);
        let is_news = changed || event == RootEvent::Tick;
        let contents = is_news.then(|| self.kept.with(services, |it| take_in(it, changed)));
        if let Some(contents) = &contents {
            self.serves.set(contents.serves);
            self.has_served
                .set(self.has_served.get() || contents.serves);
        }
        for failure in &failed {
            self.tell_failure(failure, services);
        }
        if let Some(contents) = contents {
            self.show(&contents, services);
            if let Some(line) = contents.line.filter(|_| changed) {
                self.say(Level::Info, &line, services);
            }
        }
    }

    fn count(&self, tag: &'static str, metric: &str, services: &dyn Services) {
        self.gauges(services)
            .count(&self.names, tag, metric, services);
    }

    fn tell_failure(&self, failure: &Failure<String>, services: &dyn Services) {
        let kind = failure.kind().code();
        let metric = format!("{}_failures_total", self.names.metrics);
        self.count(kind, &metric, services);
        let line = format!(
            "the {} failed ({kind}): {failure}; {}",
            self.names.source,
            self.stands(services)
        );
        self.say(Level::Warn, &line, services);
    }

    /// What serves after a failure.
    fn stands(&self, services: &dyn Services) -> String {
        let DocumentNames { kind, without, .. } = self.names;
        match (self.missing(), self.kept.status(services).age) {
            (None, Some(age)) => format!("the last good {kind} stays, {} s old", age.as_secs()),
            (Some(Missing::NotLoaded), _) => format!("there is no {kind} yet: {without}"),
            _ => format!("the last good {kind} is too old: {without}"),
        }
    }

    /// Shows what this worker has. One that has nothing yet shows nothing: another
    /// one may have loaded the document.
    fn show(&self, contents: &Contents, services: &dyn Services) {
        let gauges = self.gauges(services);
        if self.has_served.get() {
            gauges.show(self.kept.status(services).age, contents, services);
        }
    }

    fn gauges(&self, services: &dyn Services) -> &Gauges {
        self.gauges
            .get_or_init(|| Gauges::define(&self.names, services))
    }

    fn say(&self, level: Level, line: &str, services: &dyn Services) {
        if !services.logs(level) {
            return;
        }
        if let Some(suppressed) = self.log.admit(services.monotonic_clock()) {
            let DocumentNames {
                instance,
                kind,
                name,
                ..
            } = &self.names;
            let mut line = format!("{instance}: {kind} {name}: {line}");
            say_suppressed(&mut line, suppressed);
            services.log(level, &line);
        }
    }
}
