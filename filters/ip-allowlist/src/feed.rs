//! A list that a server publishes, on one worker: fetched, looked into, watched.

mod format;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use gatepost_filter::{
    Contents, DocumentNames, Missing, Request, Root, RootEvent, Services, WakeKey, WatchedDocument,
};
use gatepost_ip_set::feed::{FeedList, FeedTable};

pub(crate) use self::format::ListFormat;
use crate::plan::FeedPlan;

/// A list that a server publishes.
pub(crate) struct Feed {
    watched: WatchedDocument<ListFormat>,
    /// Whether requests do without the list when there is none.
    is_optional: bool,
    /// What requests look into; nothing before the first list, nor when it is too
    /// old.
    table: RefCell<Option<Table>>,
}

/// Entries of a list that have not expired at a moment of the wall clock.
struct Table {
    entries: FeedTable,
    /// Whether other entries may count at another moment.
    expires: bool,
    built_at: Duration,
}

impl Feed {
    /// The first tick; [`Feed::on_event`] paces the next ones.
    pub(crate) const FIRST_TICK: Duration = WatchedDocument::<ListFormat>::FIRST_TICK;

    pub(crate) fn new(
        plan: FeedPlan,
        key: WakeKey,
        instance: &str,
        services: &dyn Services,
    ) -> Self {
        let FeedPlan {
            name,
            remote,
            format,
            is_optional,
        } = plan;
        let names = DocumentNames {
            instance: instance.to_owned(),
            name,
            kind: "list",
            source: "feed",
            metrics: "gatepost_list",
            entries: "entries",
            more_gauges: &["masked_entries"],
            without: match is_optional {
                true => "requests pass by it",
                false => "requests that need it are answered with 503",
            },
        };
        Self {
            watched: WatchedDocument::new(remote, format, key, names, services),
            is_optional,
            table: RefCell::default(),
        }
    }

    /// Why there is no list, if there is none.
    pub(crate) fn missing(&self) -> Option<Missing> {
        self.watched.missing()
    }

    /// The longest prefix of an entry that holds the address.
    pub(crate) fn lookup(&self, address: IpAddr) -> Option<u8> {
        let table = self.table.borrow();
        table.as_ref()?.entries.lookup(address)
    }

    /// Whether requests do without the list when there is none.
    pub(crate) fn is_optional(&self) -> bool {
        self.is_optional
    }

    /// Counts a request that did without the list.
    pub(crate) fn count_ignored(&self, services: &dyn Services) {
        let metric = "gatepost_list_ignored_total";
        self.watched.count("ignored", metric, services);
    }

    /// What a request waits for that comes before the list, and how long it may
    /// still wait; nothing if it may not. All its waits are counted from the first.
    pub(crate) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        self.watched.wait(request)
    }

    /// Goes on: fetches, takes in what came, lets entries expire.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        let services = root.services();
        self.watched.on_event(root, event, |list, is_new| {
            self.rebuild(list, is_new, services);
            let table = self.table.borrow();
            Contents {
                serves: table.is_some(),
                entries: table.as_ref().map_or(0, |table| table.entries.len()),
                more: vec![list.map_or(0, |list| u64::from(list.masked()))],
                line: list.filter(|_| is_new).map(loaded),
            }
        });
    }

    pub(crate) fn on_close(&self, services: &dyn Services) {
        self.watched.close(services);
    }

    /// Makes the table anew if the list has changed, an entry of it has expired or
    /// the wall clock has stepped back; forgets it if the list is too old.
    fn rebuild(&self, list: Option<&FeedList>, is_new: bool, services: &dyn Services) {
        let mut table = self.table.borrow_mut();
        let Some(list) = list else {
            *table = None;
            return;
        };
        let known = table.as_ref().filter(|_| !is_new);
        let expires = match known {
            Some(table) if !table.expires => return,
            Some(_) => true,
            None => list.iter().any(|(_, expiry)| expiry.is_some()),
        };
        let wall = match services.wall_clock() {
            Ok(wall) => wall,
            // All entries count at any time.
            Err(_) if !expires => Duration::ZERO,
            // Nobody can say which entries still count.
            Err(_) => {
                *table = None;
                return;
            }
        };
        let is_current = |table: &Table| {
            let before_expiry = table
                .entries
                .next_expiry()
                .is_none_or(|expiry| wall < expiry);
            before_expiry && table.built_at <= wall
        };
        if is_new || !table.as_ref().is_some_and(is_current) {
            // The old one goes first: memory of a module never shrinks.
            *table = None;
            *table = Some(Table {
                entries: FeedTable::build(list, wall),
                expires,
                built_at: wall,
            });
        }
    }
}

fn loaded(list: &FeedList) -> String {
    let mut line = format!("loaded, {} entries", list.len());
    if list.masked() > 0 {
        let _ = write!(
            line,
            ", {} of them with host bits, which do not count",
            list.masked()
        );
    }
    line
}
