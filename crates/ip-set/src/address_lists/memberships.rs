//! Memberships, each held once and known by a small number.

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
    /// By number.
    memberships: Vec<Box<[Member]>>,
    /// All numbers, in the order of their memberships.
    sorted: Vec<MembershipId>,
    members: usize,
    /// What one list more makes of a membership, sorted. Most blocks of a long
    /// list repeat a step, and a step saves copying a membership of many members.
    steps: Vec<(Step, MembershipId)>,
}

/// A membership, and what one list more adds to it.
type Step = (MembershipId, Member);

/// How many steps are remembered.
const MAX_STEPS: usize = 4096;

impl Interner {
    pub(super) fn new() -> Self {
        Self {
            memberships: vec![Box::default()],
            sorted: vec![NO_LIST],
            members: 0,
            steps: Vec::new(),
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
        let found = self.steps.binary_search_by_key(&step, |(step, _)| *step);
        if let Some((_, id)) = found.ok().and_then(|place| self.steps.get(place)) {
            return Ok(*id);
        }
        let id = self.intern(around, joining)?;
        if self.steps.len() >= MAX_STEPS {
            self.steps.clear();
        }
        let place = found.unwrap_or_else(|place| place);
        self.steps.insert(place.min(self.steps.len()), (step, id));
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
        let known = |id: &MembershipId| self.memberships.get(usize::from(*id));
        let found = self
            .sorted
            .binary_search_by(|id| known(id).map(|known| &**known).cmp(&Some(&members)));
        if let Some(id) = found.ok().and_then(|place| self.sorted.get(place)) {
            return Ok(*id);
        }
        let id = MembershipId::try_from(self.memberships.len())
            .map_err(|_| AddressListsError::TooManyOverlaps)?;
        self.members = self.members.saturating_add(members.len());
        if self.members > AddressLists::MAX_MEMBERS {
            return Err(AddressListsError::TooManyOverlaps);
        }
        self.memberships.push(members.into_boxed_slice());
        self.sorted.insert(found.unwrap_or_else(|place| place), id);
        Ok(id)
    }

    pub(super) fn finish(self) -> Memberships {
        // Only the numbers were needed; the tables need the room.
        drop((self.sorted, self.steps));
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
