//! What all workers of a proxy share: shared data, metrics, log, clocks, and
//! the faults that a test asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use gatepost_host::{LogLevel, Status};

/// A line in the proxy's log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogLine {
    /// Its level.
    pub level: LogLevel,
    /// Its text.
    pub text: String,
}

pub(crate) struct Shared {
    data: RefCell<BTreeMap<Vec<u8>, Slot>>,
    next_cas: Cell<u32>,
    metrics: RefCell<BTreeMap<String, i64>>,
    pub(crate) log: RefCell<Vec<LogLine>>,
    pub(crate) log_level: Cell<u32>,
    pub(crate) wall_clock: Cell<Duration>,
    pub(crate) monotonic_clock: Cell<Duration>,
    faults: RefCell<BTreeMap<&'static str, u32>>,
    pub(crate) seen: RefCell<BTreeMap<&'static str, u32>>,
    pub(crate) clusters: RefCell<Vec<String>>,
    pub(crate) foreign: RefCell<BTreeMap<String, ForeignFunction>>,
    pub(crate) node: RefCell<BTreeMap<String, Vec<u8>>>,
    pub(crate) environment: RefCell<BTreeMap<String, String>>,
    pub(crate) garble: RefCell<Option<Garble>>,
}

/// A value and its compare-and-swap number.
type Slot = (Vec<u8>, u32);

/// What becomes of a serialized header map on its way to the module.
pub(crate) type Garble = Box<dyn Fn(Vec<u8>) -> Vec<u8>>;

pub(crate) type ForeignFunction = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, Status>>;

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            data: RefCell::default(),
            next_cas: Cell::new(1),
            metrics: RefCell::default(),
            log: RefCell::default(),
            log_level: Cell::new(LogLevel::Info as u32),
            wall_clock: Cell::new(Duration::from_secs(1_700_000_000)),
            monotonic_clock: Cell::new(Duration::from_secs(100)),
            faults: RefCell::default(),
            seen: RefCell::default(),
            clusters: RefCell::default(),
            foreign: RefCell::default(),
            node: RefCell::default(),
            environment: RefCell::default(),
            garble: RefCell::default(),
        }
    }

    /// Counts the call, and fails it if the test asked for that.
    pub(crate) fn enter(&self, call: &'static str) -> Result<(), Status> {
        *self.seen.borrow_mut().entry(call).or_default() += 1;
        match self.faults.borrow().get(call) {
            Some(status) => Err(Status(*status)),
            None => Ok(()),
        }
    }

    pub(crate) fn set_fault(&self, call: &'static str, status: Option<u32>) {
        match status {
            Some(status) => self.faults.borrow_mut().insert(call, status),
            None => self.faults.borrow_mut().remove(call),
        };
    }

    pub(crate) fn data(&self, key: &[u8]) -> Option<Slot> {
        self.data.borrow().get(key).cloned()
    }

    pub(crate) fn data_keys(&self) -> Vec<Vec<u8>> {
        self.data.borrow().keys().cloned().collect()
    }

    /// As Envoy does it: 0 overwrites; any number creates an absent slot; a
    /// number that is not the slot's loses.
    pub(crate) fn set_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
        let mut data = self.data.borrow_mut();
        if let Some((_, known)) = data.get(key)
            && cas != 0
            && cas != *known
        {
            return Err(Status::CAS_MISMATCH);
        }
        let next = self.next_cas.replace(self.next_cas.get() + 1);
        data.insert(key.to_vec(), (value.to_vec(), next));
        Ok(())
    }

    pub(crate) fn move_metric(&self, name: &str, change: impl FnOnce(i64) -> i64) {
        let mut metrics = self.metrics.borrow_mut();
        let value = metrics.entry(name.to_owned()).or_default();
        *value = change(*value);
    }

    pub(crate) fn metrics(&self) -> BTreeMap<String, i64> {
        self.metrics.borrow().clone()
    }
}
