//! Filters one after another: a chain is what a module runs.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use gatepost_http_match::{HeaderNames, Headers};

use crate::changes::Changes;
use crate::credential::CredentialSources;
use crate::deny_response::{DenyResponse, Reply};
use crate::filter::{Filter, Loaded};
use crate::report::{LogLimit, Report, Reporter, say_suppressed};
use crate::request::{End, Request, Stream};
use crate::response::Response;
use crate::root::{Root, RootCalls, RootEvent};
use crate::services::{CallReply, HostError, Level, Services};
use crate::settings::{Decision, Mode, Settings};
use crate::verdict::{Denial, Event, Fields, Reason, RuleRef, Verdict, WaitFor};
use crate::wakes::Wakes;

/// Filters in the order of the document. Each judges in its turn; the first
/// denial ends it.
pub struct Chain {
    instances: Vec<Instance>,
    owned: HeaderNames,
    log: LogLimit,
    calls: RootCalls,
    /// Since the last tick a request has wanted one at once.
    ticks_soon: Cell<bool>,
    /// For refusals that no filter made.
    own: Reporter,
    settings: Settings,
}

/// A filter with its place in a chain.
struct Instance {
    filter: Box<dyn Filter>,
    settings: Settings,
    reporter: Reporter,
    tick: Cell<Option<Duration>>,
    next_tick: Cell<Duration>,
    /// A request wants the next tick at once.
    ticks_soon: Cell<bool>,
}

/// What is to happen with a request now.
#[derive(Debug)]
pub enum Outcome {
    /// It goes on, with [`Stream::changes`].
    Continue,
    /// It is answered.
    Reply(Box<Reply>),
    /// It is held; [`Stream::waiting`] says what for.
    Wait,
}

/// The shortest period that a proxy's timer has.
const SOON: Duration = Duration::from_millis(1);

/// The proxy gave the request's headers in a form that cannot be read.
const HEADERS_UNREADABLE: Reason = Reason::fixed("headers_unreadable");

impl Chain {
    /// Stands where an instance's name does in what is told of refusals that no
    /// filter made.
    pub const NAME: &str = "chain";

    /// A chain of filters that were loaded.
    #[must_use]
    pub fn new(filters: Vec<(String, Loaded)>) -> Self {
        let mut owned: Vec<String> = Vec::new();
        let mut instances = Vec::new();
        for (name, loaded) in filters {
            owned.extend(loaded.owned_headers);
            instances.push(Instance {
                filter: loaded.filter,
                settings: loaded.settings,
                reporter: Reporter::new(name),
                tick: Cell::new(loaded.tick),
                next_tick: Cell::default(),
                ticks_soon: Cell::default(),
            });
        }
        // The chain denies for itself only if some filter of it would.
        let shadow = instances
            .iter()
            .all(|instance| instance.settings.mode == Mode::Shadow);
        let mode = if shadow { Mode::Shadow } else { Mode::Enforce };
        Self {
            instances,
            owned: HeaderNames::new(owned),
            log: LogLimit::default(),
            calls: RootCalls::default(),
            ticks_soon: Cell::default(),
            own: Reporter::new(Self::NAME),
            settings: Settings {
                mode,
                ..Settings::default()
            },
        }
    }

    /// Takes in a request of which the proxy has announced `count` headers: the
    /// client's copies of owned headers go.
    #[must_use]
    pub fn admit(&self, count: usize, services: &dyn Services) -> Stream {
        let mut stream = Stream::new(count);
        stream.disown(&self.owned, services);
        stream
    }

    /// Lets the filters judge a request that was just taken in.
    pub fn on_request(&self, stream: &mut Stream, services: &dyn Services) -> Outcome {
        if let Some(outcome) = self.refuse_unreadable(stream, services) {
            return outcome;
        }
        while let Some(instance) = self.instances.get(stream.place) {
            let ask = |filter: &dyn Filter, request: &mut Request<'_>| filter.on_request(request);
            if let Some(outcome) = self.judge(instance, stream, services, ask) {
                return outcome;
            }
        }
        Outcome::Continue
    }

    /// Lets a waiting request's filter judge again, and then those behind it.
    /// An event for which the request does not wait changes nothing.
    pub fn on_event(&self, stream: &mut Stream, services: &dyn Services, event: Event) -> Outcome {
        let awaited = match (stream.wait.as_ref().map(|wait| &wait.what), event) {
            (Some(WaitFor::Wake(keys)), Event::Woken(woken)) => keys.contains(&woken),
            (Some(WaitFor::Reply(id)), Event::Replied(reply)) => *id == reply.call(),
            _ => false,
        };
        let Some(instance) = self.instances.get(stream.place).filter(|_| awaited) else {
            return Outcome::Wait;
        };
        stream.wait = None;
        let ask = |filter: &dyn Filter, request: &mut Request<'_>| filter.on_event(request, event);
        match self.judge(instance, stream, services, ask) {
            Some(outcome) => outcome,
            None => self.on_request(stream, services),
        }
    }

