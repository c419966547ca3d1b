//! The lines that a process has written so far, shared with the thread that reads them.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Older lines stay, newer ones are counted: a test that floods the log is
/// still one that ends.
const MOST_LINES: usize = 500_000;

/// Everything a process wrote to its standard output and error, by line.
#[derive(Clone, Default)]
pub struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    grown: Condvar,
}

#[derive(Default)]
struct Lines {
    kept: Vec<String>,
    dropped: usize,
}

impl Log {
    /// How many lines there are: a mark to search from later.
    pub fn len(&self) -> usize {
        self.lock().kept.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All lines from `mark` on, joined; `text(0)` is the whole log.
    pub fn text(&self, mark: usize) -> String {
        let lines = self.lock();
        let mut text = lines
            .kept
            .iter()
            .skip(mark)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        if lines.dropped > 0 {
            text.push_str(&format!("\n({} more lines were not kept)", lines.dropped));
        }
        text
    }

    /// How many lines hold `needle`.
    pub fn count(&self, needle: &str) -> usize {
        self.lock()
            .kept
            .iter()
            .filter(|line| line.contains(needle))
            .count()
    }

    /// The first line from `mark` on that holds `needle`, waiting for it at most `within`.
    pub fn wait_for(&self, needle: &str, mark: usize, within: Duration) -> Result<String> {
        let deadline = Instant::now() + within;
        let mut lines = self.lock();
        loop {
            if let Some(line) = lines
                .kept
                .iter()
                .skip(mark)
                .find(|line| line.contains(needle))
            {
                return Ok(line.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Timeout {
                    what: format!("a log line with `{needle}`"),
                    within,
                });
            }
            lines = self
                .0
                .grown
                .wait_timeout(lines, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Reads `source` to its end on a thread of its own.
    pub(crate) fn follow(&self, source: impl Read + Send + 'static) -> thread::JoinHandle<()> {
        let log = self.clone();
        thread::spawn(move || {
            let mut source = BufReader::new(source);
            let mut line = Vec::new();
            while source
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                log.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                line.clear();
            }
        })
    }

    fn push(&self, line: String) {
        let mut lines = self.lock();
        if lines.kept.len() < MOST_LINES {
            lines.kept.push(line);
        } else {
            lines.dropped += 1;
        }
        drop(lines);
        self.0.grown.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
