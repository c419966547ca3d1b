//! The document slot: the compiled document and where it came from.

use std::time::Duration;

use crate::control::SKEW;
use crate::identity::Identity;
use crate::record::{Reader, Writer};
use crate::validators::Validators;

/// A document as workers share it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Shared<'a> {
    /// See [`Control::generation`](crate::control::Control::generation).
    pub(crate) generation: u64,
    /// When the source was asked that gave it.
    pub(crate) asked_at: Duration,
    /// What the source can be asked with whether it changed.
    pub(crate) validators: Validators,
    /// What [`Format::step`](crate::Format::step) made.
    pub(crate) compiled: &'a [u8],
}

/// The longest compiled form that is shared, in bytes.
pub(crate) const MAX_COMPILED: usize = 32 << 20;

const KIND: u8 = b'd';

impl<'a> Shared<'a> {
    /// The bytes of the slot.
    pub(crate) fn to_slot(&self, identity: &Identity) -> Vec<u8> {
        let mut record = Writer::record(KIND, &identity.bytes);
        record.number(self.generation);
        record.time(self.asked_at);
        for validator in [&self.validators.etag, &self.validators.last_modified] {
            record.flag(validator.is_some());
            record.bytes(validator.as_deref().unwrap_or_default());
        }
        record.bytes(self.compiled);
        record.sealed()
    }

    /// What the slot holds, if it is of this identity, undamaged and not of the
    /// future. The compiled form is the format's to judge.
    pub(crate) fn from_slot(slot: &'a [u8], identity: &Identity, now: Duration) -> Option<Self> {
        let mut record = Reader::record(KIND, &identity.bytes, slot)?;
        let generation = record.number()?;
        let asked_at = record.time()?;
        let mut validator = || {
            let some = record.flag()?;
            let bytes = record.bytes()?;
            Some(some.then_some(bytes))
        };
        let validators = Validators::new(validator()?, validator()?);
        let compiled = record.bytes()?;
        record.end()?;
        let soon = now.saturating_add(SKEW);
        let is_possible = compiled.len() <= MAX_COMPILED
            && asked_at <= soon
            && Duration::from_nanos(generation) <= soon;
        is_possible.then_some(Self {
            generation,
            asked_at,
            validators,
            compiled,
        })
    }
}
