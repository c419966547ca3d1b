//! What Envoy counted.

use std::collections::BTreeMap;

/// Counters and gauges as `/stats` shows them, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Stats(BTreeMap<String, u64>);

impl Stats {
    /// Reads the text form, one `name: value` a line. Histograms and texts are left out.
    pub fn parse(text: &str) -> Self {
        Self(
            text.lines()
                .filter_map(|line| line.rsplit_once(": "))
                .filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?)))
                .collect(),
        )
    }

    /// The value of `name`. Envoy creates many counters at their first use, so one
    /// that is not there reads as 0; see [`Stats::has`].
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Whether Envoy knows `name` yet.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All whose name holds `part`, in order of the name.
    pub fn matching<'a>(&'a self, part: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        self.0
            .iter()
            .filter(move |(name, _)| name.contains(part))
            .map(|(name, &value)| (name.as_str(), value))
    }

    /// The sum of all whose name holds `part`.
    pub fn sum(&self, part: &str) -> u64 {
        self.matching(part).map(|(_, value)| value).sum()
    }
}
