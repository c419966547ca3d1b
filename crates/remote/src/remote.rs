//! The keeper of one document on one worker: events in, actions out.

use std::time::Duration;

use crate::actions::{Actions, Demand, State, Status, Unavailable};
use crate::control::Control;
use crate::failure::{Failure, FailureKind};
use crate::follower::{Held, Rejected};
use crate::format::Format;
use crate::holder::Job;
use crate::identity::Identity;
use crate::reply::Reply;
use crate::slots::{SlotError, Slots};
use crate::source::Source;

/// The keeper of one document on one worker.
///
/// Every `now` is the monotonic clock that all workers of the proxy share.
pub struct Remote<F: Format> {
    pub(crate) source: Source,
    pub(crate) format: F,
    pub(crate) identity: Identity,
    /// Names this worker in a claim.
    pub(crate) owner: u128,
    pub(crate) random: Random,
    pub(crate) held: Option<Held<F::Document>>,
    /// What this worker does while it holds the claim.
    pub(crate) job: Option<Job<F>>,
    /// What control said when it was last read.
    pub(crate) seen: Control,
    /// A document that could not be loaded.
    pub(crate) rejected: Option<Rejected>,
    /// How many fetches this worker has made.
    pub(crate) attempts: u64,
    /// Somebody on this worker waits for what he demanded.
    waits: bool,
    refused: Option<Refused>,
}

/// The proxy refuses shared data.
struct Refused {
    times: u32,
    retry_at: Duration,
}

/// While a body is parsed, in slices that leave the worker time for requests.
const BUSY: Duration = Duration::from_millis(10);
/// While something is about to happen, and while nothing is.
const FAST: Duration = Duration::from_millis(50);
const SLOW: Duration = Duration::from_secs(1);

impl<F: Format> Remote<F> {
    /// A keeper that knows nothing yet and does nothing before its first tick.
    /// `nonce`: random bits, other ones on every worker; jitter comes from them
    /// too.
    pub fn new(source: Source, format: F, nonce: u128) -> Self {
        let identity = Identity::new(&source, &format.id());
        Self {
            source,
            format,
            identity,
            owner: nonce,
            random: Random::new(nonce),
            held: None,
            job: None,
            seen: Control::default(),
            rejected: None,
            attempts: 0,
            waits: false,
            refused: None,
        }
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The document, unless there is none or it is stale.
    pub fn document(&self, now: Duration) -> Option<&F::Document> {
        let stale_for = self.source.policy().stale_for;
        self.held
            .as_ref()
            .filter(|held| now < held.confirmed_at.saturating_add(stale_for))
            .map(|held| &held.document)
    }

    /// The document, or why there is none.
    pub fn state(&self, now: Duration) -> State<'_, F::Document> {
        if let Some(document) = self.document(now) {
            return State::Ready(document);
        }
        let failure = self.last_failure();
        if self.held.is_some() {
            return State::Unavailable(Unavailable::Stale(failure));
        }
        failure.map_or(State::Loading, |kind| {
            State::Unavailable(Unavailable::Failed(kind))
        })
    }

    /// What an operator watches.
    pub fn status(&self, now: Duration) -> Status {
        Status {
            age: self
                .held
                .as_ref()
                .map(|held| now.saturating_sub(held.confirmed_at)),
            generation: self.generation(),
            failures: self.seen.failures,
            last_failure: self.last_failure(),
        }
    }

    /// Whether this worker fetches, or another one did when this one looked last.
    pub fn is_fetching(&self, now: Duration) -> bool {
        self.job.is_some() || self.seen.is_claimed(now)
    }

