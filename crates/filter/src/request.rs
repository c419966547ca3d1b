//! A request on its way through a chain.

use std::any::Any;
use std::time::Duration;

use gatepost_http_match::{Facts, HeaderNames, RequestView, owned_spelling};

use crate::changes::{Changes, Unsendable, check_value};
use crate::services::{CallId, GrpcCall, HostError, HttpCall, Services};
use crate::settings::Settings;
use crate::verdict::{Reason, RuleRef, Wait};

/// Everything that is kept of a request from its headers to its end: view,
/// facts, pending changes, and the place in the chain, so that a request that
/// waits goes on where it stopped.
#[derive(Debug)]
pub struct Stream {
    pub(crate) view: RequestView,
    reading: Reading,
    /// A filter asked for the headers, or owns some of them.
    is_needed: bool,
    pub(crate) changes: Changes,
    pub(crate) place: usize,
    /// How many filters, from the first, have judged it.
    pub(crate) judged: usize,
    pub(crate) wait: Option<Wait>,
    pub(crate) denied: Option<Reason>,
    pub(crate) states: Vec<Option<Box<dyn Any>>>,
    /// Which filter let it wait last, and since when. Few requests wait: in a place
    /// of its own it costs the others nothing.
    waits_since: Option<Box<(usize, Duration)>>,
    /// A filter wants its root to tick.
    pub(crate) ticks_root: bool,
}

/// What has become of the request's headers. They are read when somebody asks
/// for them, and at most once (law 6).
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// The proxy has announced so many.
    Announced(usize),
    Done,
    Failed(HostError),
}

impl Stream {
    /// A request of which the proxy has announced so many headers.
    pub(crate) fn new(announced: usize) -> Self {
        Self {
            view: RequestView::unread(),
            reading: Reading::Announced(announced),
            is_needed: false,
            changes: Changes::default(),
            place: 0,
            judged: 0,
            wait: None,
            denied: None,
            states: Vec::new(),
            waits_since: None,
            ticks_root: false,
        }
    }

    /// Removes the client's copies of `owned` headers, in every spelling.
    pub(crate) fn disown(&mut self, owned: &HeaderNames, services: &dyn Services) {
        if !owned.is_empty() && self.need(services).is_ok() {
            self.remove_spelled(owned);
        }
    }

    /// Removes the headers with any of these names, in every spelling.
    fn remove_spelled(&mut self, names: &HeaderNames) {
        let changes = &mut self.changes;
        self.view.remove_spelled(names, |name| changes.remove(name));
    }

    /// Reads the headers for one who cannot do without them.
    fn need(&mut self, services: &dyn Services) -> Result<(), HostError> {
        self.is_needed = true;
        self.read(services)
    }

    /// Reads the headers, if nobody has yet.
    pub(crate) fn read(&mut self, services: &dyn Services) -> Result<(), HostError> {
        if let Reading::Announced(count) = self.reading {
            let headers = services.request_headers().and_then(|headers| {
                // Every request has headers; fewer than announced were lost on the way.
                if headers.len() == count && count > 0 {
                    Ok(headers)
                } else {
                    Err(HostError {
                        call: "get_header_map_pairs",
                        status: HostError::MALFORMED,
                    })
                }
            });
            self.reading = match headers {
                Ok(headers) => {
                    self.view.read(headers);
                    Reading::Done
                }
                Err(error) => Reading::Failed(error),
            };
        }
        match self.reading {
            Reading::Failed(error) => Err(error),
            Reading::Announced(_) | Reading::Done => Ok(()),
        }
    }

    /// Why the headers could not be read that a verdict hangs on.
    pub(crate) fn unreadable(&self) -> Option<HostError> {
        match self.reading {
            Reading::Failed(error) if self.is_needed => Some(error),
            _ => None,
        }
    }

    /// The request, if somebody has looked at it.
    pub(crate) fn seen(&self) -> Option<&RequestView> {
        matches!(self.reading, Reading::Done).then_some(&self.view)
    }

    /// The changes to make before the request goes on.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What the request waits for, if it does.
    #[must_use]
    pub fn waiting(&self) -> Option<&Wait> {
        self.wait.as_ref()
    }

