//! Many lists in one table: which lists hold an address, in one lookup.

mod flatten;
mod memberships;

use std::fmt;
use std::net::IpAddr;

use self::flatten::flatten;
use self::memberships::{MembershipId, Memberships, NO_LIST};
use crate::CidrList;
use crate::pieces::Table;

/// Lists compiled together.
///
/// The address space of each family is cut wherever any list changes, and each
/// piece knows the lists that hold it and the longest prefix by which each list
/// does. A lookup is one binary search, however many lists and rules there are.
///
/// At most 12 bytes an IPv4 entry and 36 bytes an IPv6 entry, and 4 bytes a
/// member of each different [`Membership`].
#[derive(Clone)]
pub struct AddressLists {
    v4: Table<u32, MembershipId>,
    v6: Table<u128, MembershipId>,
    memberships: Memberships,
    lists: usize,
}

impl AddressLists {
    /// The most lists that can be compiled together.
    pub const MAX_LISTS: usize = 4096;
    /// The most entries of all lists together, in each family.
    pub const MAX_ENTRIES: usize = 1 << 20;
    /// The most different memberships, the empty one included.
    pub const MAX_MEMBERSHIPS: usize = 1 << 16;
    /// The most members of all different memberships together.
    pub const MAX_MEMBERS: usize = 1 << 18;

    /// Starts with no list.
    #[must_use]
    pub fn builder<'a>() -> AddressListsBuilder<'a> {
        AddressListsBuilder { lists: Vec::new() }
    }

    /// The lists that hold `address`. An IPv4-mapped address is looked up as
    /// IPv4.
    #[must_use]
    pub fn lookup(&self, address: IpAddr) -> Membership<'_> {
        let membership = match address.to_canonical() {
            IpAddr::V4(address) => self.v4.get(address.to_bits()),
            IpAddr::V6(address) => self.v6.get(address.to_bits()),
        };
        Membership {
            members: self.memberships.get(membership.unwrap_or(NO_LIST)),
        }
    }

    /// How many lists were compiled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists
    }

    /// Whether no list was compiled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists == 0
    }

    /// The bytes that the tables hold on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let tables = self.v4.heap_bytes().saturating_add(self.v6.heap_bytes());
        tables.saturating_add(self.memberships.heap_bytes())
    }
}

/// Sizes only: the tables can be large, and a log line may not be.
impl fmt::Debug for AddressLists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressLists")
            .field("len", &self.lists)
            .field("heap_bytes", &self.heap_bytes())
            .finish_non_exhaustive()
    }
}

/// Collects the lists of an [`AddressLists`]. It borrows them, so that building
/// the tables needs little memory beside the tables.
#[derive(Debug)]
pub struct AddressListsBuilder<'a> {
    lists: Vec<&'a CidrList>,
}

impl<'a> AddressListsBuilder<'a> {
    /// Adds a list. The first one has the id 0, the next one 1, and so on.
    ///
    /// # Errors
    /// There are [`AddressLists::MAX_LISTS`] already.
    pub fn add_list(&mut self, list: &'a CidrList) -> Result<ListId, AddressListsError> {
        if self.lists.len() >= AddressLists::MAX_LISTS {
            return Err(AddressListsError::TooManyLists);
        }
        let id = u16::try_from(self.lists.len()).map_err(|_| AddressListsError::TooManyLists)?;
        self.lists.push(list);
        Ok(ListId(id))
    }

    /// Compiles the lists.
    ///
    /// # Errors
    /// The lists are too many or overlap in too many ways for one table: the
    /// limits are constants of [`AddressLists`].
    pub fn build(&self) -> Result<AddressLists, AddressListsError> {
        let v4: Vec<_> = self.lists.iter().map(|list| list.v4()).collect();
        let v6: Vec<_> = self.lists.iter().map(|list| list.v6()).collect();
        let mut memberships = memberships::Interner::new();
        Ok(AddressLists {
            v4: flatten(&v4, &mut memberships)?,
            v6: flatten(&v6, &mut memberships)?,
            memberships: memberships.finish(),
            lists: self.lists.len(),
        })
    }
}

/// Which list of an [`AddressLists`] is meant.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ListId(u16);

impl ListId {
    /// The place of the list in the order in which lists were added, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// A list that holds an address.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Member {
    /// The list.
    pub list: ListId,
    /// The length of the longest prefix in the list that holds the address.
    pub prefix_len: u8,
}

/// The lists that hold one address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Membership<'a> {
    members: &'a [Member],
}

impl<'a> Membership<'a> {
    /// The length of the longest prefix by which `list` holds the address;
    /// `None` when it does not hold it.
    #[must_use]
    pub fn prefix_len(&self, list: ListId) -> Option<u8> {
        let place = self
            .members
            .binary_search_by_key(&list, |member| member.list)
            .ok()?;
        self.members.get(place).map(|member| member.prefix_len)
    }

    /// Whether `list` holds the address.
    #[must_use]
    pub fn contains(&self, list: ListId) -> bool {
        self.prefix_len(list).is_some()
    }

    /// The lists that hold the address, by id.
    pub fn iter(&self) -> impl Iterator<Item = Member> + use<'a> {
        self.members.iter().copied()
    }

    /// Whether no list holds the address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

/// Why lists cannot be compiled together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AddressListsError {
    /// More than [`AddressLists::MAX_LISTS`].
    TooManyLists,
    /// More than [`AddressLists::MAX_ENTRIES`].
    TooManyEntries,
    /// More than [`AddressLists::MAX_MEMBERSHIPS`] or
    /// [`AddressLists::MAX_MEMBERS`].
    TooManyOverlaps,
}

impl fmt::Display for AddressListsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyLists => {
                write!(f, "expected at most {} lists", AddressLists::MAX_LISTS)
            }
            Self::TooManyEntries => write!(
                f,
                "expected at most {} CIDRs of a family in all lists together",
                AddressLists::MAX_ENTRIES
            ),
            Self::TooManyOverlaps => write!(
                f,
                "expected lists that overlap in at most {} different ways, {} memberships in all",
                AddressLists::MAX_MEMBERSHIPS,
                AddressLists::MAX_MEMBERS
            ),
        }
    }
}

impl std::error::Error for AddressListsError {}
