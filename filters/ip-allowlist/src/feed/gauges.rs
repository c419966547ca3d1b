//! What an operator watches of a feed.

use std::cell::RefCell;
use std::time::Duration;

use gatepost_filter::{MetricId, MetricKind, Services, SortedMap, gauge_name, metric_name};

/// The gauges and counters of one list. Workers that have the list show the same; a metric
/// that the proxy does not give is lost (law 3).
pub(crate) struct Gauges {
    instance: String,
    list: String,
    age: Option<MetricId>,
    last_success: Option<MetricId>,
    entries: Option<MetricId>,
    masked: Option<MetricId>,
    counters: RefCell<SortedMap<&'static str, Option<MetricId>>>,
}

impl Gauges {
    pub(crate) fn define(instance: &str, list: &str, services: &dyn Services) -> Self {
        let define = |metric| {
            let name = gauge_name(instance, list, metric);
            services.define_metric(MetricKind::Gauge, &name).ok()
        };
        Self {
            instance: instance.to_owned(),
            list: list.to_owned(),
            age: define("gatepost_list_age_seconds"),
            last_success: define("gatepost_list_last_success_seconds"),
            entries: define("gatepost_list_entries"),
            masked: define("gatepost_list_masked_entries"),
            counters: RefCell::default(),
        }
    }

    /// The time since the source was asked that gave or confirmed the list, and
    /// when that was.
    pub(crate) fn set_age(&self, age: Duration, services: &dyn Services) {
        set(self.age, age.as_secs(), services);
        if let Ok(now) = services.wall_clock() {
            set(
                self.last_success,
                now.saturating_sub(age).as_secs(),
                services,
            );
        }
    }

    pub(crate) fn set_entries(&self, entries: usize, services: &dyn Services) {
        set(
            self.entries,
            u64::try_from(entries).unwrap_or(u64::MAX),
            services,
        );
    }

    pub(crate) fn set_masked(&self, masked: u32, services: &dyn Services) {
        set(self.masked, u64::from(masked), services);
    }

    pub(crate) fn count_failure(&self, kind: &'static str, services: &dyn Services) {
        self.count(kind, "gatepost_list_failures_total", services);
    }

    pub(crate) fn count_ignored(&self, services: &dyn Services) {
        self.count("ignored", "gatepost_list_ignored_total", services);
    }

    fn count(&self, tag: &'static str, metric: &str, services: &dyn Services) {
        let mut counters = self.counters.borrow_mut();
        if counters.get(&tag).is_none() {
            let name = metric_name(&self.instance, &self.list, tag, metric);
            let id = services.define_metric(MetricKind::Counter, &name).ok();
            counters.insert(tag, id);
        }
        if let Some(Some(id)) = counters.get(&tag) {
            let _ = services.add_to_metric(*id, 1);
        }
    }
}

fn set(metric: Option<MetricId>, value: u64, services: &dyn Services) {
    if let Some(metric) = metric {
        let _ = services.set_metric(metric, value);
    }
}
