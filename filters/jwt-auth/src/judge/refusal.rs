//! Why a token is not good.

use gatepost_filter::Missing;
use gatepost_jose::ClaimsError;

use crate::reason::{self, Row, Stage};

/// Why a token is not good, or nobody can tell.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) stage: Stage,
    pub(crate) row: Row,
    /// Whose token it would have been.
    pub(crate) provider: Option<usize>,
    /// What would tell.
    pub(super) lack: Option<Lack>,
    /// The same by providers, of all tokens and providers of which any will do.
    pub(crate) lacks: Vec<(usize, Lack)>,
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
            lacks: Vec::new(),
        }
    }

    pub(super) fn of_claims(error: &ClaimsError) -> Self {
        let stage = match error {
            ClaimsError::WrongIssuer => Stage::Issuer,
            _ => Stage::Policy,
        };
        Self::new(stage, Row::invalid_token(error.code()))
    }

    /// A token that may be good, if only that were there; `row` is what it is refused
    /// with if it is known not to be.
    pub(super) fn lacking(lack: Lack, row: Row) -> Self {
        Self {
            lack: Some(lack),
            ..Self::new(Stage::Unavailable, row)
        }
    }

    /// The refusal of a token of this provider.
    pub(super) fn by(mut self, provider: usize) -> Self {
        self.provider = Some(provider);
        self.lacks = self.lack.map(|lack| (provider, lack)).into_iter().collect();
        self
    }

    /// The one of two that tells more, where what either lacks would do.
    pub(super) fn or(self, other: Self) -> Self {
        let (mut told, untold) = match other.stage > self.stage {
            true => (other, self),
            false => (self, other),
        };
        for lack in untold.lacks {
            if !told.lacks.contains(&lack) {
                told.lacks.push(lack);
            }
        }
        told
    }
}

impl Lack {
    /// What a token is refused with as long as nobody can tell.
    pub(crate) fn row(self) -> Row {
        match self {
            Self::Keys(Missing::NotLoaded) | Self::Kid => reason::KEYS_UNAVAILABLE,
            Self::Keys(Missing::Stale) => reason::KEYS_STALE,
            Self::Revocations(Missing::NotLoaded) => reason::REVOCATIONS_UNAVAILABLE,
            Self::Revocations(Missing::Stale) => reason::REVOCATIONS_STALE,
        }
    }
}

/// A token that may be good by keys that are missing.
pub(super) fn no_keys(missing: Missing) -> Refusal {
    let lack = Lack::Keys(missing);
    Refusal::lacking(lack, lack.row())
}
