//! The canonical binary form of an event, over which the fingerprint is taken.
//!
//! It is made to be written fast and to tell everything apart, not to be small or to be read: integers in their full
//! width, the low byte first; texts and sequences after their length in four bytes; an option after a byte that says
//! whether there is something; an enum after the number of its variant in a byte; structs and tuples as their fields, in
//! their order. Since whoever knows the type knows after each part what comes next, no two values of a type are written
//! alike. The form of a type changes with its fields, and the fingerprints with it.

use serde::ser::{self, Serialize, Serializer};
use std::fmt;

/// Writes `value` behind what `out` holds. Fails for what has no such form: a sequence that does not know its length, an
/// enum of more than 256 variants.
pub fn write(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), Error> {
    value.serialize(&mut Form(out))
}

/// A value has no canonical form.
pub type Error = fmt::Error;

struct Form<'a>(&'a mut Vec<u8>);

impl Form<'_> {
    #[inline]
    fn length(&mut self, length: usize) -> Result<(), Error> {
        let length = u32::try_from(length).map_err(|_| fmt::Error)?;
        self.0.extend_from_slice(&length.to_le_bytes());
        Ok(())
    }
    #[inline]
    fn variant(&mut self, index: u32) -> Result<(), Error> {
        self.0.push(u8::try_from(index).map_err(|_| fmt::Error)?);
        Ok(())
    }
}

macro_rules! in_full_width {
    ($($method:ident: $number:ty,)+) => {
        $(#[inline]
        fn $method(self, number: $number) -> Result<(), Error> {
            self.0.extend_from_slice(&number.to_le_bytes());
            Ok(())
        })+
    };
}

impl Serializer for &mut Form<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    in_full_width! {
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
    }
    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
    #[inline]
    fn serialize_bool(self, bit: bool) -> Result<(), Error> {
        self.0.push(u8::from(bit));
        Ok(())
    }
    #[inline]
    fn serialize_char(self, char: char) -> Result<(), Error> {
        self.serialize_u32(char.into())
    }
    #[inline]
    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.serialize_bytes(text.as_bytes())
    }
    #[inline]
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.length(bytes.len())?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }
    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_bool(false)
    }
    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.serialize_bool(true)?;
        value.serialize(self)
    }
    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }
    #[inline]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        Ok(())
    }
    #[inline]
    fn serialize_unit_variant(self, _name: &'static str, index: u32, _variant: &'static str) -> Result<(), Error> {
        self.variant(index)
    }
    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }
    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(index)?;
        value.serialize(self)
    }
    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Error> {
        self.length(length.ok_or(fmt::Error)?)?;
        Ok(self)
    }
    #[inline]
    fn serialize_tuple(self, _length: usize) -> Result<Self, Error> {
        Ok(self)
    }
    #[inline]
    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self, Error> {
        Ok(self)
    }
    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, Error> {
        self.variant(index)?;
        Ok(self)
    }
    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Self, Error> {
        self.serialize_seq(length)
    }
    #[inline]
    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, Error> {
        Ok(self)
    }
    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, Error> {
        self.variant(index)?;
        Ok(self)
    }
}

/// The parts of a compound are written one after the other, and its end is nothing.
macro_rules! one_after_the_other {
    ($($part:ident: $method:ident,)+) => {
        $(impl ser::$part for &mut Form<'_> {
            type Ok = ();
            type Error = Error;
            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                value.serialize(&mut **self)
            }
            #[inline]
            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })+
    };
}
one_after_the_other! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

/// A field that is left out would shift those behind it, and so has no form.
macro_rules! field_by_field {
    ($($part:ident,)+) => {
        $(impl ser::$part for &mut Form<'_> {
            type Ok = ();
            type Error = Error;
            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Error> {
                value.serialize(&mut **self)
            }
            fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
                Err(fmt::Error)
            }
            #[inline]
            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })+
    };
}
field_by_field! { SerializeStruct, SerializeStructVariant, }

impl ser::SerializeMap for &mut Form<'_> {
    type Ok = ();
    type Error = Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(&mut **self)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut **self)
    }
    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use serde::ser::SerializeSeq as _;

    fn of(value: &impl Serialize) -> Vec<u8> {
        let mut out = Vec::new();
        write(value, &mut out).unwrap();
        out
    }

    #[test]
    fn the_form_of_a_value_is_known() {
        #[derive(serde::Serialize)]
        struct Event {
            at: Span,
            client: u32,
            what: What,
        }
        #[derive(serde::Serialize)]
        enum What {
            #[allow(dead_code)] // Only its number counts.
            Killed,
            Ticked {
                task_id: &'static str,
            },
        }
        let event = Event { at: Span::micros(0x0102), client: 3, what: What::Ticked { task_id: "task_1" } };
        let expected = [&[2, 1, 0, 0, 0, 0, 0, 0], &[3, 0, 0, 0][..], &[1], &[6, 0, 0, 0], b"task_1"].concat();
        assert_eq!(of(&event), expected);
    }

    #[test]
    fn values_that_differ_are_written_differently() {
        let borders = [of(&("ab", "c")), of(&("a", "bc")), of(&("abc", "")), of(&("", "abc"))];
        let options = [of(&(None::<u8>, Some(0_u8))), of(&(Some(0_u8), None::<u8>)), of(&(Some(0_u8), Some(0_u8)))];
        let lists = [of(&(vec![1_u8], vec![2_u8])), of(&(vec![1_u8, 2], Vec::<u8>::new()))];
        let numbers = [-1_i64, 0, 1, 255, 256, i64::MIN, i64::MAX].map(|n| of(&n));
        for group in [&borders[..], &options, &lists, &numbers] {
            for (place, one) in group.iter().enumerate() {
                assert!(!group[..place].contains(one), "{one:?}");
            }
        }
    }

    #[test]
    fn what_could_be_mistaken_has_no_form() {
        struct NoLength;
        impl Serialize for NoLength {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_seq(None)?.end()
            }
        }
        #[derive(serde::Serialize)]
        struct LeftOut {
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<u8>,
        }
        assert!(write(&NoLength, &mut Vec::new()).is_err());
        assert!(write(&LeftOut { field: None }, &mut Vec::new()).is_err());
        assert_eq!(of(&LeftOut { field: Some(1) }), [1, 1]);
    }
}
