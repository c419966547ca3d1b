//! A list that a server publishes, on one worker: fetched, looked into, watched.

mod format;
mod gauges;

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use gatepost_filter::{KeptDocument, Level, Request, Root, RootEvent, Services, WakeKey};
use gatepost_ip_set::feed::FeedTable;

pub(crate) use self::format::ListFormat;
use self::gauges::Gauges;
use crate::plan::FeedPlan;

/// A list that a server publishes.
pub(crate) struct Feed {
    plan: FeedPlan,
    instance: String,
    key: WakeKey,
    kept: KeptDocument<ListFormat>,
    /// What requests look into; nothing before the first list, nor when it is too
    /// old.
    table: RefCell<Option<Table>>,
    was_loaded: Cell<bool>,
    gauges: OnceCell<Gauges>,
}

/// Entries of a list that have not expired at a moment of the wall clock.
struct Table {
    entries: FeedTable,
    /// Whether other entries may count at another moment.
    expires: bool,
    built_at: Duration,
}

/// Why a list cannot be looked into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// None has come yet.
    NotLoaded,
    /// The last success is too long ago.
    Stale,
}

/// When a request began to wait for lists, on the monotonic clock.
struct Since(Duration);

impl Feed {
    /// The first tick; [`Feed::on_event`] paces the next ones.
    pub(crate) const FIRST_TICK: Duration = KeptDocument::<ListFormat>::FIRST_TICK;

    pub(crate) fn new(
        plan: FeedPlan,
        key: WakeKey,
        instance: &str,
        services: &dyn Services,
    ) -> Self {
        let source = plan.source.clone();
        Self {
            kept: KeptDocument::new(source, plan.format, key, services),
            instance: instance.to_owned(),
            key,
            table: RefCell::default(),
            was_loaded: Cell::default(),
            gauges: OnceCell::new(),
            plan,
        }
    }

    /// Why there is no list, if there is none.
    pub(crate) fn missing(&self) -> Option<Missing> {
        match (self.table.borrow().is_some(), self.was_loaded.get()) {
            (true, _) => None,
            (false, true) => Some(Missing::Stale),
            (false, false) => Some(Missing::NotLoaded),
        }
    }

    /// The longest prefix of an entry that holds the address.
    pub(crate) fn lookup(&self, address: IpAddr) -> Option<u8> {
        let table = self.table.borrow();
        table.as_ref()?.entries.lookup(address)
    }

    /// Whether requests do without the list when there is none.
    pub(crate) fn is_optional(&self) -> bool {
        self.plan.is_optional
    }

    /// Counts a request that did without the list.
    pub(crate) fn count_ignored(&self, services: &dyn Services) {
        self.gauges(services).count_ignored(services);
    }

    /// What a request waits for that comes before the list, and how long it may
    /// still wait; nothing if it may not. All its waits are counted from the first.
    pub(crate) fn wait(&self, request: &mut Request<'_>) -> Option<(WakeKey, Duration)> {
        let wait = self.plan.wait.filter(|_| !self.was_loaded.get())?;
        let now = request.services().monotonic_clock();
        let Since(start) = match request.take_state() {
            Some(since) => *since,
            None => Since(now),
        };
        request.keep_state(Since(start));
        let left = start.saturating_add(wait).saturating_sub(now);
        (!left.is_zero()).then_some((self.key, left))
    }

    /// Goes on: fetches, takes in what came, lets entries expire.
    pub(crate) fn on_event(&self, root: &mut Root<'_>, event: RootEvent) {
        let services = root.services();
        let news = self.kept.on_event(root, event);
        if news.changed || event == RootEvent::Tick {
            self.rebuild(news.changed, services);
        }
        for failure in &news.failed {
            let kind = failure.kind().code();
            self.gauges(services).count_failure(kind, services);
            let line = format!(
                "the feed failed ({kind}): {failure}; {}",
                self.stands(services)
            );
            self.say(Level::Warn, &line, services);
        }
        if news.changed {
            self.say(Level::Info, &self.contents(services), services);
        }
        if news.changed || event == RootEvent::Tick {
            self.show(services);
        }
    }

    pub(crate) fn on_close(&self, services: &dyn Services) {
        self.kept.close(services);
    }

    /// Makes the table anew if the list has changed, an entry of it has expired or
    /// the wall clock has stepped back; forgets it if the list is too old.
    fn rebuild(&self, is_new: bool, services: &dyn Services) {
        self.kept.with(services, |list| {
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
                self.was_loaded.set(true);
            }
        });
    }

    fn gauges(&self, services: &dyn Services) -> &Gauges {
        self.gauges
            .get_or_init(|| Gauges::define(&self.instance, &self.plan.name, services))
    }

    /// Shows what this worker has. One that has nothing yet shows nothing: another
    /// one may have loaded the list.
    fn show(&self, services: &dyn Services) {
        let gauges = self.gauges(services);
        if !self.was_loaded.get() {
            return;
        }
        if let Some(age) = self.kept.status(services).age {
            gauges.set_age(age, services);
        }
        let entries = match self.table.borrow().as_ref() {
            Some(table) => table.entries.len(),
            None => 0,
        };
        gauges.set_entries(entries, services);
        let masked = self
            .kept
            .with(services, |list| list.map_or(0, |list| list.masked()));
        gauges.set_masked(masked, services);
    }

    fn contents(&self, services: &dyn Services) -> String {
        self.kept.with(services, |list| {
            let (entries, masked) = list.map_or((0, 0), |list| (list.len(), list.masked()));
            let mut line = format!("loaded, {entries} entries");
            if masked > 0 {
                let _ = write!(
                    line,
                    ", {masked} of them with host bits, which do not count"
                );
            }
            line
        })
    }

    /// What serves after a failure.
    fn stands(&self, services: &dyn Services) -> String {
        let without = if self.is_optional() {
            "requests pass by it"
        } else {
            "requests that need it are answered with 503"
        };
        match (self.missing(), self.kept.status(services).age) {
            (None, Some(age)) => format!("the last good list stays, {} s old", age.as_secs()),
            (Some(Missing::NotLoaded), _) => format!("there is no list yet: {without}"),
            _ => format!("the last good list is too old: {without}"),
        }
    }

    fn say(&self, level: Level, line: &str, services: &dyn Services) {
        if services.logs(level) {
            let line = format!("{}: list {}: {line}", self.instance, self.plan.name);
            services.log(level, &line);
        }
    }
}
