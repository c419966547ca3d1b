//! CIDR sets, and the address of the client.
//!
//! [`CidrList`] is a list as an operator writes it, [`AddressLists`] many of
//! them compiled for one lookup an address, [`IpSet`] a plain set. The module
//! [`feed`] has lists that somebody publishes and that change while we run; the
//! module [`client_address`] finds out whose request this is when proxies stand
//! between the client and us.
//!
//! One rule holds everywhere: an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`,
//! RFC 4291 2.5.5.2) *is* the IPv4 address, and apart from that no IPv4 entry
//! ever matches an IPv6 address nor the reverse. IPv4-compatible addresses
//! (`::a.b.c.d`), NAT64 (`64:ff9b::/96`) and 6to4 (`2002::/16`) are IPv6.

mod address;
mod address_lists;
mod bits;
mod cidr;
mod cidr_list;
pub mod client_address;
pub mod feed;
mod ip_set;
mod pieces;

pub use address::{AddressError, parse_address, parse_element, parse_peer};
pub use address_lists::{
    AddressLists, AddressListsBuilder, AddressListsError, ListId, Member, Membership,
};
pub use cidr::{Cidr, CidrError, Masked};
pub use cidr_list::CidrList;
pub use ip_set::IpSet;
