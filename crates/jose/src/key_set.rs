//! Key sets (RFC 7517 5): read, with what is of no use left out; and asked for
//! the keys that a token may have been signed with.

use std::collections::BinaryHeap;
use std::fmt;

use gatepost_config::Shown;
use gatepost_json::{JsonError, Limits, Value, parse};

use crate::{Algorithm, Jwk, KeyError, KeyId};

/// The keys that one issuer signs with.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// Ordered by `kid`, those without one first; keys of one `kid` in document
    /// order.
    keys: Vec<Jwk>,
}

/// What bounds reading a key set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeySetLimits {
    /// The longest document, in bytes.
    pub max_bytes: usize,
    /// The most keys, usable or not; no more than [`KeySet::MAX_KEYS`] ever.
    pub max_keys: usize,
}

impl Default for KeySetLimits {
    /// 512 KiB, [`KeySet::MAX_KEYS`].
    fn default() -> Self {
        Self {
            max_bytes: 512 * 1024,
            max_keys: KeySet::MAX_KEYS,
        }
    }
}

/// A key of a document that is not in the set, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dropped {
    /// Its place in `keys`, from 0.
    pub index: usize,
    /// Its `kid`, as the document has it; what [`fmt::Display`] shows of it is
    /// escaped and cut.
    pub kid: Option<String>,
    /// Why.
    pub reason: KeyError,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keys[{}]", self.index)?;
        if let Some(kid) = &self.kid {
            write!(f, " (kid {})", Shown(kid))?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Why a document is no key set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeySetError {
    /// It is longer than the limit, in bytes.
    TooLong {
        /// The limit.
        max_bytes: usize,
    },
    /// It is no strict JSON.
    Json(JsonError),
    /// It is no object with an array `keys` (RFC 7517 5).
    NotAKeySet,
    /// It has more keys than the limit.
    TooManyKeys {
        /// The limit.
        max_keys: usize,
    },
    /// The key that was to be read alone cannot be used.
    Key(KeyError),
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { max_bytes } => {
                write!(f, "expected a key set of at most {max_bytes} bytes")
            }
            Self::Json(error) => error.fmt(f),
            Self::NotAKeySet => {
                f.write_str("expected a JSON object with an array `keys` (RFC 7517 5)")
            }
            Self::TooManyKeys { max_keys } => write!(f, "expected at most {max_keys} keys"),
            Self::Key(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for KeySetError {}

/// Why no key of a set can have signed a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoCandidate {
    /// No key has the token's `kid`: the issuer may have a new one.
    UnknownKid,
    /// The keys that could be meant are not for the token's algorithm.
    KeyNotForAlgorithm,
    /// More than [`KeySet::MAX_CANDIDATES`] keys could be meant. A token must
    /// not make us try them all.
    TooManyKeys,
}

impl fmt::Display for NoCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKid => f.write_str("no key has the token's `kid`"),
            Self::KeyNotForAlgorithm => f.write_str("no such key is for the token's algorithm"),
            Self::TooManyKeys => write!(
                f,
                "more than {} keys could have signed the token",
                KeySet::MAX_CANDIDATES
            ),
        }
    }
}

impl std::error::Error for NoCandidate {}

/// The keys that a token may have been signed with.
#[derive(Clone, Debug)]
pub struct Candidates<'k> {
    /// In the order in which they are tried: 1 to [`KeySet::MAX_CANDIDATES`].
    pub keys: Vec<&'k Jwk>,
    /// Whether no key has the token's `kid`, and these have none at all. When none
    /// of them has signed the token, its issuer may have a new key.
    pub kid_is_unknown: bool,
}

impl KeySet {
    /// The most keys that a set is read with.
    pub const MAX_KEYS: usize = 1024;

    /// The most keys that are tried for one token.
    pub const MAX_CANDIDATES: usize = 4;

    /// How deep a key set may nest; it needs three levels, and `x5c` a fourth.
    const MAX_DEPTH: u8 = 16;

