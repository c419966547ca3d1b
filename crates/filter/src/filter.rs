//! What a filter is, and how a module names it.

use std::time::Duration;

use gatepost_config::{FieldPath, Part, Problems};
use serde::Deserialize;

use crate::credential::CredentialSources;
use crate::request::{End, Request};
use crate::response::Response;
use crate::root::{Root, RootEvent};
use crate::services::Services;
use crate::settings::Settings;
use crate::verdict::{Denial, Event, Reason, RuleRef, Verdict};

/// A filter: judges requests, perhaps looks at responses.
///
/// It is loaded once per configuration and worker and serves many requests, so
/// what belongs to a request lives in the request: typed facts that the next
/// filter may read ([`Request::facts`]), and a state of its own ([`Request::keep_state`]).
///
/// Shadow mode, metrics, decision record, log line and deny response are the
/// chain's work: a filter only says what it finds.
pub trait Filter {
    /// Judges a request whose headers have been read.
    fn on_request(&self, request: &mut Request<'_>) -> Verdict;

    /// Judges again a request for which it answered [`Verdict::Wait`].
    fn on_event(&self, request: &mut Request<'_>, event: Event) -> Verdict {
        let _ = (request, event);
        Verdict::Deny(Denial::with_status(RuleRef::None, UNEXPECTED_EVENT, 503))
    }

    /// Where it looks for credentials. When the chain refuses a request, whichever
    /// filter of it did, they are taken from what access logs show; those that a
    /// filter in shadow mode looks for stay. Of a request that passes the filter
    /// takes them itself: see [`CredentialSources::strip_all`].
    fn credentials(&self) -> &[CredentialSources] {
        &[]
    }

    /// Sees the response to a request that it has judged: the upstream's, ours,
    /// or another filter's.
    fn on_response(&self, response: &mut Response<'_>) {
        let _ = response;
    }

    /// Sees the end of a request that it has judged.
    fn on_end(&self, end: &mut End<'_>) {
        let _ = end;
    }

    /// Something happened to the filter itself: its period passed, or a call
    /// that it made outside any request was answered.
    fn on_root(&self, root: &mut Root<'_>, event: RootEvent) {
        let _ = (root, event);
    }

    /// The filter ends: what it holds of the data that all workers share is to
    /// be given back. There is no other event after it; where the proxy ends
    /// without a word, there is not even this one.
    fn on_close(&self, services: &dyn Services) {
        let _ = services;
    }
}

/// A filter was told of an event for which it never waited: a fault of ours.
const UNEXPECTED_EVENT: Reason = Reason::fixed("unexpected_event");

/// A kind of filter, as a module names it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// `ip-allowlist`: the key in a chain's document, and the instance's name
    /// when the document gives none.
    pub name: &'static str,
    /// The callbacks that it needs.
    pub phases: Phases,
    /// Reads its part of the document.
    pub load: fn(&Load<'_>) -> Result<Loaded, Problems>,
}

/// What a filter is loaded from.
#[derive(Clone, Copy)]
pub struct Load<'a> {
    /// Where its part of the document stands.
    pub path: FieldPath<'a>,
    /// Its part of the document.
    pub document: Part<'a>,
    /// The instance's name.
    pub instance: &'a str,
    /// The proxy, for probing optional features and for warnings. No request is
    /// at hand, and no lease may be taken here: a canary may be the one that
    /// loads (law 10).
    pub services: &'a dyn Services,
}

impl<'a> Load<'a> {
    /// Reads the filter's part of the document.
    ///
    /// # Errors
    /// The first structural error, with its path in the whole document.
    pub fn read<T: Deserialize<'a>>(&self) -> Result<T, Problems> {
        self.document.read_at(&self.path)
    }
}

/// A filter that was loaded.
pub struct Loaded {
    /// The filter.
    pub filter: Box<dyn Filter>,
    /// What the chain does for it.
    pub settings: Settings,
    /// Headers of the request that it owns: the client's copies are removed, in
    /// every spelling, before any filter of the chain sees the request (law 4).
    pub owned_headers: Vec<String>,
    /// When the first [`RootEvent::Tick`] is wanted, and how often from then on
    /// unless [`Root::tick_within`] says otherwise; needs [`Phases::TICK`].
    pub tick: Option<Duration>,
}

/// A set of callbacks. A module exports those of its filters and no others,
/// because each costs 0.7 us a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Phases(u8);

impl Phases {
    /// Request headers only: what every filter has.
    pub const REQUEST: Self = Self(1);
    /// It can answer [`Verdict::Wait`]: a timer watches the deadline.
    pub const WAIT: Self = Self::TICK;
    /// [`Filter::on_response`].
    pub const RESPONSE: Self = Self(1 | 1 << 2);
    /// [`Filter::on_end`].
    pub const END: Self = Self(1 | 1 << 3);
    /// Replies to HTTP calls.
    pub const HTTP_CALL: Self = Self(1 | 1 << 4);
    /// [`RootEvent::Tick`].
    pub const TICK: Self = Self(1 | 1 << 5);
    /// Replies to gRPC calls.
    pub const GRPC_CALL: Self = Self(1 | 1 << 6);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contain(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a request is looked at again after it was let go on or refused.
    #[must_use]
    pub const fn keep_requests(self) -> bool {
        self.contain(Self::RESPONSE) || self.contain(Self::END)
    }

    /// Whether there is anything to be done when a request or a plugin ends.
    #[must_use]
    pub const fn need_ends(self) -> bool {
        self.0 != Self::REQUEST.0
    }

    /// The set that [`bits`](Self::bits) named.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// As a number, for the stamp of a module.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}
