//! What is told of a document: gauges, counters, log lines.

use std::cell::OnceCell;
use std::time::Duration;

use gatepost_remote::Failure;

use super::gauges::Gauges;
use super::{Contents, DocumentNames, Missing};
use crate::report::{LogLimit, say_suppressed};
use crate::services::{Level, Services};

/// Tells of one document, wherever it comes from.
pub(super) struct Teller {
    names: DocumentNames,
    gauges: OnceCell<Gauges>,
    log: LogLimit,
}

impl Teller {
    pub(super) fn new(names: DocumentNames) -> Self {
        Self {
            names,
            gauges: OnceCell::new(),
            log: LogLimit::default(),
        }
    }

    pub(super) fn count(&self, tag: &'static str, metric: &str, services: &dyn Services) {
        self.gauges(services)
            .count(&self.names, tag, metric, services);
    }

    /// A failure, and what serves after it: why there is no document, if there is
    /// none, and how old it is.
    pub(super) fn tell_failure(
        &self,
        failure: &Failure<String>,
        (missing, age): (Option<Missing>, Option<Duration>),
        services: &dyn Services,
    ) {
        let code = failure.kind().code();
        let DocumentNames {
            kind,
            source,
            metrics,
            without,
            ..
        } = self.names;
        self.count(code, &format!("{metrics}_failures_total"), services);
        let stands = match (missing, age) {
            (None, Some(age)) => format!("the last good {kind} stays, {} s old", age.as_secs()),
            (Some(Missing::NotLoaded), _) => format!("there is no {kind} yet: {without}"),
            _ => format!("the last good {kind} is too old: {without}"),
        };
        let line = format!("the {source} failed ({code}): {failure}; {stands}");
        self.say(Level::Warn, &line, services);
    }

    /// Defines the gauges, and shows what they say if there is something.
    pub(super) fn show(
        &self,
        age: Option<Duration>,
        contents: Option<&Contents>,
        services: &dyn Services,
    ) {
        let gauges = self.gauges(services);
        if let Some(contents) = contents {
            gauges.show(age, contents, services);
        }
    }

    pub(super) fn say(&self, level: Level, line: &str, services: &dyn Services) {
        if !services.logs(level) {
            return;
        }
        if let Some(suppressed) = self.log.admit(services.monotonic_clock()) {
            let DocumentNames {
                instance,
                kind,
                name,
                ..
            } = &self.names;
            let mut line = format!("{instance}: {kind} {name}: {line}");
            say_suppressed(&mut line, suppressed);
            services.log(level, &line);
        }
    }

    fn gauges(&self, services: &dyn Services) -> &Gauges {
        self.gauges
            .get_or_init(|| Gauges::define(&self.names, services))
    }
}
