//! A proxy with its workers and its shared data, driven by chance.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use gatepost_remote::{Actions, Backoff, Demand, Failure, MaxAge, Source};

use super::chance::Chance;
use super::judge::{Judge, Life};
use super::mischief::{Port, STALL};
use super::origin::{Mood, Origin, edition_in};
use crate::support::{Answer, BadLine, START, Shared, Worker, ms, s, spec, worker_of};

/// What may fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Faults {
    /// The source alone.
    Source,
    /// The source, workers, shared data, threads.
    All,
}

pub(crate) struct World {
    pub(super) chance: Chance,
    pub(super) faults: Faults,
    pub(super) source: Source,
    pub(super) shared: Shared,
    pub(super) origin: Origin,
    pub(super) now: Cell<Duration>,
    pub(super) judge: RefCell<Judge>,
    pub(super) nodes: Vec<RefCell<Option<Node>>>,
    /// A worker's event runs inside another's.
    pub(super) is_inside: Cell<bool>,
    /// Faults are over.
    pub(super) is_calm: Cell<bool>,
    pub(super) births: Cell<u64>,
}

/// A worker.
pub(super) struct Node {
    pub(super) remote: Worker,
    pub(super) life: Life,
    pub(super) number: u64,
    call: Option<Call>,
    /// When its attempt began that has not ended yet.
    pub(super) attempt: Option<Duration>,
    tick_at: Duration,
    pub(super) frozen_until: Duration,
}

/// A call under way.
struct Call {
    attempt: u64,
    asked_at: Duration,
    arrives_at: Duration,
    answer: Result<Answer, u32>,
    gives: Option<u64>,
}

#[derive(Clone, Copy)]
pub(super) enum Event {
    Tick,
    Reply,
    Demand,
}

impl World {
    /// One schedule.
    pub(crate) fn run(seed: u64, faults: Faults) {
        let world = Self::new(seed, faults);
        world.start_all();
        for _ in 0..80 {
            world.pass(match world.chance.below(10) {
                0 => ms(world.chance.below(3_000)),
                _ => ms(world.chance.below(400)),
            });
            world.mischief();
        }
        world.recover();
        let exactly = faults == Faults::Source;
        world.judge.borrow().failures_counted_once(exactly);
    }

    fn new(seed: u64, faults: Faults) -> Self {
        let chance = Chance::new(seed);
        let mut spec = spec();
        spec.timeout = s(1 + chance.below(3));
        let policy = &mut spec.policy;
        policy.refresh = s(4 + chance.below(5));
        policy.jitter_percent = chance.below(30) as u8;
        policy.max_age = chance.one_in(2).then(|| MaxAge {
            shortest: s(2),
            longest: s(9),
        });
        policy.stale_for = s(20 + chance.below(20));
        policy.backoff = Backoff {
            first: ms(500),
            longest: s(4),
        };
        policy.cooldown = s(1 + chance.below(5));
        let source = Source::new(spec).unwrap();
        // One to eight workers, and the main thread.
        let nodes = 2 + chance.below(8);
        Self {
            judge: RefCell::new(Judge::new(source.clone())),
            chance,
            faults,
            source,
            shared: Shared::default(),
            origin: Origin::new(),
            now: Cell::new(START),
            nodes: (0..nodes).map(|_| RefCell::new(None)).collect(),
            is_inside: Cell::new(false),
            is_calm: Cell::new(false),
            births: Cell::new(0),
        }
    }

    /// A configuration is loaded: by a canary first, then by everybody.
    pub(super) fn start_all(&self) {
        let puts = self.shared.puts.get();
        drop(self.new_node());
        for node in &self.nodes {
            *node.borrow_mut() = Some(self.new_node());
        }
        assert_eq!(self.shared.puts.get(), puts, "no_lease_by_the_canary");
    }

    pub(super) fn new_node(&self) -> Node {
        let number = self.births.get() + 1;
        self.births.set(number);
        let mut spec = spec();
        spec.timeout = self.source.timeout();
        spec.policy = *self.source.policy();
        // A proxy without randomness gives everybody the same.
        let nonce = if self.chance.one_in(4) { 0 } else { number };
        Node {
            remote: worker_of(spec, u128::from(nonce)),
            life: Life::default(),
            number,
            call: None,
            attempt: None,
            tick_at: self.now.get(),
            frozen_until: Duration::ZERO,
        }
    }

