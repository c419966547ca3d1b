//! How a decision is told: counters, decision record, log line.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::time::Duration;

use gatepost_http_match::RequestView;

use crate::services::{Level, MetricId, MetricKind, Services};
use crate::settings::{Decision, RecordWhen, Settings};
use crate::sorted_map::SortedMap;
use crate::verdict::{Fields, Reason, RuleRef};

/// Tells the decisions of one instance of a filter.
#[derive(Debug)]
pub(crate) struct Reporter {
    instance: String,
    /// `None` for a metric that the proxy would not define: not asked again.
    counters: RefCell<SortedMap<(Decision, RuleRef, Reason), Option<MetricId>>>,
}

/// One decision.
pub(crate) struct Report<'a> {
    pub(crate) decision: Decision,
    pub(crate) rule: RuleRef,
    pub(crate) reason: &'a Reason,
    pub(crate) fields: &'a Fields,
}

/// The most counters of one instance: rules times reasons, both of the
/// document, so only a document of thousands of rules gets here.
const MOST_COUNTERS: usize = 10_000;

impl Reporter {
    pub(crate) fn new(instance: impl Into<String>) -> Self {
        Self {
            instance: instance.into(),
            counters: RefCell::default(),
        }
    }

    /// Counts, records and logs. None of it can change the verdict: a write
    /// that fails is lost (law 3).
    pub(crate) fn tell(
        &self,
        report: &Report<'_>,
        settings: &Settings,
        view: &RequestView,
        log: &LogLimit,
        services: &dyn Services,
    ) {
        self.count(report, settings, services);
        let passed = report.decision == Decision::Allowed;
        if !passed || settings.record == RecordWhen::Always {
            self.record(report, settings, services);
        }
        if !passed
            && services.logs(Level::Info)
            && let Some(suppressed) = log.admit(services.monotonic_clock())
        {
            services.log(Level::Info, &self.line(report, settings, view, suppressed));
        }
    }

    fn count(&self, report: &Report<'_>, settings: &Settings, services: &dyn Services) {
        let mut counters = self.counters.borrow_mut();
        let compare = |(decision, rule, reason): &(Decision, RuleRef, Reason)| {
            (*decision, *rule, reason).cmp(&(report.decision, report.rule, report.reason))
        };
        let metric = match counters.find(compare) {
            Some(metric) => *metric,
            None if counters.len() >= MOST_COUNTERS => None,
            None => {
                let rule = settings.rule_name(report.rule);
                let name = metric_name(
                    &self.instance,
                    rule,
                    report.reason.as_str(),
                    report.decision.metric(),
                );
                let metric = services.define_metric(MetricKind::Counter, &name).ok();
                let key = (report.decision, report.rule, report.reason.clone());
                counters.insert(key, metric);
                metric
            }
        };
        if let Some(metric) = metric {
            // A lost count is no reason to refuse a request.
            let _ = services.add_to_metric(metric, 1);
        }
    }

    fn record(&self, report: &Report<'_>, settings: &Settings, services: &dyn Services) {
        let write = |field: &str, value: &str| {
            let name = format!("gatepost.{}.{field}", self.instance);
            let _ = services.set_filter_state(&name, one_line(value).as_bytes());
        };
        write("decision", report.decision.as_str());
        write("rule", settings.rule_name(report.rule));
        write("reason", report.reason.as_str());
        for (field, value) in report.fields {
            write(field, value);
        }
    }

    fn line(
        &self,
        report: &Report<'_>,
        settings: &Settings,
        view: &RequestView,
        suppressed: u32,
    ) -> String {
        let mut line = format!(
            "{}: {} rule={} reason={}",
            self.instance,
            report.decision,
            settings.rule_name(report.rule),
            report.reason
        );
        for (field, value) in report.fields {
            let _ = write!(line, " {field}={}", escape(value.as_bytes()));
        }
        // Without its query, which is where clients put tokens.
        let _ = write!(
            line,
            " path={}",
            escape(view.raw_path().unwrap_or_default())
        );
        say_suppressed(&mut line, suppressed);
        line
    }
}

