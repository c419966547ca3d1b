//! A list as bytes, for workers that did not parse it.
//!
//! All numbers are big-endian. Of each family: the blocks in order, 5 or 17
//! bytes each, and then the expiries, 9 bytes each, of those blocks that have
//! one: the place of the block, and its expiry. There is one form of a list, so
//! what was read from bytes gives the same bytes again.

use std::fmt;

use super::FeedList;
use super::entry::{Dated, Expiry};
use crate::Cidr;
use crate::bits::Bits;
use crate::cidr_list::Entry;

/// What the bytes begin with: whose they are, and the version of the layout.
const MAGIC: [u8; 8] = *b"gp-feed\x01";

impl FeedList {
    /// The list as bytes: 28, and 5 an IPv4 entry, 17 an IPv6 entry, 9 an
    /// expiry.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [v4, v6] = [Sizes::of(&self.v4), Sizes::of(&self.v6)];
        let len = v4.bytes::<u32>().zip(v6.bytes::<u128>());
        let len = len.map_or(0, |(v4, v6)| v4.saturating_add(v6));
        let mut bytes = Vec::with_capacity(len.saturating_add(HEADER));
        bytes.extend(MAGIC);
        for number in [self.masked, v4.blocks, v4.expiries, v6.blocks, v6.expiries] {
            bytes.extend(number.to_be_bytes());
        }
        push_family(&mut bytes, &self.v4);
        push_family(&mut bytes, &self.v6);
        bytes
    }

    /// Reads what [`FeedList::encode`] wrote. The bytes may be anybody's:
    /// everything about them is checked, in linear time, before anything is
    /// allocated that they do not fill.
    ///
    /// # Errors
    /// They are no list, or one of another version.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, DecodeError> {
        let rest = &mut bytes;
        if take::<8>(rest) != Some(MAGIC) {
            return Err(DecodeError::Layout);
        }
        let mut number = || take(rest).map(u32::from_be_bytes).ok_or(DecodeError::Len);
        let masked = number()?;
        let v4 = Sizes {
            blocks: number()?,
            expiries: number()?,
        };
        let v6 = Sizes {
            blocks: number()?,
            expiries: number()?,
        };
        let most = u32::try_from(Self::MAX_ENTRIES).unwrap_or(u32::MAX);
        if v4.blocks.saturating_add(v6.blocks) > most || masked > most {
            return Err(DecodeError::Entries);
        }
        let len = v4.bytes::<u32>().zip(v6.bytes::<u128>());
        if len.and_then(|(v4, v6)| v4.checked_add(v6)) != Some(rest.len()) {
            return Err(DecodeError::Len);
        }
        Ok(Self {
            v4: take_family(rest, v4)?,
            v6: take_family(rest, v6)?,
            masked,
        })
    }
}

/// Why bytes are no list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DecodeError {
    /// They do not begin as ours do, in this version.
    Layout,
    /// They are more or fewer than they should be.
    Len,
    /// There are more than [`FeedList::MAX_ENTRIES`].
    Entries,
    /// A block is none, or blocks are not in order.
    Block,
    /// An expiry is no point in time, or of no block, or expiries are not in
    /// order.
    Expiry,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Layout => "expected a compiled list of this version",
            Self::Len => "expected a compiled list of the length that it states",
            Self::Entries => "expected a compiled list of at most 1048576 entries",
            Self::Block => "expected a compiled list of blocks in order",
            Self::Expiry => "expected a compiled list with expiries in order",
        })
    }
}

impl std::error::Error for DecodeError {}

/// The bytes before those of the families.
const HEADER: usize = 28;

/// How much there is of a family.
#[derive(Clone, Copy)]
struct Sizes {
    blocks: u32,
    expiries: u32,
}

impl Sizes {
    fn of<A: Bits>(entries: &[Dated<A>]) -> Self {
        let expiring = entries
            .iter()
            .filter(|entry| entry.expires != Expiry::NEVER);
        // MAX_ENTRIES keeps both inside of the type.
        Self {
            blocks: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            expiries: u32::try_from(expiring.count()).unwrap_or(u32::MAX),
        }
    }

    fn bytes<A: Bits>(self) -> Option<usize> {
        let blocks = usize::try_from(self.blocks).ok()?;
        let expiries = usize::try_from(self.expiries).ok()?;
        let blocks = blocks.checked_mul(size_of::<Entry<A>>())?;
        let expiries = expiries.checked_mul(size_of::<u32>().saturating_add(Expiry::BYTES))?;
        blocks.checked_add(expiries)
    }
}

fn push_family<A: Bits>(bytes: &mut Vec<u8>, entries: &[Dated<A>]) {
    for entry in entries {
        entry.block.first().push_bytes(bytes);
        bytes.push(entry.block.prefix_len());
    }
    for (place, entry) in (0_u32..).zip(entries) {
        if entry.expires != Expiry::NEVER {
            bytes.extend(place.to_be_bytes());
            bytes.extend(entry.expires.to_bytes());
        }
    }
}

fn take_family<A: Bits>(rest: &mut &[u8], sizes: Sizes) -> Result<Vec<Dated<A>>, DecodeError> {
    let blocks = usize::try_from(sizes.blocks).map_err(|_| DecodeError::Entries)?;
    let mut entries = Vec::<Dated<A>>::with_capacity(blocks);
    for _ in 0..blocks {
        let block = take_block::<A>(rest).ok_or(DecodeError::Block)?;
        if entries.last().is_some_and(|last| last.block >= block) {
            return Err(DecodeError::Block);
        }
        entries.push(Dated {
            block,
            expires: Expiry::NEVER,
        });
    }
    let mut behind = entries.iter_mut();
    let mut next = 0_u32;
    for _ in 0..sizes.expiries {
        let place = take(rest).map(u32::from_be_bytes);
        let skipped = place
            .and_then(|place| place.checked_sub(next))
            .and_then(|skipped| usize::try_from(skipped).ok())
            .ok_or(DecodeError::Expiry)?;
        let entry = behind.nth(skipped).ok_or(DecodeError::Expiry)?;
        entry.expires = take(rest)
            .and_then(Expiry::from_bytes)
            .ok_or(DecodeError::Expiry)?;
        next = next
            .saturating_add(u32::try_from(skipped).unwrap_or(u32::MAX))
            .saturating_add(1);
    }
    Ok(entries)
}

/// A block without host bits that is of this family: no IPv4-mapped one.
fn take_block<A: Bits>(rest: &mut &[u8]) -> Option<Entry<A>> {
    let first = A::take_bytes(rest)?;
    let [prefix_len] = take(rest)?;
    let cidr = Cidr::containing(first.address(), prefix_len)?;
    let is_whole = cidr.first_address() == first.address() && cidr.prefix_len() == prefix_len;
    is_whole.then(|| Entry::new(first, prefix_len))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}