    /// Lets time pass and everything happen that is due then.
    pub(super) fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
        let first = self.chance.below(self.nodes.len() as u64) as usize;
        for at in 0..self.nodes.len() {
            let at = (first + at) % self.nodes.len();
            self.happen(at);
        }
    }

    /// What is due on one worker.
    fn happen(&self, at: usize) {
        let now = self.now.get();
        let Ok(node) = self.nodes[at].try_borrow() else {
            return;
        };
        let Some((reply, tick)) = node.as_ref().map(|node| {
            let arrived = |call: &Call| call.arrives_at <= now;
            (node.call.as_ref().is_some_and(arrived), node.tick_at <= now)
        }) else {
            return;
        };
        drop(node);
        if reply {
            self.event(at, Event::Reply);
        }
        if tick {
            self.event(at, Event::Tick);
        }
    }

    pub(super) fn event(&self, at: usize, event: Event) {
        let Ok(mut place) = self.nodes[at].try_borrow_mut() else {
            return;
        };
        let now = self.now.get();
        let Some(node) = place.as_mut().filter(|node| node.frozen_until <= now) else {
            return;
        };
        let may_die = self.faults == Faults::All && !self.is_calm.get();
        let port = Port {
            world: self,
            writes_left: Cell::new(
                (may_die && self.chance.one_in(60)).then(|| self.chance.below(3)),
            ),
            is_dead: Cell::new(false),
        };
        let mut on_demand = false;
        let actions = match event {
            Event::Tick => node.remote.tick(now, &port),
            Event::Reply => match node.call.take() {
                Some(call) => self.deliver(node, &call, now, &port),
                None => return,
            },
            Event::Demand => {
                on_demand = true;
                let (demand, actions) = node.remote.demand(now, &port);
                if demand == Demand::Coming {
                    self.judge.borrow().waits(&mut node.life, now);
                }
                actions
            }
        };
        if port.is_dead.get() {
            // Its calls are cancelled; what it claimed stays.
            *place = None;
            self.judge.borrow_mut().dies_at_work();
            return;
        }
        self.apply(node, actions, on_demand, now);
    }

    fn deliver(
        &self,
        node: &mut Node,
        call: &Call,
        now: Duration,
        port: &Port<'_>,
    ) -> Actions<BadLine> {
        let mut judge = self.judge.borrow_mut();
        judge.call_ends(node.number);
        match call.gives {
            Some(edition) => judge.gives(edition, call.asked_at),
            None => judge.bad_answers += 1,
        }
        drop(judge);
        match &call.answer {
            Ok(answer) => answer.give(&mut node.remote, call.attempt, now, port),
            Err(status) => node.remote.call_refused(call.attempt, *status, now, port),
        }
    }

    /// Does what a worker wants, and judges what it has.
    fn apply(&self, node: &mut Node, actions: Actions<BadLine>, on_demand: bool, now: Duration) {
        let mut judge = self.judge.borrow_mut();
        let status = node.remote.status(now);
        for failure in &actions.failed {
            match failure {
                Failure::Abandoned => judge.is_abandoned(),
                Failure::Slots(_) => judge.control_is_lost(),
                _ => {
                    let asked_at = node.attempt.take().expect("failures_counted_once");
                    judge.call_ends(node.number);
                    judge.fails(asked_at, now, status.failures);
                }
            }
        }
        if let Some(asked_at) = node.attempt
            && status.age == Some(now.saturating_sub(asked_at))
        {
            node.attempt = None;
            judge.succeeds(asked_at, now);
        }
        if let Some(fetch) = actions.fetch {
            judge.fetches(node.number, now, on_demand);
            let headers = fetch.headers(node.remote.source());
            let condition = headers.iter().find(|(name, _)| *name == "if-none-match");
            let asked = condition.map(|(_, value)| *value);
            let response = self.origin.ask(asked, self.source.timeout(), &self.chance);
            let fails = self.faults == Faults::All && !self.is_calm.get();
            let refused = fails && self.chance.one_in(30);
            let lost = fails && self.chance.one_in(50);
            node.attempt = Some(now);
            node.call = Some(Call {
                attempt: fetch.attempt,
                asked_at: now,
                arrives_at: match (refused, lost) {
                    (true, _) => self.now.get(),
                    (_, true) => Duration::MAX,
                    _ => self.now.get() + response.after,
                },
                answer: if refused { Err(2) } else { Ok(response.answer) },
                gives: response.gives.filter(|_| !refused),
            });
        }
        node.tick_at = now + node.remote.next_tick(now);
        let served = node
            .remote
            .document(now)
            .map(|document| edition_in(document));
        judge.looks(&mut node.life, status.generation, served, now);
        judge.nobody_waits_forever(&mut node.life, actions.wake, now, STALL * 3);
    }

    /// The faults end: within a bounded time every worker has what the source
    /// serves, and nobody waits.
    fn recover(&self) {
        self.is_calm.set(true);
        self.shared.refuse.set(None);
        self.origin.mood.set(Mood::Good);
        self.origin.edition.set(self.origin.edition.get() + 1);
        for node in &self.nodes {
            let mut node = node.borrow_mut();
            let node = node.get_or_insert_with(|| self.new_node());
            node.frozen_until = Duration::ZERO;
        }
        let bound = self.judge.borrow().recovery_within();
        let end = self.now.get() + bound;
        while !self.is_recovered() {
            assert!(self.now.get() < end, "recovery_within {bound:?}");
            self.pass(ms(250));
        }
    }

    fn is_recovered(&self) -> bool {
        let now = self.now.get();
        let newest = Some(self.origin.edition.get());
        self.nodes.iter().all(|node| {
            let node = node.borrow();
            let remote = node.as_ref().map(|node| &node.remote);
            let document = remote.and_then(|remote| remote.document(now));
            document.and_then(|document| edition_in(document)) == newest
        })
    }
}
