//! Keys of which the issuer says where they are (OpenID Connect Discovery, RFC 8414).

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use gatepost_filter::{
    Contents, Demand, DocumentNames, Missing, Request, Root, RootEvent, Services, WakeKey,
    WatchedDocument,
};
use gatepost_jose::KeySet;
use gatepost_remote::Source;

use super::Numbering;
use super::discovery_format::DiscoveryFormat;
use super::remote::RemoteKeys;
use crate::plan::DiscoveryPlan;

/// The keys of an issuer that publishes where they are, on one worker.
pub(crate) struct DiscoveredKeys {
    metadata: WatchedDocument<DiscoveryFormat>,
    plan: Rc<DiscoveryPlan>,
    key: WakeKey,
    instance: String,
    provider: String,
    sets: RefCell<Sets>,
}

/// The key sets of the places that the issuer named.
#[derive(Default)]
struct Sets {
    /// What serves, or did until it was too old, or will be the first to.
    current: Option<RemoteKeys>,
    /// What will serve when it has come: the issuer has named another place. Until
    /// then the keys of the old one serve as they are; it is not asked any more.
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
        let plan = Rc::new(plan);
        let format = DiscoveryFormat(Rc::clone(&plan));
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

    /// Keys count no longer than the metadata that say where they are.
    pub(super) fn with<T>(
        &self,
        services: &dyn Services,
        look: impl FnOnce(Result<&KeySet, Missing>) -> T,
    ) -> T {
        let metadata = self
            .metadata
            .with(services, |source| source.map(|_: &Source| ()));
        match (metadata, &self.sets.borrow().current) {
            (Ok(()), Some(keys)) => keys.with(services, look),
            (Ok(()), None) => look(Err(Missing::NotLoaded)),
            (Err(missing), _) => look(Err(missing)),
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
        let sets = self.sets.borrow();
        match (&sets.current, &sets.next) {
            (_, Some(next)) => match next.demand(request) {
                // They serve from the root's next tick on, which wakes who waits.
                Demand::Arrived => Demand::Coming,
                demand => demand,
            },
            (Some(keys), None) => keys.demand(request),
            (None, None) => Demand::Unanswered,
        }
    }

    pub(super) fn wait_for_news(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        let sets = self.sets.borrow();
        let newest = sets.next.as_ref().or(sets.current.as_ref())?;
        newest.wait_for_news(request)
    }

    pub(super) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        let services = root.services();
        let mut sets = self.sets.borrow_mut();
        self.metadata.on_event(root, event, |source, _| {
            if let Some(source) = source {
                self.follow(source, &mut sets, services);
            }
            Contents {
                serves: source.is_some(),
                entries: usize::from(source.is_some()),
                more: Vec::new(),
                line: source.map(|_| "loaded".to_owned()),
            }
        });
        let Some(next) = sets.next.take() else {
            if let Some(keys) = &sets.current {
                keys.on_event(root, event);
            }
            return;
        };
        next.on_event(root, event);
        if next.serve() {
            sets.current = Some(next);
            return;
        }
        if let Some(keys) = sets.current.as_ref().filter(|_| event == RootEvent::Tick) {
            keys.rest(services);
        }
        sets.next = Some(next);
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

    /// Has the keys fetched where the issuer says.
    fn follow(&self, source: &Source, sets: &mut Sets, services: &dyn Services) {
        let newest = sets.next.as_ref().or(sets.current.as_ref());
        if newest.is_some_and(|keys| keys.come_from(source)) {
            return;
        }
        if let Some(given_up) = sets.next.take() {
            given_up.close(services);
        }
        let Some(known) = &sets.current else {
            let names = (self.instance.as_str(), self.provider.as_str());
            let plan = self.plan.remote(source.clone());
            sets.current = Some(RemoteKeys::new(plan, self.key, names, services));
            return;
        };
        // Named again, it is asked again.
        if known.come_from(source) {
            return;
        }
        known.close(services);
        let keys = known.elsewhere(self.plan.remote(source.clone()), services);
        match known.have_served() {
            true => sets.next = Some(keys),
            false => sets.current = Some(keys),
        }
    }
}
