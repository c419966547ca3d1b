//! A map for few entries, or for keys that mostly come in order.

use std::cmp::Ordering;

/// Entries in one piece of memory, sorted by key. Finding one is a binary
/// search; putting one in the middle moves those behind it. In a module this is
/// a tenth of the code of a B-tree, which is compiled anew for every type.
#[derive(Debug)]
pub struct SortedMap<K, V>(Vec<(K, V)>);

impl<K: Ord, V> SortedMap<K, V> {
    /// Without entries.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.find(|known| known.cmp(key))
    }

    /// The value of the key that `compare` finds equal to what is looked for; for
    /// a key that would have to be made to be looked up.
    pub(crate) fn find(&self, compare: impl Fn(&K) -> Ordering) -> Option<&V> {
        let place = self.0.binary_search_by(|(known, _)| compare(known)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// Gives `key` a value; returns the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => {
                let (_, known) = self.0.get_mut(place)?;
                Some(std::mem::replace(known, value))
            }
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Takes `key` out; returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.place(key).ok()?;
        let (_, value) = self.0.remove(place);
        Some(value)
    }

    /// The entries by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn it_holds_what_a_tree_holds() {
        let (mut map, mut tree) = (SortedMap::new(), BTreeMap::new());
        for step in 0_u32..2000 {
            let key = step.wrapping_mul(7919) % 97;
            if step % 3 == 0 {
                assert_eq!(map.remove(&key), tree.remove(&key));
            } else {
                assert_eq!(map.insert(key, step), tree.insert(key, step));
            }
            assert_eq!(map.get(&(step % 97)), tree.get(&(step % 97)));
            assert_eq!((map.len(), map.is_empty()), (tree.len(), tree.is_empty()));
        }
        assert!(map.iter().eq(tree.iter()));
    }
}
