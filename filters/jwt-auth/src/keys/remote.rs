//! Keys that a server publishes as a JWK set.

use std::cell::Cell;
use std::time::Duration;

use gatepost_filter::{
    Contents, Demand, DocumentNames, Missing, RemotePlan, Request, Root, RootEvent, Services,
    WakeKey, WatchedDocument,
};
use gatepost_jose::KeySet;
use gatepost_remote::Source;

use super::jwks_format::JwksFormat;

/// A JWK set that a server publishes, on one worker.
pub(crate) struct RemoteKeys {
    watched: WatchedDocument<JwksFormat>,
    format: JwksFormat,
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
        let format = JwksFormat::default();
        Self {
            watched: WatchedDocument::new(plan, format.clone(), key, names, services),
            format,
            has_changed: Cell::default(),
        }
    }

    /// The keys of the same provider at another source; the same requests wait.
    pub(super) fn elsewhere(&self, plan: RemotePlan, services: &dyn Services) -> Self {
        let format = self.format.clone();
        Self {
            watched: self.watched.elsewhere(plan, format.clone(), services),
            format,
            has_changed: Cell::default(),
        }
    }

    pub(super) fn come_from(&self, source: &Source) -> bool {
        self.watched.comes_from(source)
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

    /// Whether there have ever been keys.
    pub(super) fn have_served(&self) -> bool {
        self.watched.missing() != Some(Missing::NotLoaded)
    }

    pub(super) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        let services = root.services();
        self.watched.on_event(root, event, |keys, is_new| {
            self.has_changed.set(self.has_changed.get() || is_new);
            contents(keys)
        });
        self.format.tell_left_out(|key| {
            let line = format!("a key is left out: {key}");
            self.watched.warn(&line, services);
        });
    }

    /// Goes on after a tick without the source.
    pub(super) fn rest(&self, services: &dyn Services) {
        self.watched.rest(services, contents);
    }

    /// Whether the set has changed since this was asked last.
    pub(super) fn took_change(&self) -> bool {
        self.has_changed.take()
    }

    pub(super) fn close(&self, services: &dyn Services) {
        self.watched.close(services);
    }
}

fn contents(keys: Option<&KeySet>) -> Contents {
    Contents {
        serves: keys.is_some(),
        entries: keys.map_or(0, KeySet::len),
        more: Vec::new(),
        line: keys.map(|keys| format!("loaded, {} keys", keys.len())),
    }
}
