//! Fields that are given or not, and never `null`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, Deserializer, Error, SeqAccess, Visitor, value::SeqAccessDeserializer,
};

/// A field that may be left out, but not `null`: `paths:` with nothing behind
/// it is a slip, and must not mean "any path". Use with `#[serde(default)]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Given<T>(pub Option<T>);

/// One value, or several of which any will do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OneOrMany<T> {
    /// `"a"`
    One(T),
    /// `["a", "b"]`
    Many(Vec<T>),
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

impl<T> OneOrMany<T> {
    /// The values in order; none for `[]`.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

impl<'de, T: Deserialize<'de> + FromScalar> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

/// A type that is read from a JSON string, number or boolean.
pub trait FromScalar: Sized {
    /// What is expected, for error texts: `a string`.
    const EXPECTED: &'static str;

    /// Reads a string.
    fn from_string(text: &str) -> Option<Self>;

    /// Reads a boolean.
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    /// Reads an integer.
    fn from_integer(_: i128) -> Option<Self> {
        None
    }

    /// Reads any other number.
    fn from_float(_: f64) -> Option<Self> {
        None
    }
}

impl FromScalar for String {
    const EXPECTED: &'static str = "a string";

    fn from_string(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// Reads a scalar; visited values of the wrong kind become errors.
pub(crate) struct ScalarVisitor<T>(pub(crate) PhantomData<T>);

impl<T: FromScalar> Visitor<'_> for ScalarVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        T::from_bool(value).ok_or_else(|| expected::<T, E>())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::from_integer(number.into()).ok_or_else(|| expected::<T, E>())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::from_integer(number.into()).ok_or_else(|| expected::<T, E>())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        T::from_float(number).ok_or_else(|| expected::<T, E>())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_string(text).ok_or_else(|| expected::<T, E>())
    }
}

fn expected<T: FromScalar, E: Error>() -> E {
    E::custom(format_args!("expected {}", T::EXPECTED))
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + FromScalar> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} or a list of such", T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<OneOrMany<T>, E> {
        ScalarVisitor(PhantomData)
            .visit_bool(value)
            .map(OneOrMany::One)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<OneOrMany<T>, E> {
        ScalarVisitor(PhantomData)
            .visit_i64(number)
            .map(OneOrMany::One)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<OneOrMany<T>, E> {
        ScalarVisitor(PhantomData)
            .visit_u64(number)
            .map(OneOrMany::One)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<OneOrMany<T>, E> {
        ScalarVisitor(PhantomData)
            .visit_f64(number)
            .map(OneOrMany::One)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
        ScalarVisitor(PhantomData)
            .visit_str(text)
            .map(OneOrMany::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<OneOrMany<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(values)).map(OneOrMany::Many)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Given, OneOrMany};

    impl<T: JsonSchema> JsonSchema for Given<T> {
        fn inline_schema() -> bool {
            T::inline_schema()
        }

        fn schema_name() -> Cow<'static, str> {
            T::schema_name()
        }

        fn schema_id() -> Cow<'static, str> {
            T::schema_id()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            T::json_schema(generator)
        }
    }

    impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("OneOrMany{}", T::schema_name()).into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let value = generator.subschema_for::<T>();
            json_schema!({
                "anyOf": [value, {"type": "array", "items": value, "minItems": 1}],
            })
        }
    }
}
