//! When a document is fetched, and how long it serves.

use std::time::Duration;

use crate::source::SourceError;

/// When a document is fetched, and how long it serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Policy {
    /// From one success to the next fetch: 1 s to 24 h, 60 s by default.
    pub refresh: Duration,
    /// A fetch after a success comes earlier by a random share of the period, up
    /// to this many percent: at most 50, 10 by default. It keeps many proxies
    /// from asking at the same moment.
    pub jitter_percent: u8,
    /// Whether `Cache-Control: max-age` of the source, less its `Age`, takes the
    /// place of `refresh`, and within which bounds. `None` by default: no source
    /// moves what the operator wrote unless he said how far.
    pub max_age: Option<MaxAge>,
    /// How long a document serves after the last success; from then on there is
    /// none. At least the longest period and two timeouts, at most 30 days; 1 h
    /// by default.
    pub stale_for: Duration,
    /// The pause between attempts that fail.
    pub backoff: Backoff,
    /// The shortest time between two fetches on demand, and between an attempt and one
    /// for a document that others lost: 1 s to 1 h, 30 s by default.
    pub cooldown: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(60),
            jitter_percent: 10,
            max_age: None,
            stale_for: Duration::from_secs(3600),
            backoff: Backoff::default(),
            cooldown: Duration::from_secs(30),
        }
    }
}

/// How far a source's `max-age` may move the period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MaxAge {
    /// The shortest period, also of `no-store` and `no-cache`: at least 1 s.
    pub shortest: Duration,
    /// The longest period: at most 24 h.
    pub longest: Duration,
}

/// Pauses that double with each failure in a row. Each is cut by a random share
/// of up to one half.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// After the first failure: at least 100 ms, 1 s by default.
    pub first: Duration,
    /// After many: at most 1 h, 60 s by default.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const MAX_STALE: Duration = Duration::from_secs(30 * 24 * 3600);

impl Policy {
    /// The longest time from one success to the next fetch.
    #[must_use]
    pub fn longest_period(&self) -> Duration {
        let by_source = self.max_age.map_or(Duration::ZERO, |bounds| bounds.longest);
        self.refresh.max(by_source)
    }

    pub(crate) fn check(&self, timeout: Duration) -> Result<(), SourceError> {
        let within = |value, shortest, longest| value >= shortest && value <= longest;
        if !within(self.refresh, SECOND, DAY) {
            return Err(SourceError::Refresh);
        }
        if self.jitter_percent > 50 {
            return Err(SourceError::Jitter);
        }
        if let Some(MaxAge { shortest, longest }) = self.max_age
            && (shortest < SECOND || longest > DAY || shortest > longest)
        {
            return Err(SourceError::MaxAge);
        }
        let least = self
            .longest_period()
            .saturating_add(timeout.saturating_mul(2));
        if !within(self.stale_for, least, MAX_STALE) {
            return Err(SourceError::StaleFor);
        }
        let Backoff { first, longest } = self.backoff;
        if first < Duration::from_millis(100) || longest > HOUR || first > longest {
            return Err(SourceError::Backoff);
        }
        if !within(self.cooldown, SECOND, HOUR) {
            return Err(SourceError::Cooldown);
        }
        Ok(())
    }

    /// The longest time that an attempt may move the next one away.
    pub(crate) fn longest_pause(&self) -> Duration {
        self.longest_period()
            .max(self.backoff.longest)
            .max(self.cooldown)
    }

    /// From a success to the next fetch. `period` is the source's or ours.
    pub(crate) fn pause_after_success(&self, period: Duration, random: u64) -> Duration {
        let share = period
            .saturating_mul(u32::from(self.jitter_percent))
            .checked_div(100)
            .unwrap_or_default();
        period.saturating_sub(fraction(share, random))
    }

    /// From an attempt that is the `failures`th in a row to fail to the next.
    pub(crate) fn pause_after_failure(&self, failures: u32, random: u64) -> Duration {
        let doubled = failures.saturating_sub(1).min(20);
        let pause = self
            .backoff
            .first
            .saturating_mul(1_u32.checked_shl(doubled).unwrap_or(u32::MAX))
            .min(self.backoff.longest);
        let half = pause.checked_div(2).unwrap_or_default();
        pause.saturating_sub(fraction(half, random))
    }
}

/// A part of `whole`, from none to all of it, as `random` says.
fn fraction(whole: Duration, random: u64) -> Duration {
    let share = u32::try_from(random % 1001).unwrap_or_default();
    whole
        .saturating_mul(share)
        .checked_div(1000)
        .unwrap_or_default()
}
