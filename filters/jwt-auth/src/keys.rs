//! The keys that check a provider's signatures, wherever they come from.

use gatepost_filter::Services;
use gatepost_jose::KeySet;

use crate::plan::KeysPlan;

/// The keys of a provider on one worker.
pub(crate) enum Keys {
    /// They stand in the document.
    Fixed(KeySet),
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing {
    /// None have come yet.
    NotLoaded,
    /// The last success is too long ago.
    Stale,
}

impl Keys {
    pub(crate) fn new(plan: KeysPlan) -> Self {
        match plan {
            KeysPlan::Fixed(keys) => Self::Fixed(keys),
        }
    }

    /// Looks at the keys.
    pub(crate) fn with<T>(
        &self,
        _services: &dyn Services,
        look: impl FnOnce(Result<&KeySet, Missing>) -> T,
    ) -> T {
        match self {
            Self::Fixed(keys) => look(Ok(keys)),
        }
    }
}
