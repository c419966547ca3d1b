//! The control slot: who fetches, when the next fetch is due, how the last went.

use std::time::Duration;

use crate::failure::FailureKind;
use crate::identity::Identity;
use crate::policy::Policy;
use crate::record::{Reader, Writer};
use crate::source::Source;

/// What all workers know of a document. Moments are of the monotonic clock,
/// which the workers of a proxy share.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Control {
    /// The document that was published last, 0 before the first.
    ///
    /// A generation is the moment of its publication in nanoseconds, or one more
    /// than the one before, so that slots which lost their content cannot give
    /// the same number to another document.
    pub(crate) generation: u64,
    /// When the source was asked that last gave or confirmed that document.
    pub(crate) confirmed_at: Option<Duration>,
    /// Who fetches, or did when it was last heard of.
    pub(crate) claim: Option<Claim>,
    /// The number of the last claim: as a generation, the moment when it was
    /// taken, so that it tells claims apart where workers have equal nonces and
    /// somebody emptied the slot.
    pub(crate) claims: u64,
    /// Before this moment nobody fetches but on demand. While a fetch is under
    /// way it says what holds if nothing more is heard of it.
    pub(crate) due_at: Duration,
    /// When the source was last asked.
    pub(crate) last_attempt: Option<Duration>,
    /// When it was last asked because somebody missed something in the document.
    pub(crate) last_demand: Option<Duration>,
    /// How many attempts have come to an end.
    pub(crate) finished: u64,
    /// How many of them failed since the last success.
    pub(crate) failures: u32,
    /// How the last of those failed.
    pub(crate) last_failure: Option<FailureKind>,
}

/// The right to fetch, for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    /// The worker that holds it.
    pub(crate) owner: u128,
    /// Tells it from all other claims.
    pub(crate) number: u64,
    /// From this moment on another worker may take it.
    pub(crate) until: Duration,
}

/// What a claim lasts beyond the proxy's timeout for a call.
pub(crate) const CLAIM_MARGIN: Duration = Duration::from_secs(5);

/// How far the clock readings of two threads may be apart: one may have stood
/// still after it read the clock.
pub(crate) const SKEW: Duration = Duration::from_secs(60);

const KIND: u8 = b'c';

impl Control {
    /// The bytes of the slot.
    pub(crate) fn to_slot(&self, identity: &Identity) -> Vec<u8> {
        let mut record = Writer::record(KIND, &identity.bytes);
        record.number(self.generation);
        record.optional_time(self.confirmed_at);
        record.flag(self.claim.is_some());
        if let Some(claim) = self.claim {
            let [high, low] = halves(claim.owner);
            record.number(high);
            record.number(low);
            record.number(claim.number);
            record.time(claim.until);
        }
        record.number(self.claims);
        record.time(self.due_at);
        record.optional_time(self.last_attempt);
        record.optional_time(self.last_demand);
        record.number(self.finished);
        record.number(u64::from(self.failures));
        record.byte(FailureKind::to_byte(self.last_failure));
        record.sealed()
    }

    /// What the slot says, if it is of this identity, undamaged and possible at
    /// this moment.
    pub(crate) fn from_slot(
        slot: &[u8],
        identity: &Identity,
        source: &Source,
        now: Duration,
    ) -> Option<Self> {
        let mut record = Reader::record(KIND, &identity.bytes, slot)?;
        let generation = record.number()?;
        let confirmed_at = record.optional_time()?;
        let claim = if record.flag()? {
            Some(Claim {
                owner: whole(record.number()?, record.number()?),
                number: record.number()?,
                until: record.time()?,
            })
        } else {
            None
        };
        let control = Self {
            generation,
            confirmed_at,
            claim,
            claims: record.number()?,
            due_at: record.time()?,
            last_attempt: record.optional_time()?,
            last_demand: record.optional_time()?,
            finished: record.number()?,
            failures: u32::try_from(record.number()?).ok()?,
            last_failure: FailureKind::from_byte(record.byte()?)?,
        };
        record.end()?;
        control.is_possible(source, now).then_some(control)
    }

    /// Whether somebody holds the right to fetch.
    pub(crate) fn is_claimed(&self, now: Duration) -> bool {
        self.claim.is_some_and(|claim| claim.until > now)
    }

    /// Whether a claim is still its holder's, if only because nobody has taken
    /// it since it expired.
    pub(crate) fn holds(&self, claim: Claim) -> bool {
        self.claim
            .is_some_and(|held| held.owner == claim.owner && held.number == claim.number)
    }

    /// No slot of ours names a moment that is further away.
    fn is_possible(&self, source: &Source, now: Duration) -> bool {
        let soon = now.saturating_add(SKEW);
        let past = |moment: Option<Duration>| moment.is_none_or(|moment| moment <= soon);
        let pause = Policy::longest_pause(source.policy());
        past(self.confirmed_at)
            && past(self.last_attempt)
            && past(self.last_demand)
            && past(Some(Duration::from_nanos(self.generation)))
            && self.due_at <= soon.saturating_add(pause)
            && self
                .claim
                .is_none_or(|claim| claim.until <= soon.saturating_add(claim_length(source)))
    }
}

/// What a claim lasts unless it is renewed.
pub(crate) fn claim_length(source: &Source) -> Duration {
    source.timeout().saturating_add(CLAIM_MARGIN)
}

fn halves(number: u128) -> [u64; 2] {
    let low = u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
    let high = u64::try_from(number >> 64).unwrap_or_default();
    [high, low]
}

fn whole(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}
