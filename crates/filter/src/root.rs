//! What a filter does outside any request.

use std::cell::RefCell;
use std::time::Duration;

use crate::services::{CallId, CallReply, GrpcCall, HostError, HttpCall, Services};
use crate::sorted_map::SortedMap;
use crate::verdict::WakeKey;

/// What happens to a filter outside any request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RootEvent {
    /// Its period passed ([`Loaded::tick`](crate::Loaded::tick)).
    Tick,
    /// The reply to a call of the root has come.
    Replied(CallReply),
}

/// The proxy, as a filter sees it outside any request.
pub struct Root<'a> {
    services: &'a dyn Services,
    place: usize,
    calls: &'a RootCalls,
    wakes: Vec<WakeKey>,
    next_tick: Option<Duration>,
}

/// Which filter of a chain made which call.
#[derive(Debug, Default)]
pub(crate) struct RootCalls(RefCell<SortedMap<CallId, usize>>);

impl RootCalls {
    pub(crate) fn take(&self, call: CallId) -> Option<usize> {
        self.0.borrow_mut().remove(&call)
    }
}

impl<'a> Root<'a> {
    pub(crate) fn new(services: &'a dyn Services, place: usize, calls: &'a RootCalls) -> Self {
        Self {
            services,
            place,
            calls,
            wakes: Vec::new(),
            next_tick: None,
        }
    }

    pub(crate) fn next_tick(&self) -> Option<Duration> {
        self.next_tick
    }

    pub(crate) fn into_wakes(self) -> Vec<WakeKey> {
        self.wakes
    }

    /// The proxy.
    #[must_use]
    pub fn services(&self) -> &'a dyn Services {
        self.services
    }

    /// Sends a request to a cluster; the reply comes as
    /// [`RootEvent::Replied`]. The timeout is at least one millisecond: the
    /// proxy takes 0 for none, and every wait has a deadline.
    ///
    /// # Errors
    /// When the proxy refuses the call; no reply will come then.
    pub fn http_call(&mut self, call: &HttpCall<'_>) -> Result<CallId, HostError> {
        let id = self.services.http_call(&call.bounded())?;
        self.calls.0.borrow_mut().insert(id, self.place);
        Ok(id)
    }

    /// Sends a unary gRPC request; the reply comes as [`RootEvent::Replied`].
    ///
    /// # Errors
    /// When the proxy refuses the call; no reply will come then.
    pub fn grpc_call(&mut self, call: &GrpcCall<'_>) -> Result<CallId, HostError> {
        let id = self.services.grpc_call(&call.bounded())?;
        self.calls.0.borrow_mut().insert(id, self.place);
        Ok(id)
    }

    /// Wants the next tick so soon, in place of the period that was wanted last;
    /// the shortest counts if it is said several times of one event.
    pub fn tick_within(&mut self, period: Duration) {
        self.next_tick = Some(self.next_tick.map_or(period, |known| known.min(period)));
    }

    /// Lets every request of this worker go on that waits for `key`.
    pub fn wake(&mut self, key: WakeKey) {
        self.wakes.push(key);
    }
}
