//! What every worker answers, and what all of them count together.

use std::thread;
use std::time::Duration;

use super::Envoy;
use crate::{Result, wait_until};

const SOON: Duration = Duration::from_secs(20);

/// Connections that are opened at once; on which worker each falls is chance.
const AT_ONCE: usize = 6;

impl Envoy {
    /// All results of `ask`, which opens one new connection each time, until each
    /// worker has accepted one. For an Envoy with two workers.
    pub fn ask_each_worker<T: Send>(&self, ask: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
        let before = self.connections()?;
        let mut answers = Vec::new();
        wait_until("each worker got a connection", SOON, || {
            let batch: Result<Vec<T>> = thread::scope(|scope| {
                let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(&ask)).collect();
                threads
                    .into_iter()
                    .map(|thread| thread.join().expect("it gives errors, and no panic"))
                    .collect()
            });
            match batch {
                Ok(batch) => answers.extend(batch),
                Err(error) => return Some(Err(error)),
            }
            let now = self.connections().ok()?;
            let both = now.iter().zip(before).all(|(now, before)| *now > before);
            both.then_some(Ok(()))
        })??;
        Ok(answers)
    }

    /// How many connections each of two workers has accepted.
    pub fn connections(&self) -> Result<[u64; 2]> {
        let stats = self.stats()?;
        Ok(["worker_0", "worker_1"]
            .map(|worker| stats.sum(&format!("{worker}.downstream_cx_total"))))
    }

    /// A metric of a filter as Prometheus shows it: by the labels `wasm_filter` and
    /// `component`, and by `tag`, or without a tag where that is empty. None as long
    /// as nothing was counted.
    pub fn labelled(&self, metric: &str, filter: &str, component: &str, tag: &str) -> Option<u64> {
        let text = self.prometheus().ok()?;
        let has =
            |line: &str, name: &str, value: &str| line.contains(&format!("{name}=\"{value}\""));
        let holds = |line: &&str| {
            line.starts_with(&format!("{metric}{{"))
                && has(line, "wasm_filter", filter)
                && has(line, "component", component)
                && if tag.is_empty() {
                    !line.contains("tag=\"")
                } else {
                    has(line, "tag", tag)
                }
        };
        let line = text.lines().find(holds)?;
        line.rsplit_once(' ')?.1.parse().ok()
    }
}
