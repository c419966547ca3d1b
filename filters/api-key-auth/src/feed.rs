//! Keys that a server publishes, on one worker: fetched, looked into, watched.

use std::time::Duration;

use gatepost_filter::{
    Contents, DocumentNames, Missing, RemotePlan, Request, Root, RootEvent, Services, WakeKey,
    WatchedDocument,
};

use crate::keys::{KeyFormat, KeySet};

/// Keys that a server publishes.
pub(crate) struct Feed(WatchedDocument<KeyFormat>);

/// The one document for which requests of this filter wait.
const KEY: WakeKey = 0;

impl Feed {
    /// The first tick; [`Feed::on_event`] paces the next ones.
    pub(crate) const FIRST_TICK: Duration = WatchedDocument::<KeyFormat>::FIRST_TICK;

    pub(crate) fn new(
        plan: RemotePlan,
        format: KeyFormat,
        instance: &str,
        services: &dyn Services,
    ) -> Self {
        let names = DocumentNames {
            instance: instance.to_owned(),
            name: "feed".to_owned(),
            kind: "key document",
            source: "feed",
            metrics: "gatepost_api_keys",
            entries: "entries",
            more_gauges: &[],
            without: "requests with a key of it are answered with 503",
        };
        Self(WatchedDocument::new(plan, format, KEY, names, services))
    }

    /// Looks at the keys.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(&KeySet) -> T,
    ) -> Result<T, Missing> {
        self.0.with(services, |keys| keys.map(look))
    }

    /// What a request waits for that comes before the keys, and how long it may still
    /// wait; nothing if it may not.
    pub(crate) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.0.wait(request)
    }

    /// Goes on: fetches, takes in what came.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        self.0.on_event(root, event, |keys, _| Contents {
            serves: keys.is_some(),
            entries: keys.map_or(0, KeySet::len),
            more: Vec::new(),
            line: keys.map(|keys| format!("loaded, {} keys", keys.len())),
        });
    }

    pub(crate) fn on_close(&self, services: &dyn Services) {
        self.0.close(services);
    }
}
