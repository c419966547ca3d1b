//! What every worker does: reads control, and loads the document that it names.

use std::time::Duration;

use crate::actions::Actions;
use crate::control::Control;
use crate::document::Shared;
use crate::format::Format;
use crate::remote::Remote;
use crate::slots::{SlotError, Slots, Swap};
use crate::validators::Validators;

/// The document of a worker.
pub(crate) struct Held<D> {
    pub(crate) document: D,
    pub(crate) generation: u64,
    pub(crate) validators: Validators,
    /// When the source was asked that gave or confirmed it.
    pub(crate) confirmed_at: Duration,
}

/// A document that control names and that could not be loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejected {
    pub(crate) generation: u64,
    retry_at: Duration,
}

/// How long a document that could not be loaded is left alone.
const REJECTED_FOR: Duration = Duration::from_secs(1);

impl<F: Format> Remote<F> {
    /// Reads control, and wakes when an attempt has come to an end since.
    pub(crate) fn observe(
        &mut self,
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<(Control, Swap), SlotError> {
        let (control, swap) = self.read_control(now, slots)?;
        actions.wake |= control.finished != self.seen.finished;
        self.seen = control.clone();
        Ok((control, swap))
    }

    /// What control says; where it says nothing, what this worker remembers.
    pub(crate) fn read_control(
        &self,
        now: Duration,
        slots: &dyn Slots,
    ) -> Result<(Control, Swap), SlotError> {
        let slot = slots.get(&self.identity.control_key)?;
        let swap = Swap::if_still(slot.as_ref());
        let control = slot
            .and_then(|(slot, _)| Control::from_slot(&slot, &self.identity, &self.source, now))
            .unwrap_or_else(|| self.remembered());
        Ok((control, swap))
    }

    /// Loads the document that control names, if this worker has not got it.
    pub(crate) fn follow(
        &mut self,
        control: &Control,
        now: Duration,
        slots: &dyn Slots,
        actions: &mut Actions<F::Error>,
    ) -> Result<(), SlotError> {
        let named = control.generation;
        let rejected = self
            .rejected
            .is_some_and(|rejected| rejected.generation == named && now < rejected.retry_at);
        if named > self.generation() && !rejected {
            let slot = slots.get(&self.identity.document_key)?;
            let shared = slot
                .as_ref()
                .and_then(|(slot, _)| Shared::from_slot(slot, &self.identity, now))
                .filter(|shared| shared.generation >= named);
            if shared.is_some_and(|shared| self.adopt(&shared)) {
                actions.changed = true;
                actions.wake = true;
            } else {
                self.rejected = Some(Rejected {
                    generation: named,
                    retry_at: now.saturating_add(REJECTED_FOR),
                });
            }
        }
        if let Some(held) = &mut self.held
            && held.generation == named
            && let Some(confirmed_at) = control.confirmed_at
        {
            held.confirmed_at = held.confirmed_at.max(confirmed_at);
        }
        Ok(())
    }

    /// Makes a shared document this worker's; false if the format does not take
    /// it.
    pub(crate) fn adopt(&mut self, shared: &Shared<'_>) -> bool {
        let Ok(document) = self.format.load(shared.compiled) else {
            return false;
        };
        self.rejected = None;
        self.held = Some(Held {
            document,
            generation: shared.generation,
            validators: shared.validators.clone(),
            confirmed_at: shared.asked_at,
        });
        true
    }

    /// Whether this worker should try to become the one that fetches.
    pub(crate) fn is_due(&self, control: &Control, now: Duration) -> bool {
        let unreadable = self
            .rejected
            .is_some_and(|rejected| rejected.generation == control.generation);
        !control.is_claimed(now)
            && (now >= control.due_at
                || unreadable && self.has_cooled_down(control.last_attempt, now))
    }

    /// Whether the source may be asked though it is not due, after it was `asked` so.
    pub(crate) fn has_cooled_down(&self, asked: Option<Duration>, now: Duration) -> bool {
        let cooldown = self.source.policy().cooldown;
        asked.is_none_or(|asked| now >= asked.saturating_add(cooldown))
    }

    /// The generation of the document of this worker.
    pub(crate) fn generation(&self) -> u64 {
        self.held.as_ref().map_or(0, |held| held.generation)
    }

    /// Control where the slot holds none of ours: whoever emptied it does not
    /// move the source to be asked more often than once a cooldown.
    fn remembered(&self) -> Control {
        let cooldown = self.source.policy().cooldown;
        Control {
            claim: None,
            due_at: self
                .seen
                .last_attempt
                .map_or(Duration::ZERO, |attempt| attempt.saturating_add(cooldown)),
            ..self.seen.clone()
        }
    }
}