    /// The reason for which the chain refused it, if it did.
    #[must_use]
    pub fn denied(&self) -> Option<&Reason> {
        self.denied.as_ref()
    }

    pub(crate) fn take_state(&mut self, place: usize) -> Option<Box<dyn Any>> {
        self.states.get_mut(place).and_then(Option::take)
    }

    pub(crate) fn put_state(&mut self, place: usize, state: Option<Box<dyn Any>>) {
        if state.is_none() && self.states.get(place).is_none() {
            return;
        }
        while self.states.len() <= place {
            self.states.push(None);
        }
        if let Some(slot) = self.states.get_mut(place) {
            *slot = state;
        }
    }
}

/// A request, as the filter that judges it sees it.
pub struct Request<'a> {
    services: &'a dyn Services,
    settings: &'a Settings,
    stream: &'a mut Stream,
    state: &'a mut Option<Box<dyn Any>>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        services: &'a dyn Services,
        settings: &'a Settings,
        stream: &'a mut Stream,
        state: &'a mut Option<Box<dyn Any>>,
    ) -> Self {
        Self {
            services,
            settings,
            stream,
            state,
        }
    }

    /// The request as it now stands: the client's headers, without those that a
    /// filter of this chain owns, with what earlier filters set.
    ///
    /// The first call of a chain reads the headers, which costs 1.5 us: a filter
    /// asks when its configuration needs them. Should they be unreadable, the view
    /// is empty, and the chain refuses the request whatever the verdict is.
    pub fn view(&mut self) -> &RequestView {
        let _ = self.stream.need(self.services);
        &self.stream.view
    }

    /// What earlier filters learned.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        self.stream.view.facts()
    }

    /// Tells later filters, and matchers, what this one learned.
    pub fn facts_mut(&mut self) -> &mut Facts {
        self.stream.view.facts_mut()
    }

    /// The proxy.
    #[must_use]
    pub fn services(&self) -> &'a dyn Services {
        self.services
    }

    /// Sends a request to a cluster; the reply comes as
    /// [`Event::Replied`](crate::Event::Replied) to a filter that answers
    /// with [`WaitFor::Reply`](crate::WaitFor::Reply). The timeout is at least
    /// one millisecond: the proxy takes 0 for none, and every wait has a
    /// deadline.
    ///
    /// # Errors
    /// When the proxy refuses the call; no reply will come then.
    pub fn http_call(&mut self, call: &HttpCall<'_>) -> Result<CallId, HostError> {
        self.services.http_call(&call.bounded())
    }

    /// Sends a unary gRPC request; the reply comes as
    /// [`Event::Replied`](crate::Event::Replied), likewise.
    ///
    /// # Errors
    /// When the proxy refuses the call; no reply will come then.
    pub fn grpc_call(&mut self, call: &GrpcCall<'_>) -> Result<CallId, HostError> {
        self.services.grpc_call(&call.bounded())
    }

    /// Whether a decision by `rule` is only told. A filter asks before it does
    /// what must not happen in shadow mode: strip a credential, call out, wait.
    #[must_use]
    pub fn is_shadow(&self, rule: RuleRef) -> bool {
        self.settings.is_shadow(rule)
    }

    /// Gives a header one value; later filters see it at once, the upstream
    /// when the chain has let the request pass.
    ///
    /// # Errors
    /// When the value cannot be sent; nothing is changed then.
    pub fn set_header(&mut self, name: &str, value: &[u8]) -> Result<(), Unsendable> {
        check_value(value)?;
        if self.stream.need(self.services).is_err() {
            self.stream.changes.doubt();
        }
        let Stream { view, changes, .. } = &mut *self.stream;
        let was_there = view.set_header(name, value);
        changes.put(name.as_bytes(), value, was_there);
        Ok(())
    }

    /// Removes all values of a header, if there is one.
    pub fn remove_header(&mut self, name: &str) {
        let _ = self.stream.need(self.services);
        let Stream { view, changes, .. } = &mut *self.stream;
        view.remove_header(name, |name| changes.remove(name));
    }

    /// Removes all values of the headers with any of these names, in every spelling.
    pub(crate) fn remove_spelled(&mut self, names: &HeaderNames) {
        let _ = self.stream.need(self.services);
        self.stream.remove_spelled(names);
    }

    /// Removes the values of a header, in every spelling of its name, that are not
    /// to be kept under that spelling. Several that are kept become one line (RFC 9110 5.3).
    pub(crate) fn retain_values(&mut self, name: &str, is_kept: impl Fn(&[u8], &[u8]) -> bool) {
        let mut spellings: Vec<(Vec<u8>, Kept)> = Vec::new();
        for (spelling, value) in self.view().headers().iter() {
            if !owned_spelling(spelling, name.as_bytes()) {
                continue;
            }
            let place = spellings.iter().position(|(known, _)| known == spelling);
            let place = place.unwrap_or_else(|| {
                spellings.push((spelling.to_vec(), Kept::default()));
                spellings.len().saturating_sub(1)
            });
            if let Some((_, kept)) = spellings.get_mut(place) {
                match is_kept(spelling, value) {
                    true => kept.values.push(value.to_vec()),
                    false => kept.is_changed = true,
                }
            }
        }
        for (spelling, kept) in spellings {
            let Ok(spelling) = String::from_utf8(spelling) else {
                continue;
            };
            match kept.values.as_slice() {
                _ if !kept.is_changed => {}
                [] => self.remove_header(&spelling),
                values => self.shorten_header(&spelling, &values.join(&b", "[..])),
            }
        }
    }

    /// Gives a header a part of what it has: what the client sent is sent on, so
    /// it is neither too long nor unsendable.
    pub(crate) fn shorten_header(&mut self, name: &str, value: &[u8]) {
        let Stream { view, changes, .. } = &mut *self.stream;
        changes.shorten(name.as_bytes(), value);
        view.set_header(name, value);
    }

    /// How long the request has waited for this filter: since the first call, so
    /// that waits which follow each other have one deadline.
    pub fn has_waited(&mut self) -> Duration {
        let now = self.services.monotonic_clock();
        let place = self.stream.place;
        match self.stream.waits_since.as_deref() {
            Some((known, since)) if *known == place => now.saturating_sub(*since),
            _ => {
                self.stream.waits_since = Some(Box::new((place, now)));
                Duration::ZERO
            }
        }
    }

    /// Lets this filter's root tick as soon as the proxy can, once; its period stays
    /// what it was. For a filter that has a [`tick`](crate::Loaded::tick).
    pub fn tick_root(&mut self) {
        self.stream.ticks_root = true;
    }

    /// Keeps something of this request for [`take_state`](Self::take_state),
    /// while it waits and until its end.
    pub fn keep_state<T: 'static>(&mut self, state: T) {
        *self.state = Some(Box::new(state));
    }

    /// Takes back what this filter kept of this request.
    #[must_use]
    pub fn take_state<T: 'static>(&mut self) -> Option<Box<T>> {
        self.state.take().and_then(|state| state.downcast().ok())
    }
}

/// The values of a header that are kept, and whether that is not all of them.
#[derive(Default)]
struct Kept {
    values: Vec<Vec<u8>>,
    is_changed: bool,
}

/// The end of a request, as a filter that judged it sees it.
pub struct End<'a> {
    pub(crate) services: &'a dyn Services,
    pub(crate) view: Option<&'a RequestView>,
    pub(crate) denied: Option<&'a Reason>,
    pub(crate) state: Option<Box<dyn Any>>,
}

impl End<'_> {
    /// The request as the chain left it; nothing if no filter looked at it while
    /// it was judged.
    #[must_use]
    pub fn view(&self) -> Option<&RequestView> {
        self.view
    }

    /// The proxy.
    #[must_use]
    pub fn services(&self) -> &dyn Services {
        self.services
    }

    /// The reason for which this chain refused it, if it did.
    #[must_use]
    pub fn denied(&self) -> Option<&Reason> {
        self.denied
    }

    /// What this filter kept of the request.
    #[must_use]
    pub fn take_state<T: 'static>(&mut self) -> Option<Box<T>> {
        self.state.take().and_then(|state| state.downcast().ok())
    }
}