    /// When the next tick should be, counted from now: between 10 ms and 1 s.
    pub fn next_tick(&self, now: Duration) -> Duration {
        let busy = self.job.as_ref().is_some_and(Job::is_busy);
        let first =
            self.held.is_none() && (self.last_failure().is_none() || self.seen.is_claimed(now));
        if self.refused.is_some() {
            SLOW
        } else if busy {
            BUSY
        } else if self.waits || first {
            FAST
        } else if self.seen.is_claimed(now) {
            SLOW
        } else {
            self.seen.due_at.saturating_sub(now).clamp(FAST, SLOW)
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration, slots: &dyn Slots) -> Actions<F::Error> {
        let mut actions = Actions::default();
        if self.rests(now) {
            return actions;
        }
        let result = self.advance(now, slots, &mut actions);
        self.finish(result, now, &mut actions);
        actions
    }

    /// The source answered the fetch that [`Fetch::attempt`](crate::Fetch)
    /// names. The answer to one that was given up is not looked at.
    pub fn reply(
        &mut self,
        attempt: u64,
        reply: Reply<'_>,
        now: Duration,
        slots: &dyn Slots,
    ) -> Actions<F::Error> {
        self.answered(attempt, now, Ok(reply));
        self.tick(now, slots)
    }

    /// The proxy refused to make the call of that fetch, with this status.
    pub fn call_refused(
        &mut self,
        attempt: u64,
        status: u32,
        now: Duration,
        slots: &dyn Slots,
    ) -> Actions<F::Error> {
        let failure = match status {
            BAD_ARGUMENT => Failure::ClusterMissing,
            status => Failure::CallRefused(status),
        };
        self.answered(attempt, now, Err(failure));
        self.tick(now, slots)
    }

    /// A request misses something in the document, such as a key. Costs one read
    /// of the control slot; however many ask, the source is asked for it once a
    /// cooldown. Fetches that were due do not count: what changed right after one is
    /// found by the first who misses it.
    pub fn demand(&mut self, now: Duration, slots: &dyn Slots) -> (Demand, Actions<F::Error>) {
        let mut actions = Actions::default();
        if self.job.is_some() {
            self.waits = true;
            return (Demand::Coming, actions);
        }
        if self.rests(now) {
            return (Demand::Unanswered, actions);
        }
        let answer = self.demand_now(now, slots, &mut actions);
        let demand = *answer.as_ref().unwrap_or(&Demand::Unanswered);
        self.finish(answer.map(|_| ()), now, &mut actions);
        self.waits |= demand == Demand::Coming;
        (demand, actions)
    }

    /// This worker ends: a claim that it holds goes back, and the fetch is due
    /// for the others. Where this is not called, the claim expires.
    pub fn close(&mut self, now: Duration, slots: &dyn Slots) {
        let Some(job) = self.job.take() else {
            return;
        };
        let Ok((mut control, swap)) = self.read_control(now, slots) else {
            return;
        };
        if control.holds(job.claim) {
            control.claim = None;
            control.due_at = now;
            // A swap that is lost here was lost to one who has the claim now.
            let _ = slots.put(
                &self.identity.control_key,
                &control.to_slot(&self.identity),
                swap,
            );
        }
    }

    fn advance(
        &mut self,
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<(), SlotError> {
        let (control, swap) = self.observe(now, slots, actions)?;
        // A job whose claim is another's is dropped with all that came of it.
        self.job.take_if(|job| !control.holds(job.claim));
        if self.job.is_some() {
            return self.work(control, swap, now, slots, actions);
        }
        self.follow(&control, now, slots, actions)?;
        if self.is_due(&control, now) {
            self.claim((control, swap), now, slots, actions)?;
        }
        Ok(())
    }

    fn demand_now(
        &mut self,
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<Demand, SlotError> {
        let (mut control, swap) = self.observe(now, slots, actions)?;
        self.follow(&control, now, slots, actions)?;
        if actions.changed {
            return Ok(Demand::Arrived);
        }
        if control.is_claimed(now) {
            return Ok(Demand::Coming);
        }
        if self.has_cooled_down(control.last_demand, now) {
            control.last_demand = Some(now);
        } else if !self.is_due(&control, now) {
            return Ok(self.answer(&control));
        }
        if self.claim((control, swap), now, slots, actions)? {
            return Ok(Demand::Coming);
        }
        let (control, _) = self.observe(now, slots, actions)?;
        Ok(match control.is_claimed(now) {
            true => Demand::Coming,
            false => self.answer(&control),
        })
    }

    /// What the last demand came to, for one who comes in its cooldown.
    fn answer(&self, control: &Control) -> Demand {
        let is_answered = control
            .last_demand
            .zip(control.confirmed_at)
            .is_some_and(|(demanded, confirmed)| demanded <= confirmed);
        match is_answered && self.generation() >= control.generation {
            true => Demand::Answered,
            false => Demand::Unanswered,
        }
    }

    /// Whether the slots are left alone for a while, as the proxy refused them.
    fn rests(&self, now: Duration) -> bool {
        self.refused
            .as_ref()
            .is_some_and(|refused| now < refused.retry_at)
    }

    /// After every event: whether the slots answered, and whether those who wait
    /// still have something to wait for.
    fn finish(
        &mut self,
        result: Result<(), SlotError>,
        now: Duration,
        actions: &mut Actions<F::Error>,
    ) {
        match result {
            Ok(()) => self.refused = None,
            Err(SlotError(status)) => {
                let before = self.refused.as_ref().map_or(0, |refused| refused.times);
                let times = before.saturating_add(1);
                let random = self.random.next();
                let pause = self.source.policy().pause_after_failure(times, random);
                let retry_at = now.saturating_add(pause);
                self.refused = Some(Refused { times, retry_at });
                actions.failed.push(Failure::Slots(status));
                actions.wake = true;
            }
        }
        if self.waits && self.job.is_none() && !self.seen.is_claimed(now) {
            actions.wake = true;
        }
        self.waits &= !actions.wake;
    }

    fn last_failure(&self) -> Option<FailureKind> {
        if self.refused.is_some() {
            return Some(FailureKind::Slots);
        }
        self.seen.last_failure.filter(|_| self.seen.failures > 0)
    }
}

/// The status with which a proxy refuses a call to a cluster that it does not
/// know.
const BAD_ARGUMENT: u32 = 2;

/// A sequence of numbers that only has to differ between workers (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    fn new(nonce: u128) -> Self {
        let folded = (nonce ^ nonce >> 64) & u128::from(u64::MAX);
        Self(u64::try_from(folded).unwrap_or_default())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
