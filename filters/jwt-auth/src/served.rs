//! What servers publish for this filter: key sets, where key sets are, revocations.
//!
//! One format for all of them, so that a module holds once what fetches, shares and
//! keeps a document: with one each it would be 40 KiB larger.

mod key_set;
mod place;
mod revocations;

use std::fmt;

use gatepost_filter::{Missing, Services, WatchedDocument};
use gatepost_jose::KeySet;
use gatepost_remote::{Format, Meta, Step};

use self::key_set::KeySetError;
pub(crate) use self::place::KeysAt;
use self::place::PlaceError;
use self::revocations::RevocationsError;
use crate::revocation::RevocationList;

/// A kind of document.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A JWK set (RFC 7517 5).
    KeySet,
    /// The metadata of this issuer, which must name it.
    Place { issuer: String },
    /// A list of what is revoked.
    Revocations,
}

/// A document.
pub(crate) enum Served {
    KeySet(KeySet),
    Place(KeysAt),
    Revocations(RevocationList),
}

/// Why there is no document. The server is at fault, or whoever wrote what workers
/// share.
#[derive(Debug)]
pub(crate) enum ServedError {
    KeySet(KeySetError),
    Place(PlaceError),
    Revocations(RevocationsError),
}

/// A document that this worker keeps.
pub(crate) type Watched = WatchedDocument<Kind>;

impl Format for Kind {
    type Document = Served;
    type Parse = Vec<u8>;
    type Error = ServedError;

    fn id(&self) -> Vec<u8> {
        // 1: the layout of the compiled form.
        match self {
            Self::KeySet => b"jwks/1".to_vec(),
            Self::Place { issuer } => format!("discovery/1/{issuer}").into_bytes(),
            Self::Revocations => b"revocations/1".to_vec(),
        }
    }

    fn begin(&self, body: Vec<u8>, _: &Meta<'_>) -> Result<Vec<u8>, ServedError> {
        Ok(body)
    }

    /// In one piece: all are small, or refused.
    fn step(&self, body: &mut Vec<u8>) -> Step<ServedError> {
        let compiled = match self {
            Self::KeySet => key_set::compile(body).map_err(ServedError::KeySet),
            Self::Place { issuer } => place::compile(body, issuer).map_err(ServedError::Place),
            Self::Revocations => revocations::compile(body).map_err(ServedError::Revocations),
        };
        match compiled {
            Ok(compiled) => Step::Done(compiled),
            Err(error) => Step::Failed(error),
        }
    }

    fn load(&self, compiled: &[u8]) -> Result<Served, ServedError> {
        Ok(match self {
            Self::KeySet => Served::KeySet(key_set::load(compiled).map_err(ServedError::KeySet)?),
            Self::Place { .. } => Served::Place(place::load(compiled).map_err(ServedError::Place)?),
            Self::Revocations => {
                Served::Revocations(revocations::load(compiled).map_err(ServedError::Revocations)?)
            }
        })
    }
}

impl Served {
    /// The key set, if it is one.
    pub(crate) fn key_set(&self) -> Option<&KeySet> {
        match self {
            Self::KeySet(keys) => Some(keys),
            _ => None,
        }
    }

    /// The place of keys, if it is one.
    pub(crate) fn place(&self) -> Option<&KeysAt> {
        match self {
            Self::Place(place) => Some(place),
            _ => None,
        }
    }

    /// The list of what is revoked, if it is one.
    pub(crate) fn revocations(&self) -> Option<&RevocationList> {
        match self {
            Self::Revocations(list) => Some(list),
            _ => None,
        }
    }
}

/// Looks at a document through `part`; why there is none, if there is none.
pub(crate) fn look<D, T>(
    watched: &Watched,
    services: &dyn Services,
    part: fn(&Served) -> Option<&D>,
    look: impl FnOnce(Result<&D, Missing>) -> T,
) -> T {
    watched.with(services, |document| {
        let missing = || watched.missing().unwrap_or(Missing::Stale);
        look(document.and_then(part).ok_or_else(missing))
    })
}

impl fmt::Display for ServedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeySet(error) => error.fmt(f),
            Self::Place(error) => error.fmt(f),
            Self::Revocations(error) => error.fmt(f),
        }
    }
}
