//! The first of the things that share a name, by its index: the names themselves stay where they are.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// The first index of each name.
pub struct Firsts(HashTable<usize>);

impl Firsts {
    /// With room for as many names.
    #[must_use]
    pub fn with_room_for(names: usize) -> Self {
        Self(HashTable::with_capacity(names))
    }

    /// The first index that came with this name: `index`, where the name is new. `name_of` tells the names of earlier ones.
    pub fn of<N: Hash + Eq>(&mut self, name: &N, index: usize, name_of: impl Fn(usize) -> N) -> usize {
        let hash = |name: &N| FxBuildHasher.hash_one(name);
        let same = |other: &usize| name_of(*other) == *name;
        *self.0.entry(hash(name), same, |other| hash(&name_of(*other))).or_insert(index).get()
    }
}

#[cfg(test)]
mod tests {
    use super::Firsts;

    #[test]
    fn the_first_of_each_name_is_found_again() {
        let names: Vec<String> = (0..1000).map(|index| format!("name {}", index % 300)).collect();
        let mut firsts = Firsts::with_room_for(0);
        for (index, name) in names.iter().enumerate() {
            assert_eq!(firsts.of(name, index, |other| names[other].clone()), index % 300);
        }
    }
}
