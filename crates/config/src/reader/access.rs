//! The inside of objects and arrays.

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error, Expected, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{ReadError, Reader};

/// The elements of an array that is open.
pub(super) struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    index: usize,
    at_end: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    pub(super) fn of(reader: &'a mut Reader<'de>) -> Self {
        Self {
            reader,
            index: 0,
            at_end: false,
        }
    }

    /// # Errors
    /// When nobody asked for the elements that are left.
    pub(super) fn end(mut self) -> Result<(), ReadError> {
        if self.next() {
            return Err(ReadError::custom(format_args!(
                "expected {} elements",
                self.index
            )));
        }
        Ok(())
    }

    fn next(&mut self) -> bool {
        self.at_end = self.at_end || !self.reader.next(b']');
        !self.at_end
    }
}

impl<'de> SeqAccess<'de> for &mut Elements<'_, 'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        if !self.next() {
            return Ok(None);
        }
        let element = seed.deserialize(&mut *self.reader);
        let element = element.map_err(|error| error.inside_element(self.index))?;
        self.index = self.index.saturating_add(1);
        Ok(Some(element))
    }
}

/// The members of an object that is open.
pub(super) struct Members<'a, 'de> {
    reader: &'a mut Reader<'de>,
    name: Cow<'de, str>,
    at_end: bool,
}

impl<'a, 'de> Members<'a, 'de> {
    pub(super) fn of(reader: &'a mut Reader<'de>) -> Self {
        Self {
            reader,
            name: Cow::Borrowed(""),
            at_end: false,
        }
    }

    /// # Errors
    /// When nobody asked for the members that are left.
    pub(super) fn end(mut self) -> Result<(), ReadError> {
        if self.next()? {
            return Err(ReadError::another_member(&self.name));
        }
        Ok(())
    }

    /// Reads the next name and goes to its value; false at the end.
    fn next(&mut self) -> Result<bool, ReadError> {
        self.at_end = self.at_end || !self.reader.next(b'}');
        if !self.at_end {
            self.name = name(self.reader)?;
        }
        Ok(!self.at_end)
    }
}

impl<'de> MapAccess<'de> for &mut Members<'_, 'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        if !self.next()? {
            return Ok(None);
        }
        seed.deserialize(StrDeserializer::new(&self.name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let value = seed.deserialize(&mut *self.reader);
        value.map_err(|error| error.inside_member(&self.name))
    }
}

/// The one member of an object that stands for a variant.
pub(super) struct OneMember<'a, 'de>(Members<'a, 'de>);

impl<'a, 'de> OneMember<'a, 'de> {
    pub(super) fn of(reader: &'a mut Reader<'de>) -> Self {
        Self(Members::of(reader))
    }

    fn content<T>(
        self,
        read: impl FnOnce(&mut Reader<'de>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let content = read(self.0.reader).map_err(|error| error.inside_member(&self.0.name))?;
        self.0.end()?;
        Ok(content)
    }
}

impl<'de> EnumAccess<'de> for OneMember<'_, 'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        mut self,
        seed: V,
    ) -> Result<(V::Value, Self), ReadError> {
        if !self.0.next()? {
            return Err(ReadError::custom("expected one member, found none"));
        }
        let variant = seed.deserialize(StrDeserializer::new(&self.0.name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for OneMember<'_, 'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        Err(ReadError::custom(format_args!(
            "expected `{}` alone, without a value",
            self.0.name
        )))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        self.content(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.content(|reader| reader.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.content(|reader| reader.deserialize_map(visitor))
    }
}

fn name<'de>(reader: &mut Reader<'de>) -> Result<Cow<'de, str>, ReadError> {
    let expected: &dyn Expected = &"the name of a member";
    let name = reader.string(expected)?;
    // The colon.
    reader.peek();
    reader.step();
    Ok(name)
}
