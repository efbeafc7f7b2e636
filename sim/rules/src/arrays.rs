//! Arrays of any length as lists: serde itself reads and writes those of up to 32 elements.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Writes an array as a list.
pub(crate) fn serialize<const N: usize, T: Serialize, S: Serializer>(array: &[T; N], s: S) -> Result<S::Ok, S::Error> {
    array.as_slice().serialize(s)
}

/// Reads a list that has exactly as many elements as the array.
pub(crate) fn deserialize<'de, const N: usize, T: Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
) -> Result<[T; N], D::Error> {
    of(Vec::<T>::deserialize(d)?)
}

/// A list as an array, or an error that says how many elements were expected.
pub(crate) fn of<const N: usize, T, E: de::Error>(list: Vec<T>) -> Result<[T; N], E> {
    let length = list.len();
    list.try_into().map_err(|_| E::invalid_length(length, &format!("a list of {N}").as_str()))
}
