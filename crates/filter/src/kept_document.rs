//! A remote document, as a filter keeps it: `gatepost-remote` on [`Services`].

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::time::Duration;

use gatepost_remote::{
    Actions, Body, Demand, Failure, Fetch, Remote, Reply, SlotError, Slots, Source, Status, Swap,
};

use crate::any_format::AnyFormat;
use crate::request::Request;
use crate::root::{Root, RootEvent};
use crate::services::{self, CallId, CallReply, HttpCall, Services};
use crate::verdict::WakeKey;

/// A document of a source, kept fresh by all workers together. A filter that
/// loads one needs [`Phases::HTTP_CALL`](crate::Phases::HTTP_CALL) and
/// [`Phases::TICK`](crate::Phases::TICK), hands every [`RootEvent`] to
/// [`on_event`](Self::on_event), and lets requests that lack it wait for its key.
pub(crate) struct KeptDocument {
    remote: RefCell<Remote<AnyFormat>>,
    key: WakeKey,
    /// The call that is under way, and the attempt that it is.
    call: Cell<Option<(CallId, u64)>>,
    /// How soon the last event wanted the next tick.
    pace: Cell<Duration>,
    /// What came of requests' demands, and is the root's to do.
    demanded: RefCell<Actions<String>>,
}

/// What an event came to.
#[derive(Debug)]
pub(crate) struct News {
    /// This worker has another document than before.
    pub(crate) changed: bool,
    /// What failed, to be counted and logged: of all workers one tells each.
    pub(crate) failed: Vec<Failure<String>>,
}

impl KeptDocument {
    /// The first period of [`Loaded::tick`](crate::Loaded::tick); the next ones
    /// come from here.
    pub(crate) const FIRST_TICK: Duration = Duration::from_millis(50);

    /// Keeps the document of `source`; nothing is fetched before the first tick.
    /// Requests wait for [`WaitFor::Wake`](crate::WaitFor::Wake) with `key`.
    pub(crate) fn new(
        source: Source,
        format: AnyFormat,
        key: WakeKey,
        services: &dyn Services,
    ) -> Self {
        Self {
            remote: RefCell::new(Remote::new(source, format, services.random())),
            key,
            call: Cell::default(),
            pace: Cell::default(),
            demanded: RefCell::default(),
        }
    }

    /// What a request may hope for that misses something in the document, such as a
    /// key. However many ask, the source is asked for it once in the policy's cooldown. The
    /// fetch is the root's, as a call of the request would end with it: the root
    /// ticks at once, and wakes those who wait for this document's key when the
    /// fetch has come to an end.
    pub(crate) fn demand(&self, request: &mut Request<'_>) -> Demand {
        let services = request.services();
        let now = services.monotonic_clock();
        let slots = SharedSlots(services);
        let mut remote = self.remote.borrow_mut();
        let (demand, actions) = remote.demand(now, &slots);
        // Another worker fetches: this one has to look often whether it came.
        let is_slow = demand == Demand::Coming && remote.next_tick(now) < self.pace.get();
        let is_busy = actions.fetch.is_some() || actions.wake || actions.changed;
        if is_slow || is_busy || !actions.failed.is_empty() {
            self.pace.set(Duration::ZERO);
            merge(&mut self.demanded.borrow_mut(), actions);
            request.tick_root();
        }
        demand
    }

