//! What the one worker does that holds the claim: ask, parse, publish.

use std::time::Duration;

use crate::actions::{Actions, Fetch};
use crate::control::{Claim, Control, claim_length};
use crate::document::{MAX_COMPILED, Shared};
use crate::failure::{Failure, FailureKind};
use crate::follower::Held;
use crate::format::{Format, Step};
use crate::remote::Remote;
use crate::reply::{Answer, Reply};
use crate::settle::{New, Outcome};
use crate::slots::{SlotError, Slots, Swap};
use crate::validators::Validators;

/// The work of the holder of a claim.
pub(crate) struct Job<F: Format> {
    pub(crate) claim: Claim,
    attempt: u64,
    pub(crate) asked_at: Duration,
    /// The fetch asked whether this worker's document changed.
    conditional: bool,
    /// The document slot as it was when the claim was taken.
    slot: Swap,
    pub(crate) stage: Stage<F>,
}

pub(crate) enum Stage<F: Format> {
    Fetching,
    Parsing(Parsing<F>),
    Publishing(New<F::Document>, Vec<u8>, Duration),
    Settling(Outcome<F>),
}

pub(crate) struct Parsing<F: Format> {
    parse: F::Parse,
    validators: Validators,
    period: Duration,
    deadline: Duration,
}

/// The proxy tells of a timeout itself; this is for when it does not.
const REPLY_GRACE: Duration = Duration::from_secs(1);

/// From a reply to the published document.
const MAX_PARSE: Duration = Duration::from_secs(60);

impl<F: Format> Job<F> {
    /// Whether the next tick brings it on.
    pub(crate) fn is_busy(&self) -> bool {
        !matches!(self.stage, Stage::Fetching)
    }
}

