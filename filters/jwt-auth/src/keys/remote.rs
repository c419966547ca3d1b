//! Keys that a server publishes as a JWK set.

use std::cell::Cell;
use std::time::Duration;

use gatepost_filter::{
    Contents, Demand, DocumentNames, Missing, RemotePlan, Request, Root, RootEvent, Services,
    WakeKey, WatchedDocument,
};
use gatepost_jose::KeySet;

use super::jwks_format::JwksFormat;

/// A JWK set that a server publishes, on one worker.
pub(crate) struct RemoteKeys {
    watched: WatchedDocument<JwksFormat>,
    has_changed: Cell<bool>,
}

impl RemoteKeys {
    /// The keys at this source; requests wait for `key`. `names` are those of the
    /// filter's instance and of the provider.
    pub(super) fn new(
        plan: RemotePlan,
        key: WakeKey,
        (instance, provider): (&str, &str),
        services: &dyn Services,
    ) -> Self {
        let names = DocumentNames {
            instance: instance.to_owned(),
            name: provider.to_owned(),
            kind: "key set",
            source: "key server",
            metrics: "gatepost_jwks",
            entries: "keys",
            more_gauges: &[],
            without: "tokens are answered with 503",
        };
        Self {
            watched: WatchedDocument::new(plan, JwksFormat, key, names, services),
            has_changed: Cell::default(),
        }
    }

    pub(super) fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(Result<&KeySet, Missing>) -> T,
    ) -> T {
        self.watched.with(services, look)
    }

    pub(super) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.watched.wait(request)
    }

    pub(super) fn demand(&self, request: &mut Request<'_>) -> Demand {
        self.watched.demand(request)
    }

    pub(super) fn wait_for_news(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.watched.wait_for_news(request)
    }

    /// Whether there are keys now.
    pub(super) fn serve(&self) -> bool {
        self.watched.missing().is_none()
    }

    pub(super) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        self.watched.on_event(root, event, |keys, is_new| {
            self.has_changed.set(self.has_changed.get() || is_new);
            Contents {
                serves: keys.is_some(),
                entries: keys.map_or(0, KeySet::len),
                more: Vec::new(),
                line: keys.map(|keys| format!("loaded, {} keys", keys.len())),
            }
        });
    }

    /// Whether the set has changed since this was asked last.
    pub(super) fn took_change(&self) -> bool {
        self.has_changed.take()
    }

    pub(super) fn close(&self, services: &dyn Services) {
        self.watched.close(services);
    }
}
