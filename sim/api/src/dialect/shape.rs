//! What is known of the shape of an answer: its fields, their kinds, and what stands in where one is not there.

use super::names::NameSet;

/// The kind of a value, which decides how it is read.
#[derive(Debug)]
pub(super) enum Kind {
    /// A text: an id, a name, free words.
    Text,
    /// A name of a closed set.
    Name(&'static NameSet),
    /// A date with a time and an offset from UTC.
    Time,
    /// A calendar date, without a time.
    Date,
    /// A time of day, without a date.
    Clock,
    /// A decimal number; a text in its place is read, and is a deviation.
    Number,
    /// A whole number from 0, below so much.
    Count(u64),
    /// A boolean.
    Flag,
    /// A list of values of one kind.
    List(&'static Kind),
    /// An object with these fields.
    Object(&'static [Field]),
}

/// What stands in for a value that is not there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Neutral {
    /// The value `null`.
    Null,
    /// A text or a name.
    Text(&'static str),
    /// The number zero.
    Zero,
    /// The value `true`.
    True,
    /// The value `false`.
    False,
    /// 1970: earlier than anything that is compared with it.
    Epoch,
    /// The number of entries in the list of that name.
    Length(&'static str),
    /// What another field of the object says; the answer cannot be read if nothing does.
    Like(&'static str),
    /// What the call asked for: the id in its path, the date, the mode. A date that nothing asked for is that of 1970.
    Asked,
    /// An object whose fields all have their stand-ins.
    Hollow,
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct Field {
    /// The field's name in the JSON.
    pub name: &'static str,
    /// The kind of value that it holds.
    pub kind: Kind,
    /// Whether the spec lets it be null.
    pub nullable: bool,
    /// Whether the spec lets it be left out, in one place at least.
    pub optional: bool,
    /// What stands in for it where it is missing or says nothing; none if the answer says nothing without it. The fields
    /// without are those that the app needs to act.
    pub neutral: Option<Neutral>,
    /// Other names that deployments are known to use for it.
    pub aka: &'static [&'static str],
}

impl Field {
    /// Also known under these names.
    pub(super) const fn aka(mut self, names: &'static [&'static str]) -> Field {
        self.aka = names;
        self
    }
}

/// A field without which an answer says nothing.
pub(super) const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, nullable: false, optional: false, neutral: None, aka: &[] }
}
/// A field that may be missed.
pub(super) const fn or(name: &'static str, kind: Kind, neutral: Neutral) -> Field {
    Field { name, kind, nullable: false, optional: false, neutral: Some(neutral), aka: &[] }
}
/// A documented field that may be null.
pub(super) const fn null(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, nullable: true, optional: false, neutral: Some(Neutral::Null), aka: &[] }
}
/// A field that may be null, and that not every answer has.
pub(super) const fn left(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, nullable: true, optional: true, neutral: Some(Neutral::Null), aka: &[] }
}
