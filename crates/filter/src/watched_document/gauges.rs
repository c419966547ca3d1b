//! What an operator watches of a document.

use std::cell::RefCell;
use std::time::Duration;

use super::{Contents, DocumentNames};
use crate::report::{gauge_name, metric_name};
use crate::services::{MetricId, MetricKind, Services};
use crate::sorted_map::SortedMap;

/// The gauges and counters of one document. Workers that have it show the same; a
/// metric that the proxy does not give is lost (law 3).
pub(super) struct Gauges {
    age: Option<MetricId>,
    last_success: Option<MetricId>,
    entries: Option<MetricId>,
    more: Vec<Option<MetricId>>,
    counters: RefCell<SortedMap<&'static str, Option<MetricId>>>,
}

impl Gauges {
    pub(super) fn define(names: &DocumentNames, services: &dyn Services) -> Self {
        let define = |metric: &str| {
            let metric = format!("{}_{metric}", names.metrics);
            let name = gauge_name(&names.instance, &names.name, &metric);
            services.define_metric(MetricKind::Gauge, &name).ok()
        };
        Self {
            age: define("age_seconds"),
            last_success: define("last_success_seconds"),
            entries: define(names.entries),
            more: names.more_gauges.iter().map(|name| define(name)).collect(),
            counters: RefCell::default(),
        }
    }

    /// The age is the time since the source was asked that gave or confirmed the
    /// document.
    pub(super) fn show(&self, age: Option<Duration>, contents: &Contents, services: &dyn Services) {
        if let Some(age) = age {
            set(self.age, age.as_secs(), services);
            if let Ok(now) = services.wall_clock() {
                let last_success = now.saturating_sub(age);
                set(self.last_success, last_success.as_secs(), services);
            }
        }
        let entries = u64::try_from(contents.entries).unwrap_or(u64::MAX);
        set(self.entries, entries, services);
        for (gauge, value) in self.more.iter().zip(&contents.more) {
            set(*gauge, *value, services);
        }
    }

    pub(super) fn count(
        &self,
        names: &DocumentNames,
        tag: &'static str,
        metric: &str,
        services: &dyn Services,
    ) {
        let mut counters = self.counters.borrow_mut();
        if counters.get(&tag).is_none() {
            let name = metric_name(&names.instance, &names.name, tag, metric);
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
