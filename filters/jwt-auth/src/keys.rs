//! The keys that check a provider's signatures, wherever they come from.

mod discovery;
mod discovery_format;
mod jwks_format;
mod remote;

use std::time::Duration;

use gatepost_filter::{Demand, Missing, Request, Root, RootEvent, Services, WakeKey};
use gatepost_jose::KeySet;

use self::discovery::DiscoveredKeys;
use self::remote::RemoteKeys;
use crate::plan::KeysPlan;

/// The keys of a provider on one worker.
pub(crate) enum Keys {
    /// They stand in the document.
    Fixed(KeySet),
    /// A server publishes them.
    Remote(Box<RemoteKeys>),
    /// A server publishes where they are.
    Discovered(Box<DiscoveredKeys>),
}

/// How one filter's documents are told apart: the instance, and the next key for
/// which requests wait.
pub(crate) struct Numbering<'a> {
    pub(crate) instance: &'a str,
    pub(crate) next: WakeKey,
}

impl Numbering<'_> {
    /// A key that no other document has.
    pub(crate) fn take(&mut self) -> WakeKey {
        let key = self.next;
        self.next = key.saturating_add(1);
        key
    }
}

impl Keys {
    pub(crate) fn new(
        plan: KeysPlan,
        provider: &str,
        numbering: &mut Numbering<'_>,
        services: &dyn Services,
    ) -> Self {
        match plan {
            KeysPlan::Fixed(keys) => Self::Fixed(keys),
            KeysPlan::Remote(plan) => {
                let keys = RemoteKeys::new(
                    *plan,
                    numbering.take(),
                    (numbering.instance, provider),
                    services,
                );
                Self::Remote(Box::new(keys))
            }
            KeysPlan::Discovery(plan) => {
                let keys = DiscoveredKeys::new(*plan, provider, numbering, services);
                Self::Discovered(Box::new(keys))
            }
        }
    }

    /// Looks at the keys.
    pub(crate) fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(Result<&KeySet, Missing>) -> T,
    ) -> T {
        match self {
            Self::Fixed(keys) => look(Ok(keys)),
            Self::Remote(keys) => keys.with(services, look),
            Self::Discovered(keys) => keys.with(services, look),
        }
    }

    /// What a request waits for that comes before the first keys, and how long;
    /// nothing if it may not.
    pub(crate) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        match self {
            Self::Fixed(_) => None,
            Self::Remote(keys) => keys.wait(request),
            Self::Discovered(keys) => keys.wait(request),
        }
    }

    /// What a request may hope for whose key is not among these.
    pub(crate) fn demand(&self, request: &mut Request<'_>) -> Demand {
        match self {
            Self::Fixed(_) => Demand::Answered,
            Self::Remote(keys) => keys.demand(request),
            Self::Discovered(keys) => keys.demand(request),
        }
    }

    /// What a request waits for after [`Demand::Coming`], and how long.
    pub(crate) fn wait_for_news(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        match self {
            Self::Fixed(_) => None,
            Self::Remote(keys) => keys.wait_for_news(request),
            Self::Discovered(keys) => keys.wait_for_news(request),
        }
    }

    /// Whether they come from a server.
    pub(crate) fn are_remote(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }

    /// Goes on after an event of the root.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        match self {
            Self::Fixed(_) => {}
            Self::Remote(keys) => keys.on_event(root, event),
            Self::Discovered(keys) => keys.on_event(root, event),
        }
    }

    /// Whether the set has changed since this was asked last.
    pub(crate) fn took_change(&self) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Remote(keys) => keys.took_change(),
            Self::Discovered(keys) => keys.took_change(),
        }
    }

    /// The filter ends.
    pub(crate) fn close(&self, services: &dyn Services) {
        match self {
            Self::Fixed(_) => {}
            Self::Remote(keys) => keys.close(services),
            Self::Discovered(keys) => keys.close(services),
        }
    }
}