    /// Goes on after a tick, or after the reply to a call of this document; the
    /// reply to another one changes nothing.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) -> News {
        let services = root.services();
        let now = services.monotonic_clock();
        let slots = SharedSlots(services);
        let mut remote = self.remote.borrow_mut();
        let actions = match event {
            RootEvent::Tick => remote.tick(now, &slots),
            RootEvent::Replied(reply) => {
                let Some(attempt) = self.attempt_of(reply) else {
                    // Whoever it is for says when he wants the next tick, and this
                    // document may want it sooner.
                    self.pace(&remote, root, now);
                    return News::none();
                };
                let size = (reply, remote.source().max_bytes());
                read_reply(services, size, |reply| {
                    remote.reply(attempt, reply, now, &slots)
                })
            }
        };
        let mut all = self.demanded.take();
        merge(&mut all, actions);
        let mut news = News::none();
        let mut fetch = self.act(all, root, &mut news);
        // A call that the proxy refuses is an answer, too.
        while let Some(asked) = fetch {
            let call = HttpCall {
                cluster: remote.source().cluster(),
                headers: &asked.headers(remote.source()),
                body: b"",
                timeout: remote.source().timeout(),
            };
            fetch = match root.http_call(&call) {
                Ok(call) => {
                    self.call.set(Some((call, asked.attempt)));
                    None
                }
                Err(error) => {
                    let actions = remote.call_refused(asked.attempt, error.status, now, &slots);
                    self.act(actions, root, &mut news)
                }
            };
        }
        self.pace(&remote, root, now);
        news
    }

    fn pace(&self, remote: &Remote<AnyFormat>, root: &mut Root<'_>, now: Duration) {
        let period = remote.next_tick(now);
        self.pace.set(period);
        root.tick_within(period);
    }

    /// The plugin ends: if this worker was to fetch, another one is now.
    pub(crate) fn close(&self, services: &dyn Services) {
        let now = services.monotonic_clock();
        self.remote.borrow_mut().close(now, &SharedSlots(services));
    }

    /// Looks at the document, unless there is none or it is too old.
    pub(crate) fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(Option<&dyn Any>) -> T,
    ) -> T {
        let remote = self.remote.borrow();
        let document = remote.document(services.monotonic_clock());
        look(document.map(|document| &**document))
    }

    pub(crate) fn comes_from(&self, source: &Source) -> bool {
        self.remote.borrow().source() == source
    }

    /// What an operator watches.
    pub(crate) fn status(&self, services: &dyn Services) -> Status {
        self.remote.borrow().status(services.monotonic_clock())
    }

    /// Whether the last attempt has failed, and none is under way: who waits would
    /// wait for the next one, which may be far.
    #[must_use]
    pub(crate) fn has_failed(&self, services: &dyn Services) -> bool {
        let now = services.monotonic_clock();
        let remote = self.remote.borrow();
        remote.status(now).last_failure.is_some() && !remote.is_fetching(now)
    }

    fn attempt_of(&self, reply: CallReply) -> Option<u64> {
        let (_, attempt) = self.call.get().filter(|(call, _)| *call == reply.call())?;
        self.call.set(None);
        Some(attempt)
    }

    fn act(&self, actions: Actions<String>, root: &mut Root<'_>, news: &mut News) -> Option<Fetch> {
        news.changed |= actions.changed;
        news.failed.extend(actions.failed);
        if actions.wake {
            root.wake(self.key);
        }
        actions.fetch
    }
}

impl News {
    fn none() -> Self {
        Self {
            changed: false,
            failed: Vec::new(),
        }
    }
}

/// Adds what is to be done later; a later fetch stands for the attempt that is
/// under way now.
fn merge(all: &mut Actions<String>, later: Actions<String>) {
    all.fetch = later.fetch.or(all.fetch.take());
    all.wake |= later.wake;
    all.changed |= later.changed;
    all.failed.extend(later.failed);
}

/// Reads the reply at hand. What cannot be read whole is no reply.
fn read_reply<T>(
    services: &dyn Services,
    (reply, max_bytes): (CallReply, usize),
    take: impl FnOnce(Reply<'_>) -> T,
) -> T {
    let no_reply = Reply {
        headers: &[],
        body: Body::Whole(Vec::new()),
    };
    let CallReply::Http {
        headers: count,
        body: size,
        ..
    } = reply
    else {
        return take(no_reply);
    };
    let headers = services.reply_headers();
    let headers: Vec<(&[u8], &[u8])> = match &headers {
        Ok(headers) if headers.len() == count => headers.iter().collect(),
        _ => return take(no_reply),
    };
    // Nothing is copied that will not be read.
    if size > max_bytes {
        return take(Reply {
            headers: &headers,
            body: Body::TooLarge(size),
        });
    }
    match services.reply_body(max_bytes) {
        Ok(body) if body.len() == size => take(Reply {
            headers: &headers,
            body: Body::Whole(body),
        }),
        _ => take(no_reply),
    }
}

/// Shared data, as the document's keeper needs it.
struct SharedSlots<'a>(&'a dyn Services);

impl Slots for SharedSlots<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, SlotError> {
        let slot = self
            .0
            .shared(key)
            .map_err(|error| SlotError(error.status))?;
        Ok(slot.map(|slot| (slot.value, slot.version)))
    }

    fn put(&self, key: &[u8], value: &[u8], swap: Swap) -> Result<bool, SlotError> {
        let swap = match swap {
            Swap::IfAbsent => services::Swap::IfAbsent,
            Swap::IfVersion(version) => services::Swap::IfUnchanged(version),
        };
        self.0
            .set_shared(key, value, swap)
            .map_err(|error| SlotError(error.status))
    }
}
