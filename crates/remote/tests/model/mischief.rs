//! What goes wrong besides the source: workers, threads, shared data.

use std::cell::Cell;
use std::time::Duration;

use gatepost_remote::{SlotError, Slots, Swap};

use super::world::{Event, Faults, World};
use crate::support::ms;

/// The longest time that a thread may stand still.
pub(crate) const STALL: Duration = Duration::from_secs(20);

impl World {
    /// Something goes wrong, or changes.
    pub(super) fn mischief(&self) {
        let chance = &self.chance;
        let any = chance.below(self.nodes.len() as u64) as usize;
        if chance.one_in(15) {
            self.origin.change_mood(chance);
        }
        if chance.one_in(10) {
            self.origin.edition.set(self.origin.edition.get() + 1);
        }
        if chance.one_in(6) {
            self.event(any, Event::Demand);
        }
        if self.faults == Faults::Source {
            return;
        }
        let now = self.now.get();
        let mut node = self.nodes[any].borrow_mut();
        if chance.one_in(40) {
            *node = None;
        }
        if let Some(node) = node.as_mut().filter(|_| chance.one_in(40)) {
            node.frozen_until = now + ms(chance.below(STALL.as_millis() as u64));
        }
        if node.is_none() && chance.one_in(2) {
            *node = Some(self.new_node());
        }
        drop(node);
        if chance.one_in(100) {
            self.reload();
        }
        if chance.one_in(40) {
            self.scribble();
        }
        match self.shared.refuse.get() {
            None if chance.one_in(60) => self.shared.refuse.set(Some(10)),
            Some(_) if chance.one_in(5) => self.shared.refuse.set(None),
            _ => {}
        }
    }

    /// A new configuration of the same source: the old one ends, told or not.
    fn reload(&self) {
        let told = self.chance.one_in(2);
        let now = self.now.get();
        for node in self.nodes.iter().filter(|_| told) {
            if let Some(mut node) = node.borrow_mut().take() {
                let claimed = node.attempt.filter(|_| self.shared.refuse.get().is_none());
                node.remote.close(now, &self.shared);
                let mut judge = self.judge.borrow_mut();
                judge.call_ends(node.number);
                if let Some(asked_at) = claimed {
                    judge.gives_back(asked_at, now);
                }
            }
        }
        self.start_all();
    }

    /// Another plugin writes into our slots.
    fn scribble(&self) {
        let end = ["control", "document"][self.chance.below(2) as usize];
        let keys: Vec<Vec<u8>> = self.shared.slots.borrow().keys().cloned().collect();
        let Some(key) = keys.iter().find(|key| key.ends_with(end.as_bytes())) else {
            return;
        };
        let mut value = self.shared.value(end);
        let at = self.chance.below(value.len() as u64 + 1) as usize;
        match self.chance.below(4) {
            0 => value.clear(),
            1 => value.truncate(at),
            2 => value = (0..at).map(|_| self.chance.next() as u8).collect(),
            _ => {
                let at = at.min(value.len().saturating_sub(1));
                value
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte ^= 4);
            }
        }
        self.shared.overwrite(key, &value);
        match end {
            "control" => self.judge.borrow_mut().control_is_lost(),
            _ => self.judge.borrow_mut().document_is_lost(),
        }
    }

    /// Other threads run between a worker's read and its write; for a long time,
    /// perhaps.
    fn intrude(&self) {
        if self.is_inside.get() || self.is_calm.get() || !self.chance.one_in(4) {
            return;
        }
        self.is_inside.set(true);
        let stalls = self.faults == Faults::All && self.chance.one_in(20);
        let steps = if stalls { self.chance.below(40) } else { 0 };
        let any = self.chance.below(self.nodes.len() as u64) as usize;
        self.event(any, Event::Tick);
        for _ in 0..steps {
            self.pass(ms(self.chance.below(STALL.as_millis() as u64 / 20)));
        }
        self.is_inside.set(false);
    }
}

/// The shared data as one worker reaches it during one event.
pub(super) struct Port<'a> {
    pub(super) world: &'a World,
    /// The worker ends after so many more writes.
    pub(super) writes_left: Cell<Option<u64>>,
    pub(super) is_dead: Cell<bool>,
}

const DEAD: SlotError = SlotError(99);

impl Slots for Port<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, SlotError> {
        if self.is_dead.get() {
            return Err(DEAD);
        }
        self.world.shared.get(key)
    }

    fn put(&self, key: &[u8], value: &[u8], swap: Swap) -> Result<bool, SlotError> {
        self.world.intrude();
        match self.writes_left.get() {
            Some(0) => self.is_dead.set(true),
            Some(left) => self.writes_left.set(Some(left - 1)),
            None => {}
        }
        if self.is_dead.get() {
            return Err(DEAD);
        }
        self.world.shared.put(key, value, swap)
    }
}
