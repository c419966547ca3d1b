//! What a document is kept under: its slots' keys, and the identity that stands
//! in their values.

use std::fmt::Write as _;

use crate::record::Writer;
use crate::source::Source;

/// Everything that changes what the slots mean: source, policy and format. Equal
/// identities share their slots.
///
/// A slot's key holds 128 bits of FNV-1a of the identity, for its length alone:
/// nobody but the operator chooses what is hashed, and should two identities
/// ever meet in a key, the value, which begins with the whole identity, is not
/// taken for one's own. So those whose source is named by another document, of
/// which there may be any number, can have [`SLOTS_OF_AN_OWNER`] keys between them.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) bytes: Vec<u8>,
    pub(crate) control_key: Vec<u8>,
    pub(crate) document_key: Vec<u8>,
}

/// Of the layout of both slots.
const LAYOUT: u32 = 2;

/// Enough for two places at a time, the old and the new one, to meet seldom. When
/// they do, each counts the other's slots as absent, and writes them after the cooldown.
const SLOTS_OF_AN_OWNER: u128 = 8;

impl Identity {
    pub(crate) fn new(source: &Source, format: &[u8]) -> Self {
        let bytes = identity(source, format);
        let own = fnv1a_128(&bytes);
        let hash = match source.owner() {
            None => own,
            Some(owner) => {
                let place = (own % SLOTS_OF_AN_OWNER).to_le_bytes();
                fnv1a_128(&[owner, &place[..]].concat())
            }
        };
        let key = |slot: &str| {
            let mut key = String::new();
            // Writing into a String does not fail.
            let _ = write!(key, "gatepost.remote.{LAYOUT}.{hash:032x}.{slot}");
            key.into_bytes()
        };
        Self {
            control_key: key("control"),
            document_key: key("document"),
            bytes,
        }
    }
}

/// The identity of what a source gives in a format of this id.
pub(crate) fn identity(source: &Source, format: &[u8]) -> Vec<u8> {
    let policy = source.policy();
    let mut identity = Writer::default();
    identity.bytes(source.cluster().as_bytes());
    identity.bytes(source.authority().as_bytes());
    identity.bytes(source.path().as_bytes());
    identity.time(source.timeout());
    identity.number(u64::try_from(source.max_bytes()).unwrap_or(u64::MAX));
    identity.time(policy.refresh);
    identity.byte(policy.jitter_percent);
    identity.flag(policy.max_age.is_some());
    if let Some(bounds) = policy.max_age {
        identity.time(bounds.shortest);
        identity.time(bounds.longest);
    }
    identity.time(policy.stale_for);
    identity.time(policy.backoff.first);
    identity.time(policy.backoff.longest);
    identity.time(policy.cooldown);
    identity.bytes(format);
    identity.into_bytes()
}

/// 128 bits of FNV-1a: tells apart what nobody but the operator chooses.
#[must_use]
pub fn fnv1a_128(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}
