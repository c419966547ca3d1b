//! Waiting for a condition, with a deadline.

use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, Result};

const BETWEEN_PROBES: Duration = Duration::from_millis(10);

/// Probes until `probe` gives a value, at least once and at most for `within`.
/// `what` names the condition in the error.
pub fn wait_until<T>(
    what: impl Into<String>,
    within: Duration,
    mut probe: impl FnMut() -> Option<T>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = probe() {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            return Err(Error::Timeout {
                what: what.into(),
                within,
            });
        }
        thread::sleep(BETWEEN_PROBES);
    }
}
