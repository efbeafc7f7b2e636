//! What is said of a record, and since when it is known.

/// What kind of thing a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Appointment,
    Task,
}

/// A value, and the place in the stream from which on it was known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Known<T> {
    pub value: T,
    pub since: u64,
}