impl<F: Format> Remote<F> {
    /// Tries to become the one that fetches; tells whether it did.
    pub(crate) fn claim(
        &mut self,
        (mut control, swap): (Control, Swap),
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<bool, SlotError> {
        let abandoned = control.claim.is_some();
        if abandoned {
            control.finished = control.finished.wrapping_add(1);
            control.failures = control.failures.saturating_add(1);
            control.last_failure = Some(FailureKind::Abandoned);
        }
        control.claims = moment(now).max(control.claims.wrapping_add(1));
        let claim = Claim {
            owner: self.owner,
            number: control.claims,
            until: now.saturating_add(claim_length(&self.source)),
        };
        control.claim = Some(claim);
        control.last_attempt = Some(now);
        control.due_at = self.after_failure(now, control.failures.saturating_add(1));
        if !self.put_control(&control, swap, slots)? {
            return Ok(false);
        }
        if abandoned {
            actions.failed.push(Failure::Abandoned);
        }
        let named = control.generation;
        self.seen = control;
        let (slot, stage, condition) = match slots.get(&self.identity.document_key) {
            Ok(slot) => {
                let condition = self.condition(named, slot.as_ref(), now, actions);
                (Swap::if_still(slot.as_ref()), Stage::Fetching, condition)
            }
            Err(SlotError(status)) => {
                let stage = Stage::Settling(Outcome::Failed(Failure::Slots(status)));
                (Swap::IfAbsent, stage, None)
            }
        };
        self.attempts = self.attempts.wrapping_add(1);
        let attempt = self.attempts;
        let conditional = condition.is_some();
        if matches!(stage, Stage::Fetching) {
            actions.fetch = Some(Fetch { attempt, condition });
        }
        self.job = Some(Job {
            claim,
            attempt,
            asked_at: now,
            conditional,
            slot,
            stage,
        });
        Ok(true)
    }

    /// Takes in what came of a fetch.
    pub(crate) fn answered(
        &mut self,
        attempt: u64,
        now: Duration,
        reply: Result<Reply<'_>, Failure<F::Error>>,
    ) {
        let Some(job) = &mut self.job else { return };
        if job.attempt != attempt || !matches!(job.stage, Stage::Fetching) {
            return;
        }
        let answer = reply.and_then(|reply| reply.judge(&self.source, job.conditional));
        let stage = answer.and_then(|answer| match answer {
            Answer::Unchanged { period } => Ok(Stage::Settling(Outcome::Unchanged { period })),
            Answer::New {
                period,
                body,
                meta,
                validators,
            } => {
                let parse = self.format.begin(body, &meta).map_err(Failure::Invalid)?;
                Ok(Stage::Parsing(Parsing {
                    parse,
                    validators,
                    period,
                    deadline: now.saturating_add(MAX_PARSE),
                }))
            }
        });
        job.stage = stage.unwrap_or_else(|failure| Stage::Settling(Outcome::Failed(failure)));
    }

    /// Does what can be done now. The claim was ours when `control` was read.
    pub(crate) fn work(
        &mut self,
        control: Control,
        swap: Swap,
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<(), SlotError> {
        let Some(mut job) = self.job.take() else {
            return Ok(());
        };
        job.stage = match job.stage {
            Stage::Fetching if now >= self.last_reply(&job) => {
                Stage::Settling(Outcome::Failed(Failure::NoReply))
            }
            Stage::Parsing(parsing) => self.parse(parsing, &control, job.asked_at, now),
            stage => stage,
        };
        if let Stage::Publishing(new, bytes, deadline) = job.stage {
            job.stage = self.publish(new, bytes, deadline, &mut job.slot, now, slots);
        }
        match job.stage {
            Stage::Settling(outcome) => {
                job.stage = Stage::Fetching;
                self.settle(job, outcome, (control, swap), now, slots, actions)
            }
            _ => {
                let result = self.renew(&mut job, control, swap, now, slots);
                self.job = Some(job);
                result
            }
        }
    }

    /// What to ask whether it changed: only what every worker can load, as
    /// otherwise "unchanged" would leave those that cannot without a document.
    fn condition(
        &mut self,
        named: u64,
        slot: Option<&(Vec<u8>, u32)>,
        now: Duration,
        actions: &mut Actions<F::Error>,
    ) -> Option<(&'static str, Vec<u8>)> {
        let (slot, _) = slot?;
        let shared = Shared::from_slot(slot, &self.identity, now)?;
        if shared.generation > self.generation() && self.adopt(&shared) {
            actions.changed = true;
            actions.wake = true;
        }
        let held = self.held.as_ref()?;
        if held.generation != shared.generation || shared.generation < named {
            return None;
        }
        let (name, value) = held.validators.header()?;
        Some((name, value.to_vec()))
    }

    fn last_reply(&self, job: &Job<F>) -> Duration {
        job.asked_at
            .saturating_add(self.source.timeout())
            .saturating_add(REPLY_GRACE)
    }

    /// One slice; after the last, the document as it will be published.
    fn parse(
        &self,
        mut parsing: Parsing<F>,
        control: &Control,
        asked_at: Duration,
        now: Duration,
    ) -> Stage<F> {
        let failed = |failure| Stage::Settling(Outcome::Failed(failure));
        if now >= parsing.deadline {
            return failed(Failure::Unfinished);
        }
        let compiled = match self.format.step(&mut parsing.parse) {
            Step::More => return Stage::Parsing(parsing),
            Step::Failed(error) => return failed(Failure::Invalid(error)),
            Step::Refused(error) => return failed(Failure::Refused(error)),
            Step::Done(compiled) => compiled,
        };
        if compiled.len() > MAX_COMPILED {
            return failed(Failure::TooLarge(compiled.len()));
        }
        let document = match self.format.load(&compiled) {
            Ok(document) => document,
            Err(error) => return failed(Failure::Invalid(error)),
        };
        let last = control.generation.max(self.generation());
        let generation = moment(now).max(last.saturating_add(1));
        let shared = Shared {
            generation,
            asked_at,
            validators: parsing.validators,
            compiled: &compiled,
        };
        let bytes = shared.to_slot(&self.identity);
        let held = Held {
            document,
            generation,
            validators: shared.validators,
            confirmed_at: asked_at,
        };
        let period = parsing.period;
        Stage::Publishing(New { held, period }, bytes, parsing.deadline)
    }

    /// Writes the document slot. Where somebody else wrote it, this tries again
    /// at the next tick, which finds out first whether the claim is still ours.
    fn publish(
        &self,
        new: New<F::Document>,
        bytes: Vec<u8>,
        deadline: Duration,
        slot: &mut Swap,
        now: Duration,
        slots: &dyn Slots,
    ) -> Stage<F> {
        let failed = |status| Stage::Settling(Outcome::Failed(Failure::Slots(status)));
        if now >= deadline {
            return failed(0);
        }
        let key = &self.identity.document_key;
        match slots.put(key, &bytes, *slot) {
            Ok(true) => return Stage::Settling(Outcome::New(new)),
            Ok(false) => {}
            Err(SlotError(status)) => return failed(status),
        }
        match slots.get(key) {
            Ok(found) => *slot = Swap::if_still(found.as_ref()),
            Err(SlotError(status)) => return failed(status),
        }
        Stage::Publishing(new, bytes, deadline)
    }
}

/// A number that no moment before had, though nobody remembers the last.
fn moment(now: Duration) -> u64 {
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