    /// Reads a key set. A key that cannot be used is dropped and named, and takes
    /// no other with it; that no key is left is for the caller to judge
    /// ([`is_empty`](Self::is_empty)).
    ///
    /// A secret is dropped when the set has keys of another type, too, for such
    /// sets are published; and when another secret has its `kid`.
    ///
    /// # Errors
    /// The document is no key set, or larger than `limits` allow.
    pub fn parse(
        document: &[u8],
        limits: &KeySetLimits,
    ) -> Result<(Self, Vec<Dropped>), KeySetError> {
        let document = parse_json(document, limits)?;
        let entries = document
            .member("keys")
            .and_then(Value::as_array)
            .ok_or(KeySetError::NotAKeySet)?;
        let max_keys = limits.max_keys.min(Self::MAX_KEYS);
        if entries.len() > max_keys {
            return Err(KeySetError::TooManyKeys { max_keys });
        }
        let of_secrets = entries.iter().all(is_secret);
        let (mut keys, mut dropped) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            match Jwk::parse(entry) {
                Ok(key) if key.is_secret() && !of_secrets => {
                    dropped.push(drop_key(index, entry, KeyError::SecretAmongPublicKeys));
                }
                Ok(key) => keys.push((index, key)),
                Err(reason) => dropped.push(drop_key(index, entry, reason)),
            }
        }
        if of_secrets {
            drop_shared_kids(entries, &mut keys, &mut dropped);
        }
        Ok((keys.into_iter().map(|(_, key)| key).collect(), dropped))
    }

    /// Reads a document that is one key, as a set of that key.
    ///
    /// # Errors
    /// The document is no strict JSON or too long, or the key cannot be used.
    pub fn parse_key(document: &[u8], limits: &KeySetLimits) -> Result<Self, KeySetError> {
        let key = parse_json(document, limits)?;
        let key = Jwk::parse(&key).map_err(KeySetError::Key)?;
        Ok([key].into_iter().collect())
    }

    /// The keys, ordered by `kid`, those without one first.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Jwk> {
        self.keys.iter()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is there, and every token is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a key of this name is there: one that is not any more has signed
    /// nothing that is still good.
    #[must_use]
    pub fn contains(&self, id: KeyId) -> bool {
        self.keys.iter().any(|key| key.id() == id)
    }

    /// The keys that a token with this `alg` and this `kid` may have been signed
    /// with, to be tried in order: at least one, and at most
    /// [`MAX_CANDIDATES`](Self::MAX_CANDIDATES).
    ///
    /// A `kid` selects the keys that have it, all of them. When none has, keys
    /// without a `kid` are candidates, as they are for every token, and
    /// [`Candidates::kid_is_unknown`] says so.
    /// A token without a `kid` may be by any key.
    ///
    /// # Errors
    /// There is no candidate, or there are too many; see [`NoCandidate`].
    pub fn candidates(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> Result<Candidates<'_>, NoCandidate> {
        let (meant, kid_is_unknown) = match kid {
            None => (self.keys.as_slice(), false),
            Some(_) => match self.of_kid(kid) {
                [] => (self.of_kid(None), true),
                named => (named, false),
            },
        };
        match allowing(meant, algorithm) {
            Ok(keys) => Ok(Candidates {
                keys,
                kid_is_unknown,
            }),
            Err(NoCandidate::KeyNotForAlgorithm) if kid_is_unknown => Err(NoCandidate::UnknownKid),
            Err(why) => Err(why),
        }
    }

    /// Apart, so that it is compiled once and not for every kind of iterator.
    fn of(mut keys: Vec<Jwk>) -> Self {
        keys.sort_by(|one, other| one.kid().cmp(&other.kid()));
        Self { keys }
    }

    fn of_kid(&self, kid: Option<&str>) -> &[Jwk] {
        let start = self.keys.partition_point(|key| key.kid() < kid);
        let end = self.keys.partition_point(|key| key.kid() <= kid);
        self.keys.get(start..end).unwrap_or_default()
    }
}

impl FromIterator<Jwk> for KeySet {
    fn from_iter<T: IntoIterator<Item = Jwk>>(keys: T) -> Self {
        Self::of(keys.into_iter().collect())
    }
}

fn allowing(keys: &[Jwk], algorithm: Algorithm) -> Result<Vec<&Jwk>, NoCandidate> {
    let mut allowing = keys.iter().filter(|key| key.allows(algorithm));
    let candidates: Vec<&Jwk> = allowing.by_ref().take(KeySet::MAX_CANDIDATES).collect();
    if candidates.is_empty() {
        Err(NoCandidate::KeyNotForAlgorithm)
    } else if allowing.next().is_some() {
        Err(NoCandidate::TooManyKeys)
    } else {
        Ok(candidates)
    }
}

fn parse_json(document: &[u8], limits: &KeySetLimits) -> Result<Value, KeySetError> {
    let max_bytes = limits.max_bytes;
    if document.len() > max_bytes {
        return Err(KeySetError::TooLong { max_bytes });
    }
    let max_depth = KeySet::MAX_DEPTH;
    parse(
        document,
        Limits {
            max_bytes,
            max_depth,
        },
    )
    .map_err(KeySetError::Json)
}

fn is_secret(entry: &Value) -> bool {
    entry.member("kty").and_then(Value::as_str) == Some("oct")
}

fn drop_key(index: usize, entry: &Value, reason: KeyError) -> Dropped {
    Dropped {
        index,
        kid: kid(entry).map(str::to_owned),
        reason,
    }
}

fn kid(entry: &Value) -> Option<&str> {
    entry.member("kid").and_then(Value::as_str)
}

/// Of secrets that share a `kid` nobody can say which one is meant: secrets are
/// handed out one by one, and do not overlap when they are replaced. One that is of
/// no use counts, too: it may be the one that was meant.
fn drop_shared_kids(entries: &[Value], keys: &mut Vec<(usize, Jwk)>, dropped: &mut Vec<Dropped>) {
    let kids: BinaryHeap<&str> = entries.iter().filter_map(kid).collect();
    let kids = kids.into_sorted_vec();
    let is_shared = |kid: &str| {
        let first = kids.partition_point(|known| *known < kid);
        kids.get(first.saturating_add(1)) == Some(&kid)
    };
    keys.retain(|(index, key)| {
        let Some(kid) = key.kid().filter(|kid| is_shared(kid)) else {
            return true;
        };
        dropped.push(Dropped {
            index: *index,
            kid: Some(kid.to_owned()),
            reason: KeyError::SecretSharesKid,
        });
        false
    });
    dropped.sort_unstable_by_key(|dropped| dropped.index);
}
