//! The end of an attempt: how it went, when the next is due, the claim given back.

use std::time::Duration;

use crate::actions::Actions;
use crate::control::{CLAIM_MARGIN, Claim, Control};
use crate::failure::Failure;
use crate::follower::Held;
use crate::format::Format;
use crate::holder::{Job, Stage};
use crate::remote::Remote;
use crate::slots::{SlotError, Slots, Swap};

/// A document that this worker made.
pub(crate) struct New<D> {
    pub(crate) held: Held<D>,
    /// Until the source is asked again.
    pub(crate) period: Duration,
}

/// What came of an attempt.
pub(crate) enum Outcome<F: Format> {
    New(New<F::Document>),
    Unchanged { period: Duration },
    Failed(Failure<F::Error>),
}

/// How much of a renewed claim passes before it is renewed again.
const RENEW_AFTER: Duration = Duration::from_secs(1);

impl<F: Format> Remote<F> {
    /// Writes into control how it went and gives the claim back.
    pub(crate) fn settle(
        &mut self,
        mut job: Job<F>,
        outcome: Outcome<F>,
        (mut control, swap): (Control, Swap),
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<(), SlotError> {
        control.claim = None;
        control.finished = control.finished.wrapping_add(1);
        // What this worker holds may be newer than what control names, when a
        // holder ended between its two writes.
        let mut newest = self
            .held
            .as_ref()
            .map(|held| (held.generation, held.confirmed_at));
        let period = match &outcome {
            Outcome::New(new) => {
                newest = Some((new.held.generation, job.asked_at));
                Some(new.period)
            }
            Outcome::Unchanged { period } => {
                newest = newest.map(|(generation, _)| (generation, job.asked_at));
                Some(*period)
            }
            Outcome::Failed(_) => None,
        };
        if let Some((generation, confirmed_at)) = newest
            && generation >= control.generation
        {
            let known = control
                .confirmed_at
                .filter(|_| control.generation == generation);
            control.generation = generation;
            control.confirmed_at = known.max(Some(confirmed_at));
        }
        if let Outcome::Failed(failure) = &outcome {
            control.failures = control.failures.saturating_add(1);
            control.last_failure = Some(failure.kind());
        } else {
            control.failures = 0;
            control.last_failure = None;
        }
        control.due_at = match period {
            Some(period) => {
                let random = self.random.next();
                let pause = self.source.policy().pause_after_success(period, random);
                now.saturating_add(pause)
            }
            None => self.after_failure(now, control.failures),
        };
        let written = self.put_control(&control, swap, slots);
        if !matches!(written, Ok(true)) {
            job.stage = Stage::Settling(outcome);
            self.job = Some(job);
            return written.map(|_| ());
        }
        self.seen = control;
        actions.wake = true;
        match outcome {
            Outcome::New(new) => {
                self.rejected = None;
                self.held = Some(new.held);
                actions.changed = true;
            }
            Outcome::Unchanged { .. } => {
                if let Some(held) = &mut self.held {
                    held.confirmed_at = job.asked_at;
                }
            }
            Outcome::Failed(failure) => actions.failed.push(failure),
        }
        Ok(())
    }

    /// Makes the claim last while work goes on. A lost swap says that it is
    /// perhaps another's now; the next tick will see.
    pub(crate) fn renew(
        &mut self,
        job: &mut Job<F>,
        mut control: Control,
        swap: Swap,
        now: Duration,
        slots: &dyn Slots,
    ) -> Result<(), SlotError> {
        let left = job.claim.until.saturating_sub(now);
        if !job.is_busy() || left.saturating_add(RENEW_AFTER) > CLAIM_MARGIN {
            return Ok(());
        }
        let claim = Claim {
            until: now.saturating_add(CLAIM_MARGIN),
            ..job.claim
        };
        control.claim = Some(claim);
        if self.put_control(&control, swap, slots)? {
            job.claim = claim;
            self.seen = control;
        }
        Ok(())
    }

    pub(crate) fn put_control(
        &self,
        control: &Control,
        swap: Swap,
        slots: &dyn Slots,
    ) -> Result<bool, SlotError> {
        let slot = control.to_slot(&self.identity);
        slots.put(&self.identity.control_key, &slot, swap)
    }

    pub(crate) fn after_failure(&mut self, now: Duration, failures: u32) -> Duration {
        let random = self.random.next();
        now.saturating_add(self.source.policy().pause_after_failure(failures, random))
    }
}
