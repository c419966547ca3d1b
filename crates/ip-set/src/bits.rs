//! What the tables need of an address: IPv4 as `u32`, IPv6 as `u128`.

use std::net::IpAddr;

/// An address as a number of the width of its family.
pub(crate) trait Bits: Copy + Ord {
    /// The width in bits, which is the longest prefix length too.
    const WIDTH: u8;
    /// The lowest address.
    const LOWEST: Self;

    /// The bits that a prefix of `prefix_len` leaves to the host.
    fn host_mask(prefix_len: u8) -> Self;

    /// The first address of the block of `prefix_len` that holds this one.
    fn first_of(self, prefix_len: u8) -> Self;

    /// The last address of the block of `prefix_len` that holds this one.
    fn last_of(self, prefix_len: u8) -> Self;

    /// The address behind this one; `None` behind the highest.
    fn next(self) -> Option<Self>;

    /// The address.
    fn address(self) -> IpAddr;

    /// Appends the address in network byte order.
    fn push_bytes(self, bytes: &mut Vec<u8>);

    /// Takes an address in network byte order from the front of `bytes`.
    fn take_bytes(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! bits {
    ($number:ty, $width:literal, $family:path) => {
        impl Bits for $number {
            const WIDTH: u8 = $width;
            const LOWEST: Self = 0;

            fn host_mask(prefix_len: u8) -> Self {
                Self::MAX.checked_shr(u32::from(prefix_len)).unwrap_or(0)
            }

            fn first_of(self, prefix_len: u8) -> Self {
                self & !Self::host_mask(prefix_len)
            }

            fn last_of(self, prefix_len: u8) -> Self {
                self | Self::host_mask(prefix_len)
            }

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn address(self) -> IpAddr {
                $family(self.into())
            }

            fn push_bytes(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_be_bytes());
            }

            fn take_bytes(bytes: &mut &[u8]) -> Option<Self> {
                let (number, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_be_bytes(*number))
            }
        }
    };
}

bits!(u32, 32, IpAddr::V4);
bits!(u128, 128, IpAddr::V6);
