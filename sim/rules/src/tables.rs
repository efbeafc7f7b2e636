//! Tables that judges keep: by id, with a fixed hasher, and by client number.

use fieldday_api::SmolStr;
use indexmap::IndexMap;
use std::hash::Hash;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// A table whose order is that of insertion, with a hasher that is the same everywhere.
pub(crate) type Table<K, V> = IndexMap<K, V, foldhash::fast::FixedState>;
/// A table by an id of the API.
pub(crate) type ById<V> = Table<SmolStr, V>;

/// 64 bits that stand for a text.
pub(crate) fn digest(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// 64 bits that stand for a few values in their order.
pub(crate) fn digest_of(values: &[u64]) -> u64 {
    let mut state = Xxh3Default::new();
    values.iter().for_each(|value| state.update(&value.to_le_bytes()));
    state.digest()
}

/// One value for each client, made when first asked for.
#[derive(Debug)]
pub(crate) struct PerClient<T>(Vec<T>);

impl<T> Default for PerClient<T> {
    fn default() -> Self {
        PerClient(Vec::new())
    }
}

impl<T: Default> PerClient<T> {
    pub fn of(&mut self, client: u32) -> &mut T {
        let place = client as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, T::default);
        }
        &mut self.0[place]
    }
    pub fn get(&self, client: u32) -> Option<&T> {
        self.0.get(client as usize)
    }
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

/// Adds to a list that forgets its oldest entry once it is full.
pub(crate) fn push_bounded<T>(list: &mut Vec<T>, max: usize, value: T) {
    if list.len() >= max {
        list.remove(0);
    }
    list.push(value);
}

/// The entry of an id, made if there is none.
pub(crate) fn entry<K: Hash + Eq + Clone, V: Default>(table: &mut Table<K, V>, id: &K) -> usize {
    match table.get_index_of(id) {
        Some(place) => place,
        None => table.insert_full(id.clone(), V::default()).0,
    }
}
