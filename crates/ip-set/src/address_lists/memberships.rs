//! Memberships, each held once and known by a small number.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{AddressLists, AddressListsError, Member};

/// The number of a membership.
pub(super) type MembershipId = u16;

/// The membership of an address that no list holds.
pub(super) const NO_LIST: MembershipId = 0;

/// All different memberships, one behind the other.
#[derive(Clone)]
pub(super) struct Memberships {
    members: Box<[Member]>,
    /// Where each membership ends in `members`.
    ends: Box<[u32]>,
}

impl Memberships {
    pub(super) fn get(&self, id: MembershipId) -> &[Member] {
        let end = |place| {
            let end = self.ends.get(place).copied().unwrap_or_default();
            usize::try_from(end).unwrap_or_default()
        };
        let place = usize::from(id);
        let start = place.checked_sub(1).map_or(0, end);
        self.members.get(start..end(place)).unwrap_or_default()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.members).saturating_add(size_of_val(&*self.ends))
    }
}

/// Gives equal memberships the same number, and limits how many there are.
pub(super) struct Interner {
    ids: BTreeMap<Rc<[Member]>, MembershipId>,
    memberships: Vec<Rc<[Member]>>,
    members: usize,
    /// What one list more makes of a membership. Most blocks of a long list
    /// repeat a step, and a step saves copying a membership of many members.
    steps: BTreeMap<(MembershipId, Member), MembershipId>,
}

/// How many steps are remembered.
const MAX_STEPS: usize = 4096;

impl Interner {
    pub(super) fn new() -> Self {
        let no_list: Rc<[Member]> = Rc::from([]);
        Self {
            ids: BTreeMap::from([(Rc::clone(&no_list), NO_LIST)]),
            memberships: vec![no_list],
            members: 0,
            steps: BTreeMap::new(),
        }
    }

    /// The membership of a block: that of the block around it and the lists
    /// that name it. A list that stands in both has the longer prefix here.
    pub(super) fn join(
        &mut self,
        around: MembershipId,
        joining: &[Member],
    ) -> Result<MembershipId, AddressListsError> {
        let [member] = joining else {
            return self.intern(around, joining);
        };
        let step = (around, *member);
        if let Some(id) = self.steps.get(&step) {
            return Ok(*id);
        }
        let id = self.intern(around, joining)?;
        if self.steps.len() >= MAX_STEPS {
            self.steps.clear();
        }
        self.steps.insert(step, id);
        Ok(id)
    }

    fn intern(
        &mut self,
        around: MembershipId,
        joining: &[Member],
    ) -> Result<MembershipId, AddressListsError> {
        let mut members = self
            .memberships
            .get(usize::from(around))
            .map_or_else(Vec::new, |members| members.to_vec());
        for member in joining {
            match members.binary_search_by_key(&member.list, |known| known.list) {
                Ok(place) => {
                    if let Some(known) = members.get_mut(place) {
                        *known = *member;
                    }
                }
                Err(place) => members.insert(place, *member),
            }
        }
        if let Some(id) = self.ids.get(members.as_slice()) {
            return Ok(*id);
        }
        let id = MembershipId::try_from(self.memberships.len())
            .map_err(|_| AddressListsError::TooManyOverlaps)?;
        self.members = self.members.saturating_add(members.len());
        if self.members > AddressLists::MAX_MEMBERS {
            return Err(AddressListsError::TooManyOverlaps);
        }
        let members: Rc<[Member]> = Rc::from(members);
        self.memberships.push(Rc::clone(&members));
        self.ids.insert(members, id);
        Ok(id)
    }

    pub(super) fn finish(self) -> Memberships {
        // Only the numbers were needed; the tables need the room.
        drop((self.ids, self.steps));
        let mut members = Vec::with_capacity(self.members);
        let mut ends = Vec::with_capacity(self.memberships.len());
        for membership in &self.memberships {
            members.extend_from_slice(membership);
            // MAX_MEMBERS keeps this far below the limit of the type.
            ends.push(u32::try_from(members.len()).unwrap_or(u32::MAX));
        }
        Memberships {
            members: members.into_boxed_slice(),
            ends: ends.into_boxed_slice(),
        }
    }
}
