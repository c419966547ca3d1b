//! Why a token is not good.

use gatepost_filter::Missing;
use gatepost_jose::ClaimsError;

use crate::reason::{self, Row, Stage};

/// Why a token is not good, or nobody can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub(crate) stage: Stage,
    pub(crate) row: Row,
    /// Whose token it would have been.
    pub(crate) provider: Option<usize>,
    /// What would tell.
    pub(crate) lack: Option<Lack>,
}

/// What is not there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// The keys.
    Keys(Missing),
    /// A key with the token's `kid`.
    Kid,
    /// The list of what is revoked.
    Revocations(Missing),
}

impl Refusal {
    pub(crate) fn new(stage: Stage, row: Row) -> Self {
        Self {
            stage,
            row,
            provider: None,
            lack: None,
        }
    }

    pub(super) fn of_claims(error: &ClaimsError) -> Self {
        let stage = match error {
            ClaimsError::WrongIssuer => Stage::Issuer,
            _ => Stage::Policy,
        };
        Self::new(stage, Row::invalid_token(error.code()))
    }

    /// A token that may be good, if only that were there.
    pub(super) fn lacking(lack: Lack, row: Row) -> Self {
        Self {
            lack: Some(lack),
            ..Self::new(Stage::Unavailable, row)
        }
    }

    /// The one of two that tells more.
    pub(super) fn or(self, other: Self) -> Self {
        if other.stage > self.stage {
            other
        } else {
            self
        }
    }
}

/// A token that may be good by keys that are missing.
pub(super) fn no_keys(missing: Missing) -> Refusal {
    let row = match missing {
        Missing::NotLoaded => reason::KEYS_UNAVAILABLE,
        Missing::Stale => reason::KEYS_STALE,
    };
    Refusal::lacking(Lack::Keys(missing), row)
}