    /// Refuses a waiting request as its filter said: its time is over, or too
    /// many wait.
    pub fn give_up(&self, stream: &mut Stream, services: &dyn Services) -> Outcome {
        let (Some(wait), Some(instance)) = (stream.wait.take(), self.instances.get(stream.place))
        else {
            return self.refuse(stream, services, &Reason::fixed("lost_wait"), 503);
        };
        match self.settle(instance, stream, services, Verdict::Deny(wait.otherwise)) {
            Some(outcome) => outcome,
            None => self.on_request(stream, services),
        }
    }

    /// Refuses a request for a reason of the chain's own, such as headers that
    /// cannot be read. If every filter is in shadow mode it passes.
    pub fn refuse(
        &self,
        stream: &mut Stream,
        services: &dyn Services,
        reason: &Reason,
        status: u16,
    ) -> Outcome {
        // For the answer's form and the log line; a refusal stands without them.
        let _ = stream.read(services);
        let denial = Denial::with_status(RuleRef::None, reason.clone(), status);
        let shadow = self.settings.mode == Mode::Shadow;
        let decision = if shadow {
            Decision::ShadowDenied
        } else {
            Decision::Denied
        };
        let report = Report {
            decision,
            rule: denial.rule,
            reason: &denial.reason,
            fields: &denial.fields,
        };
        self.own
            .tell(&report, &self.settings, &stream.view, &self.log, services);
        if shadow {
            return Outcome::Continue;
        }
        self.deny(stream, services, &self.settings.on_deny, &denial)
    }

    /// Logs that the proxy refused a call: with the denials, at most so many
    /// lines a second on this worker.
    pub fn log_error(&self, services: &dyn Services, error: &HostError) {
        if let Some(suppressed) = self.log.admit(services.monotonic_clock()) {
            let mut line = error.to_string();
            say_suppressed(&mut line, suppressed);
            services.log(Level::Error, &line);
        }
    }

    /// Lets the filters that judged the request see its response, last first.
    /// `read` reads its headers; the changes to make are returned.
    pub fn on_response(
        &self,
        stream: &Stream,
        services: &dyn Services,
        read: &dyn Fn() -> Result<Headers, HostError>,
    ) -> Changes {
        let mut changes = Changes::default();
        let headers = OnceCell::new();
        for instance in self.instances.iter().take(stream.judged).rev() {
            let mut response = Response {
                services,
                view: stream.seen(),
                denied: stream.denied.as_ref(),
                read,
                headers: &headers,
                changes: &mut changes,
            };
            instance.filter.on_response(&mut response);
        }
        changes
    }

    /// Lets the filters that judged the request see its end.
    pub fn on_end(&self, stream: &mut Stream, services: &dyn Services) {
        for (place, instance) in self.instances.iter().enumerate().take(stream.judged) {
            let state = stream.take_state(place);
            let denied = stream.denied.as_ref();
            instance.filter.on_end(&mut End {
                services,
                view: stream.seen(),
                denied,
                state,
            });
        }
    }

    /// Ticks the filters whose period has passed; tells who is to be woken.
    pub fn on_tick(&self, services: &dyn Services) -> Vec<Wakes> {
        let now = services.monotonic_clock();
        let mut wakes = Vec::new();
        self.ticks_soon.set(false);
        for (place, instance) in self.instances.iter().enumerate() {
            let is_due =
                |_: &Duration| instance.ticks_soon.get() || instance.next_tick.get() <= now;
            let Some(period) = instance.tick.get().filter(is_due) else {
                continue;
            };
            instance.ticks_soon.set(false);
            instance.next_tick.set(now.saturating_add(period));
            wakes.push(self.tell_root(place, instance, services, RootEvent::Tick));
        }
        wakes
    }

    /// Hands the reply to a root's call to the filter that made it; tells who
    /// is to be woken. A reply that nobody waits for is dropped.
    pub fn on_root_reply(&self, services: &dyn Services, reply: CallReply) -> Option<Wakes> {
        let place = self.calls.take(reply.call())?;
        let instance = self.instances.get(place)?;
        Some(self.tell_root(place, instance, services, RootEvent::Replied(reply)))
    }

    /// The plugin ends, or another configuration takes this one's place: filters
    /// give back what others wait for.
    pub fn on_close(&self, services: &dyn Services) {
        for instance in &self.instances {
            instance.filter.on_close(services);
        }
    }

    /// Whether a request has shortened [`tick_period`](Self::tick_period) since the
    /// last tick.
    #[must_use]
    pub fn wants_tick_soon(&self) -> bool {
        self.ticks_soon.get()
    }

    /// The shortest period that a filter wants now, if any wants one.
    #[must_use]
    pub fn tick_period(&self) -> Option<Duration> {
        let wanted = |instance: &Instance| match instance.tick.get() {
            Some(_) if instance.ticks_soon.get() => Some(SOON),
            period => period,
        };
        self.instances.iter().filter_map(wanted).min()
    }

