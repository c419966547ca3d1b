//! Tokens that count no more.

mod feed;
mod feed_format;
mod list;

use std::time::Duration;

use gatepost_filter::{Missing, Request, Root, RootEvent, Services, WakeKey};

use self::feed::RevocationFeed;
pub(crate) use self::list::{Revocable, RevocationList, is_value};
use crate::keys::Numbering;
use crate::plan::RevocationPlan;

/// What is revoked of a provider's tokens, on one worker.
pub(crate) struct Revocations {
    list: RevocationList,
    feed: Option<RevocationFeed>,
}

/// Why a token does not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotGood {
    /// It is revoked.
    Revoked,
    /// Nobody can tell whether it is.
    Unknown(Missing),
}

impl Revocations {
    pub(crate) fn new(
        plan: RevocationPlan,
        provider: &str,
        numbering: &mut Numbering<'_>,
        services: &dyn Services,
    ) -> Self {
        let feed = plan.feed.map(|feed| {
            let names = (numbering.instance, provider);
            RevocationFeed::new(feed, numbering.take(), names, services)
        });
        Self {
            list: plan.list,
            feed,
        }
    }

    /// Whether nothing can be revoked.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && self.feed.is_none()
    }

    /// Whether the token still counts.
    pub(crate) fn check(
        &self,
        token: &Revocable<'_>,
        services: &dyn Services,
    ) -> Result<(), NotGood> {
        if self.list.revokes(token) {
            return Err(NotGood::Revoked);
        }
        match &self.feed {
            Some(feed) => feed.check(token, services),
            None => Ok(()),
        }
    }

    /// What a request waits for that comes before the first list, and how long;
    /// nothing if it may not.
    pub(crate) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.feed.as_ref()?.wait(request)
    }

    /// Whether there is a list of a server.
    pub(crate) fn are_remote(&self) -> bool {
        self.feed.is_some()
    }

    /// Goes on after an event of the root.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        if let Some(feed) = &self.feed {
            feed.on_event(root, event);
        }
    }

    /// The filter ends.
    pub(crate) fn close(&self, services: &dyn Services) {
        if let Some(feed) = &self.feed {
            feed.close(services);
        }
    }
}
