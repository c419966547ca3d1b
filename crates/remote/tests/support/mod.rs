//! A format, replies and shared data for the tests.
#![allow(dead_code)] // No test uses all of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use gatepost_remote::{
    Actions, Body, Demand, Fetch, Format, Meta, Remote, Reply, SlotError, Slots, Source,
    SourceSpec, Step, Swap,
};

/// Lines of letters and digits, the last of them `end`. One line a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines {
    pub(crate) id: u8,
}

/// The line that is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BadLine(pub(crate) usize);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected letters and digits", self.0)
    }
}

pub(crate) struct LinesParse {
    lines: Vec<String>,
    at: usize,
}

impl Format for Lines {
    type Document = Vec<String>;
    type Parse = LinesParse;
    type Error = BadLine;

    fn id(&self) -> Vec<u8> {
        vec![self.id]
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<LinesParse, BadLine> {
        let text = String::from_utf8(body).map_err(|_| BadLine(0))?;
        let lines = text.lines().map(str::to_owned).collect();
        Ok(LinesParse { lines, at: 0 })
    }

    fn step(&self, parse: &mut LinesParse) -> Step<BadLine> {
        let line = parse.lines.get(parse.at).map_or("", String::as_str);
        parse.at += 1;
        if line.is_empty() || !line.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Step::Failed(BadLine(parse.at));
        }
        if line != "end" {
            return Step::More;
        }
        let mut compiled = vec![b'L'];
        for line in &parse.lines[..parse.at - 1] {
            compiled.extend_from_slice(line.as_bytes());
            compiled.push(0);
        }
        Step::Done(compiled)
    }

    fn load(&self, compiled: &[u8]) -> Result<Vec<String>, BadLine> {
        let lines = compiled.strip_prefix(b"L").ok_or(BadLine(0))?;
        let text = std::str::from_utf8(lines).map_err(|_| BadLine(0))?;
        let text = text.strip_suffix('\0').ok_or(BadLine(0))?;
        Ok(text.split('\0').map(str::to_owned).collect())
    }
}

/// A value and its version.
type Slot = (Vec<u8>, u32);

/// Shared data as Envoy has it: a version a write, from one counter.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) slots: RefCell<BTreeMap<Vec<u8>, Slot>>,
    pub(crate) versions: Cell<u32>,
    pub(crate) gets: Cell<usize>,
    pub(crate) puts: Cell<usize>,
    /// Every call is refused with this status.
    pub(crate) refuse: Cell<Option<u32>>,
    /// Every write is refused with this status.
    pub(crate) refuse_put: Cell<Option<u32>>,
    /// Before the next write, somebody else writes the same slot.
    pub(crate) intrude: Cell<bool>,
}

impl Shared {
    /// What anybody may do.
    pub(crate) fn overwrite(&self, key: &[u8], value: &[u8]) {
        let version = self.versions.get() + 1;
        self.versions.set(version);
        let slot = (value.to_vec(), version);
        self.slots.borrow_mut().insert(key.to_vec(), slot);
    }

    /// The key that ends so, of the only source.
    pub(crate) fn key(&self, end: &str) -> Vec<u8> {
        let slots = self.slots.borrow();
        let mut keys = slots.keys().filter(|key| key.ends_with(end.as_bytes()));
        let key = keys.next().unwrap().clone();
        assert!(keys.next().is_none(), "more than one slot .{end}");
        key
    }

    pub(crate) fn value(&self, end: &str) -> Vec<u8> {
        self.slots.borrow()[&self.key(end)].0.clone()
    }
}

impl Slots for Shared {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, SlotError> {
        self.gets.set(self.gets.get() + 1);
        match self.refuse.get() {
            Some(status) => Err(SlotError(status)),
            None => Ok(self.slots.borrow().get(key).cloned()),
        }
    }

    fn put(&self, key: &[u8], value: &[u8], swap: Swap) -> Result<bool, SlotError> {
        self.puts.set(self.puts.get() + 1);
        if let Some(status) = self.refuse.get().or(self.refuse_put.get()) {
            return Err(SlotError(status));
        }
        if self.intrude.take() {
            self.overwrite(key, b"intruder");
        }
        let holds = match (swap, self.slots.borrow().get(key)) {
            (_, None) => true,
            (Swap::IfAbsent, Some(_)) => false,
            (Swap::IfVersion(expected), Some((_, version))) => expected == *version,
        };
        if holds {
            self.overwrite(key, value);
        }
        Ok(holds)
    }
}

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A moment to begin with: a proxy has been up for a while.
pub(crate) const START: Duration = Duration::from_secs(100);

pub(crate) fn spec() -> SourceSpec {
    let mut spec = SourceSpec::new("feeds", "feeds.example", "/list?a=b");
    spec.policy.jitter_percent = 0;
    spec
}

pub(crate) type Worker = Remote<Lines>;

pub(crate) fn worker_of(spec: SourceSpec, nonce: u128) -> Worker {
    Remote::new(Source::new(spec).unwrap(), Lines { id: 1 }, nonce)
}

pub(crate) fn worker(nonce: u128) -> Worker {
    worker_of(spec(), nonce)
}

/// Headers and a body.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Body,
}

impl Answer {
    pub(crate) fn new(status: &str, body: &str) -> Self {
        Self {
            headers: vec![(":status", status.as_bytes().to_vec())],
            body: Body::Whole(body.as_bytes().to_vec()),
        }
    }

    pub(crate) fn ok(body: &str) -> Self {
        Self::new("200", body)
    }

    /// What the proxy tells when the call failed.
    pub(crate) fn none() -> Self {
        Self {
            headers: Vec::new(),
            body: Body::Whole(Vec::new()),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    pub(crate) fn give(
        &self,
        worker: &mut Worker,
        attempt: u64,
        now: Duration,
        slots: &dyn Slots,
    ) -> Actions<BadLine> {
        let headers: Vec<(&[u8], &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_slice()))
            .collect();
        let reply = Reply {
            headers: &headers,
            body: self.body.clone(),
        };
        worker.reply(attempt, reply, now, slots)
    }
}

/// A worker's tick that makes it fetch.
pub(crate) fn fetch(worker: &mut Worker, now: Duration, slots: &dyn Slots) -> Fetch {
    worker.tick(now, slots).fetch.expect("a fetch is due")
}

/// A whole fetch of a short document, answered at the same moment.
pub(crate) fn refresh(
    worker: &mut Worker,
    answer: &Answer,
    now: Duration,
    slots: &dyn Slots,
) -> Actions<BadLine> {
    let fetch = fetch(worker, now, slots);
    let mut actions = answer.give(worker, fetch.attempt, now, slots);
    for _ in 0..10 {
        if actions.wake {
            break;
        }
        actions = worker.tick(now, slots);
    }
    actions
}

/// The value of a header that a fetch sends.
pub(crate) fn sent(worker: &Worker, fetch: &Fetch, name: &str) -> Option<Vec<u8>> {
    fetch
        .headers(worker.source())
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_vec())
}

/// What a demand comes to that fetches nothing.
pub(crate) fn told((demand, actions): (Demand, Actions<BadLine>)) -> Demand {
    assert!(actions.fetch.is_none());
    demand
}

pub(crate) fn first_line(worker: &Worker, now: Duration) -> Option<&str> {
    worker.document(now).map(|lines| lines[0].as_str())
}
