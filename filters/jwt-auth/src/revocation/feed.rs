//! A list of revoked values that a server publishes, on one worker.

use std::time::Duration;

use gatepost_filter::{
    Contents, DocumentNames, Request, Root, RootEvent, Services, WakeKey, WatchedDocument,
};

use super::NotGood;
use super::feed_format::RevocationFormat;
use super::list::{Revocable, RevocationList};
use crate::plan::RevocationFeedPlan;

/// A list that a server publishes.
pub(crate) struct RevocationFeed {
    watched: WatchedDocument<RevocationFormat>,
    /// Whether requests do without the list when there is none.
    is_optional: bool,
}

impl RevocationFeed {
    pub(super) fn new(
        plan: RevocationFeedPlan,
        key: WakeKey,
        (instance, provider): (&str, &str),
        services: &dyn Services,
    ) -> Self {
        let names = DocumentNames {
            instance: instance.to_owned(),
            name: provider.to_owned(),
            kind: "revocation list",
            source: "revocation feed",
            metrics: "gatepost_revocations",
            entries: "entries",
            more_gauges: &[],
            without: match plan.is_optional {
                true => "tokens are judged without it",
                false => "tokens are answered with 503",
            },
        };
        Self {
            watched: WatchedDocument::new(plan.remote, RevocationFormat, key, names, services),
            is_optional: plan.is_optional,
        }
    }

    pub(super) fn check(
        &self,
        token: &Revocable<'_>,
        services: &dyn Services,
    ) -> Result<(), NotGood> {
        let is_revoked = self
            .watched
            .with(services, |list| list.map(|list| list.revokes(token)));
        match is_revoked {
            Ok(true) => Err(NotGood::Revoked),
            Ok(false) => Ok(()),
            Err(_) if self.is_optional => {
                let metric = "gatepost_revocations_ignored_total";
                self.watched.count("ignored", metric, services);
                Ok(())
            }
            Err(missing) => Err(NotGood::Unknown(missing)),
        }
    }

    pub(super) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.watched.wait(request)
    }

    pub(super) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        self.watched.on_event(root, event, |list, _| Contents {
            serves: list.is_some(),
            entries: list.map_or(0, RevocationList::len),
            more: Vec::new(),
            line: list.map(|list| format!("loaded, {} entries", list.len())),
        });
    }

    pub(super) fn close(&self, services: &dyn Services) {
        self.watched.close(services);
    }
}