/// The name of a counter with its labels, in the form from which Istio's
/// built-in tag rules, and those in envoy/, take them: `wasm_filter` is the
/// instance, `component` the rule, `tag` the reason.
#[must_use]
pub fn metric_name(instance: &str, rule: &str, reason: &str, metric: &str) -> String {
    format!("wasm_filter.{instance}.component.{rule}.tag.{reason};.{metric}")
}

/// The name of a gauge with its labels, likewise: `wasm_filter` is the instance,
/// `component` what it speaks of.
#[must_use]
pub fn gauge_name(instance: &str, component: &str, metric: &str) -> String {
    format!("wasm_filter.{instance}.component.{component}.{metric}")
}

/// Bytes of a client as they may stand in a log line: printable ASCII, the rest
/// escaped, at most 128 bytes, between quotes.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    const LONGEST: usize = 128;
    let head = bytes.get(..LONGEST).unwrap_or(bytes);
    let cut = if head.len() < bytes.len() { "..." } else { "" };
    format!("\"{}\"{cut}", head.escape_ascii())
}

/// Text as it may stand in a property: access logs that are no JSON print it as it
/// is, so a control character, with which a claim could begin a line of its own, is
/// escaped.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for one in text.chars() {
        match one.is_control() {
            true => line.extend(one.escape_default()),
            false => line.push(one),
        }
    }
    Cow::Owned(line)
}

/// Adds to a line how many were left out before it.
pub(crate) fn say_suppressed(line: &mut String, suppressed: u32) {
    if suppressed > 0 {
        let _ = write!(line, " ({suppressed} more lines suppressed)");
    }
}

/// At most so many lines a second on this worker; the rest is counted.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    second: Cell<u64>,
    admitted: Cell<u32>,
    suppressed: Cell<u32>,
}

/// Denial lines a second a worker.
const LINES_A_SECOND: u32 = 10;

impl LogLimit {
    /// Whether a line may be written now, and how many were not before it.
    pub(crate) fn admit(&self, now: Duration) -> Option<u32> {
        if self.second.replace(now.as_secs()) != now.as_secs() {
            self.admitted.set(0);
        }
        if self.admitted.get() >= LINES_A_SECOND {
            self.suppressed.set(self.suppressed.get().saturating_add(1));
            return None;
        }
        self.admitted.set(self.admitted.get().saturating_add(1));
        Some(self.suppressed.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_denials_is_no_flood_of_lines() {
        let limit = LogLimit::default();
        let now = Duration::from_secs(7);
        let lines = (0..1000).filter(|_| limit.admit(now).is_some()).count();
        assert_eq!(lines, 10);
        assert_eq!(limit.admit(now), None);
        assert_eq!(limit.admit(Duration::from_secs(8)), Some(991));
        assert_eq!(limit.admit(Duration::from_secs(8)), Some(0));
    }

    #[test]
    fn client_bytes_are_escaped_and_cut() {
        assert_eq!(escape(b"/a\n\xff\"b"), r#""/a\n\xff\"b""#);
        assert_eq!(escape(&[b'a'; 200]).len(), 128 + 2 + 3);
    }

    #[test]
    fn a_control_character_of_a_record_is_escaped_and_nothing_else() {
        assert_eq!(one_line("J\u{fc} \\ \"x\""), "J\u{fc} \\ \"x\"");
        assert_eq!(
            one_line("a\r\n\0\u{1b}\u{7f}\u{85}b"),
            "a\\r\\n\\u{0}\\u{1b}\\u{7f}\\u{85}b"
        );
    }

    #[test]
    fn labels_stand_where_the_tag_rules_look() {
        assert_eq!(
            metric_name("ip", "rule-1", "ip_denied", "gatepost_denied_total"),
            "wasm_filter.ip.component.rule-1.tag.ip_denied;.gatepost_denied_total"
        );
    }
}
