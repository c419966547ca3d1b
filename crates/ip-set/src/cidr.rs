//! One CIDR: a block of addresses (RFC 4632, RFC 4291 2.3).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::AddressError;
use crate::address::{leading_octet, parse_as_written};
use crate::bits::Bits;

/// How many bits of an IPv4-mapped IPv6 address stand before the IPv4 address.
const MAPPED_PREFIX_LEN: u8 = 96;

/// The addresses that share a prefix: `203.0.113.0/24`, `2001:db8::/32`.
///
/// A block of IPv4-mapped IPv6 addresses is the IPv4 block:
/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`. An IPv6 block that is large enough to
/// hold the mapped addresses without naming them (`::/0`, `::/64`) holds IPv6
/// addresses only.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Cidr {
    first: IpAddr,
    prefix_len: u8,
}

/// A CIDR that was read with [`Cidr::parse_masking`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Masked {
    /// The block.
    pub cidr: Cidr,
    /// Whether the text had host bits set, which are gone in `cidr`.
    pub had_host_bits: bool,
}

impl Cidr {
    /// Reads `address/prefix length`, or an address alone, which is the block
    /// of itself.
    ///
    /// # Errors
    /// The address is not in the form that [`crate::parse_address`] reads; the
    /// prefix length is no plain number up to 32 or 128; host bits are set
    /// (`10.1.2.3/8`), and then the error names the block that was probably
    /// meant; an IPv4-mapped address has a prefix length below 96.
    pub fn parse(text: &str) -> Result<Self, CidrError> {
        let Masked {
            cidr,
            had_host_bits,
        } = Self::parse_masking(text)?;
        if had_host_bits {
            return Err(CidrError::HostBits { block: cidr });
        }
        Ok(cidr)
    }

    /// Reads like [`Cidr::parse`], but clears host bits and says whether there
    /// were any: for data that somebody else publishes.
    ///
    /// # Errors
    /// As for [`Cidr::parse`], except for host bits.
    pub fn parse_masking(text: &str) -> Result<Masked, CidrError> {
        let mut parts = text.as_bytes().splitn(2, |byte| *byte == b'/');
        let (address, prefix_len) = (parts.next().unwrap_or_default(), parts.next());
        let address = parse_as_written(address).map_err(CidrError::Address)?;
        match prefix_len {
            None => Ok(Masked {
                cidr: Self::from(address),
                had_host_bits: false,
            }),
            Some(digits) => Self::masking(address, parse_prefix_len(digits, width(address))?),
        }
    }

    /// The block of the `prefix_len` first bits of `address`, host bits
    /// cleared; `None` when the family has no such prefix length.
    #[must_use]
    pub fn containing(address: IpAddr, prefix_len: u8) -> Option<Self> {
        let masked = Self::masking(address, prefix_len).ok()?;
        Some(masked.cidr)
    }

    /// The first address of the block.
    #[must_use]
    pub fn first_address(&self) -> IpAddr {
        self.first
    }

    /// The prefix length in bits: 0 to 32 for IPv4, 0 to 128 for IPv6.
    #[must_use]
    pub fn prefix_len(&self) -> u8 {
        self.prefix_len
    }

    /// Whether `address` is in the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                address.to_bits().first_of(self.prefix_len) == first.to_bits()
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                address.to_bits().first_of(self.prefix_len) == first.to_bits()
            }
            _ => false,
        }
    }

    fn masking(address: IpAddr, prefix_len: u8) -> Result<Masked, CidrError> {
        let canonical = address.to_canonical();
        let prefix_len = if address == canonical {
            prefix_len
        } else {
            prefix_len
                .checked_sub(MAPPED_PREFIX_LEN)
                .ok_or(CidrError::MappedPrefixLen)?
        };
        let longest = width(canonical);
        if prefix_len > longest {
            return Err(CidrError::PrefixLen { longest });
        }
        let first = match canonical {
            IpAddr::V4(address) => IpAddr::V4(address.to_bits().first_of(prefix_len).into()),
            IpAddr::V6(address) => IpAddr::V6(address.to_bits().first_of(prefix_len).into()),
        };
        Ok(Masked {
            cidr: Self { first, prefix_len },
            had_host_bits: first != canonical,
        })
    }
}

/// The block of one address: `/32` or `/128`.
impl From<IpAddr> for Cidr {
    fn from(address: IpAddr) -> Self {
        let first = address.to_canonical();
        Self {
            first,
            prefix_len: width(first),
        }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        Self::parse(text)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix_len)
    }
}

/// Why a text is no CIDR.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CidrError {
    /// The part before the slash is no address.
    Address(AddressError),
    /// The part behind the slash is no prefix length of the family.
    PrefixLen {
        /// The longest prefix length of the family: 32 or 128.
        longest: u8,
    },
    /// The address has bits set behind the prefix.
    HostBits {
        /// The block that holds the address.
        block: Cidr,
    },
    /// An IPv4-mapped address with a prefix that ends before the IPv4 address.
    MappedPrefixLen,
}

impl fmt::Display for CidrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::PrefixLen { longest } => write!(
                f,
                "expected a prefix length from 0 to {longest}, without sign or leading zero"
            ),
            Self::HostBits { block } => {
                write!(f, "expected no host bits behind the prefix: {block}")
            }
            Self::MappedPrefixLen => f.write_str(
                "expected a prefix length from 96 to 128 behind an IPv4-mapped address (`::ffff:...`)",
            ),
        }
    }
}

impl std::error::Error for CidrError {}

fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => u32::WIDTH,
        IpAddr::V6(_) => u128::WIDTH,
    }
}

/// Other readers take `/08` for octal or for 8, and `/+8` for 8 or for nothing.
fn parse_prefix_len(digits: &[u8], longest: u8) -> Result<u8, CidrError> {
    match leading_octet(digits) {
        Some((prefix_len, [])) if prefix_len <= longest => Ok(prefix_len),
        _ => Err(CidrError::PrefixLen { longest }),
    }
}
