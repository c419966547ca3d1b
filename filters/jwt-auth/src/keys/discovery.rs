//! Keys of which the issuer says where they are (OpenID Connect Discovery, RFC 8414).

use std::cell::RefCell;
use std::time::Duration;

use gatepost_config::Shown;
use gatepost_filter::{
    Contents, Demand, DocumentNames, Level, Missing, Request, Root, RootEvent, Services, WakeKey,
    WatchedDocument,
};
use gatepost_jose::KeySet;

use super::Numbering;
use super::discovery_format::{DiscoveryFormat, KeysAt};
use super::remote::RemoteKeys;
use crate::plan::DiscoveryPlan;

/// The keys of an issuer that publishes where they are, on one worker.
pub(crate) struct DiscoveredKeys {
    metadata: WatchedDocument<DiscoveryFormat>,
    plan: DiscoveryPlan,
    key: WakeKey,
    instance: String,
    provider: String,
    sets: RefCell<Sets>,
}

/// The key sets of the places that the issuer named.
#[derive(Default)]
struct Sets {
    /// What the issuer said last.
    place: Option<KeysAt>,
    /// What serves.
    current: Option<RemoteKeys>,
    /// What will serve when it has come: the issuer has named another place.
    next: Option<RemoteKeys>,
}

impl DiscoveredKeys {
    pub(super) fn new(
        plan: DiscoveryPlan,
        provider: &str,
        numbering: &mut Numbering<'_>,
        services: &dyn Services,
    ) -> Self {
        let names = DocumentNames {
            instance: numbering.instance.to_owned(),
            name: provider.to_owned(),
            kind: "issuer metadata",
            source: "metadata server",
            metrics: "gatepost_discovery",
            entries: "documents",
            more_gauges: &[],
            without: "tokens are answered with 503",
        };
        let format = DiscoveryFormat {
            issuer: plan.issuer.clone(),
        };
        let metadata = plan.metadata.clone();
        Self {
            metadata: WatchedDocument::new(metadata, format, numbering.take(), names, services),
            key: numbering.take(),
            instance: numbering.instance.to_owned(),
            provider: provider.to_owned(),
            sets: RefCell::default(),
            plan,
        }
    }

    pub(super) fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(Result<&KeySet, Missing>) -> T,
    ) -> T {
        match &self.sets.borrow().current {
            Some(keys) => keys.with(services, look),
            None => look(Err(Missing::NotLoaded)),
        }
    }

    /// For the issuer's metadata first, then for the keys.
    pub(super) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        match &self.sets.borrow().current {
            Some(keys) => keys.wait(request),
            None => self.metadata.wait(request),
        }
    }

    pub(super) fn demand(&self, request: &mut Request<'_>) -> Demand {
        match &self.sets.borrow().current {
            Some(keys) => keys.demand(request),
            None => Demand::Useless,
        }
    }

    pub(super) fn wait_for_news(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.sets.borrow().current.as_ref()?.wait_for_news(request)
    }

    pub(super) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        let services = root.services();
        let mut sets = self.sets.borrow_mut();
        self.metadata.on_event(root, event, |place, _| {
            let serves = place.is_some_and(|place| self.follow(place, &mut sets, services));
            Contents {
                serves,
                entries: usize::from(serves),
                more: Vec::new(),
                line: serves.then(|| "loaded".to_owned()),
            }
        });
        for keys in [&sets.current, &sets.next].into_iter().flatten() {
            keys.on_event(root, event);
        }
        if sets.next.as_ref().is_some_and(RemoteKeys::serve) {
            let next = sets.next.take();
            if let Some(old) = std::mem::replace(&mut sets.current, next) {
                old.close(services);
            }
        }
    }

    /// Whether the set has changed since this was asked last.
    pub(super) fn took_change(&self) -> bool {
        let sets = self.sets.borrow();
        let mut serving = sets.current.iter();
        serving.any(RemoteKeys::took_change)
    }

    pub(super) fn close(&self, services: &dyn Services) {
        self.metadata.close(services);
        let sets = self.sets.borrow();
        for keys in [&sets.current, &sets.next].into_iter().flatten() {
            keys.close(services);
        }
    }

    /// Has the keys fetched where the issuer says; false if they must not be.
    fn follow(&self, place: &KeysAt, sets: &mut Sets, services: &dyn Services) -> bool {
        if sets.place.as_ref() == Some(place) {
            return sets.current.is_some();
        }
        sets.place = Some(place.clone());
        let Some(source) = self.plan.keys_at(&place.authority, &place.path) else {
            let line = format!(
                "{}: provider {}: `jwks_uri` names the host {}, which is none of `key_servers`, or \
                 no place to fetch from: its keys are not fetched",
                self.instance,
                self.provider,
                Shown(&place.authority)
            );
            services.log(Level::Warn, &line);
            return sets.current.is_some();
        };
        let names = (self.instance.as_str(), self.provider.as_str());
        let keys = RemoteKeys::new(source, self.key, names, services);
        let slot = match sets.current {
            None => &mut sets.current,
            Some(_) => &mut sets.next,
        };
        if let Some(old) = slot.replace(keys) {
            old.close(services);
        }
        true
    }
}