    /// Lets a request that `wakes` means go on, as [`on_event`](Self::on_event);
    /// another waits on.
    pub fn on_wake(&self, stream: &mut Stream, services: &dyn Services, wakes: &Wakes) -> Outcome {
        match wakes.key_of(stream) {
            Some(key) => self.on_event(stream, services, Event::Woken(key)),
            None => Outcome::Wait,
        }
    }

    fn tell_root(
        &self,
        place: usize,
        instance: &Instance,
        services: &dyn Services,
        event: RootEvent,
    ) -> Wakes {
        let mut root = Root::new(services, place, &self.calls);
        instance.filter.on_root(&mut root, event);
        if let Some(period) = root.next_tick().filter(|_| instance.tick.get().is_some()) {
            let now = services.monotonic_clock();
            instance.tick.set(Some(period));
            instance.next_tick.set(now.saturating_add(period));
        }
        Wakes {
            place,
            keys: root.into_wakes(),
        }
    }

    /// Asks a filter; `None` when the next one is to judge.
    fn judge(
        &self,
        instance: &Instance,
        stream: &mut Stream,
        services: &dyn Services,
        ask: impl FnOnce(&dyn Filter, &mut Request<'_>) -> Verdict,
    ) -> Option<Outcome> {
        let place = stream.place;
        let mut state = stream.take_state(place);
        let mut request = Request::new(services, &instance.settings, stream, &mut state);
        let verdict = ask(instance.filter.as_ref(), &mut request);
        stream.put_state(place, state);
        if std::mem::take(&mut stream.ticks_root) {
            instance.ticks_soon.set(true);
            self.ticks_soon.set(true);
        }
        // What was judged without the headers that the filter asked for is nothing.
        if let Some(outcome) = self.refuse_unreadable(stream, services) {
            return Some(outcome);
        }
        stream.judged = stream.judged.max(place.saturating_add(1));
        self.settle(instance, stream, services, verdict)
    }

    fn refuse_unreadable(&self, stream: &mut Stream, services: &dyn Services) -> Option<Outcome> {
        let error = stream.unreadable()?;
        self.log_error(services, &error);
        Some(self.refuse(stream, services, &HEADERS_UNREADABLE, 503))
    }

    /// What follows from a verdict; `None` when the next filter is to judge.
    fn settle(
        &self,
        instance: &Instance,
        stream: &mut Stream,
        services: &dyn Services,
        verdict: Verdict,
    ) -> Option<Outcome> {
        let tell = |stream: &mut Stream, decision, rule, reason: &Reason, fields: &Fields| {
            if decision != Decision::Allowed {
                // For the log line and the answer's form; a denial stands without.
                let _ = stream.read(services);
            }
            let report = Report {
                decision,
                rule,
                reason,
                fields,
            };
            instance.reporter.tell(
                &report,
                &instance.settings,
                &stream.view,
                &self.log,
                services,
            );
        };
        match verdict {
            Verdict::Continue(pass) => {
                tell(
                    stream,
                    Decision::Allowed,
                    pass.rule,
                    &pass.reason,
                    &pass.fields,
                );
            }
            Verdict::Deny(denial) => {
                let Denial {
                    rule,
                    ref reason,
                    ref fields,
                    ..
                } = denial;
                if !instance.settings.is_shadow(rule) {
                    tell(stream, Decision::Denied, rule, reason, fields);
                    let on_deny = &instance.settings.on_deny;
                    return Some(self.deny(stream, services, on_deny, &denial));
                }
                tell(stream, Decision::ShadowDenied, rule, reason, fields);
            }
            Verdict::Wait(wait) => {
                let Denial {
                    rule,
                    ref reason,
                    ref fields,
                    ..
                } = wait.otherwise;
                if !instance.settings.is_shadow(rule) {
                    stream.wait = Some(wait);
                    stream.changes.doubt();
                    return Some(Outcome::Wait);
                }
                tell(stream, Decision::ShadowUndetermined, rule, reason, fields);
            }
        }
        stream.place = stream.place.saturating_add(1);
        None
    }

    fn deny(
        &self,
        stream: &mut Stream,
        services: &dyn Services,
        on_deny: &DenyResponse,
        denial: &Denial,
    ) -> Outcome {
        stream.denied = Some(denial.reason.clone());
        self.hide_credentials(stream, services);
        stream.changes.keep_removals();
        Outcome::Reply(Box::new(on_deny.reply(denial, &stream.view)))
    }

    /// Takes the credentials of all filters away, of those too that have not judged:
    /// access logs show the headers of a refused request. That the proxy selects the
    /// route again harms nothing, as the answer is ours.
    fn hide_credentials(&self, stream: &mut Stream, services: &dyn Services) {
        for instance in &self.instances {
            let sources = instance.filter.credentials();
            if !sources.is_empty() {
                let mut state = None;
                let mut request = Request::new(services, &instance.settings, stream, &mut state);
                CredentialSources::strip_all(sources, &[], &mut request, RuleRef::None);
            }
        }
    }
}

/// A chain is shared by the root and the requests that it judges, also after a
/// new configuration has replaced it.
pub type SharedChain = Rc<Chain>;
