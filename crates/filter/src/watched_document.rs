//! A remote document with what surrounds it: waiting requests, gauges, log lines.

mod gauges;
mod teller;

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use gatepost_remote::{Demand, Format, Source, Status};

use self::teller::Teller;
use crate::any_format::AnyFormat;
use crate::kept_document::{KeptDocument, News};
use crate::remote_config::RemotePlan;
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
    teller: Rc<Teller>,
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
        let teller = Rc::new(Teller::new(names));
        Self {
            watch: Watch::new(plan, AnyFormat::new(format), key, teller, services),
            format: PhantomData,
        }
    }

    /// The same document at another place, under the names and gauges that it has: a
    /// proxy never takes a metric back, so there are no more of them however often it
    /// moves.
    #[must_use]
    pub fn elsewhere(&self, plan: RemotePlan, format: F, services: &dyn Services) -> Self {
        let Watch { key, teller, .. } = &self.watch;
        Self {
            watch: Watch::new(
                plan,
                AnyFormat::new(format),
                *key,
                Rc::clone(teller),
                services,
            ),
            format: PhantomData,
        }
    }

    /// Whether it comes from there.
    #[must_use]
    pub fn comes_from(&self, source: &Source) -> bool {
        self.watch.kept.comes_from(source)
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

    /// Goes on after a tick without its source, which is not asked any more: what is
    /// there serves until it is too old, and the gauges say how old it is.
    pub fn rest(
        &self,
        services: &dyn Services,
        take_in: impl FnOnce(Option<&F::Document>) -> Contents,
    ) {
        let look = |document: Option<&dyn Any>| take_in(document.and_then(typed::<F::Document>));
        let contents = self.watch.kept.with(services, look);
        self.watch.take_in(&contents);
        self.watch.show(&contents, services);
    }

    /// Logs what an operator should know of the document, with the lines that tell of
    /// its source.
    pub fn warn(&self, line: &str, services: &dyn Services) {
        self.watch.teller.say(Level::Warn, line, services);
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
        self.watch.teller.count(tag, metric, services);
    }
}

/// The document as what its format makes: it came from there.
fn typed<D: 'static>(document: &dyn Any) -> Option<&D> {
    document.downcast_ref()
}

impl Watch {
    fn new(
        plan: RemotePlan,
        format: AnyFormat,
        key: WakeKey,
        teller: Rc<Teller>,
        services: &dyn Services,
    ) -> Self {
        Self {
            kept: KeptDocument::new(plan.source, format, key, services),
            key,
            wait: plan.wait,
            waits_for_first: plan.waits_for_first,
            serves: Cell::default(),
            has_served: Cell::default(),
            teller,
        }
    }

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
            self.take_in(contents);
        }
        for failure in &failed {
            let age = self.kept.status(services).age;
            let stands = (self.missing(), age);
            self.teller.tell_failure(failure, stands, services);
        }
        if let Some(contents) = contents {
            self.show(&contents, services);
            if let Some(line) = contents.line.filter(|_| changed) {
                self.teller.say(Level::Info, &line, services);
            }
        }
    }

    fn take_in(&self, contents: &Contents) {
        self.serves.set(contents.serves);
        self.has_served
            .set(self.has_served.get() || contents.serves);
    }

    /// Shows what this worker has. One that has nothing yet shows nothing: another
    /// one may have loaded the document.
    fn show(&self, contents: &Contents, services: &dyn Services) {
        let age = self.kept.status(services).age;
        let shown = self.has_served.get().then_some(contents);
        self.teller.show(age, shown, services);
    }
}
