//! The units in which documents are written.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A duration: a whole number and its unit, `"500ms"`, `"30s"`, `"5m"`,
/// `"1h"`. At most 365 days.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Period(Duration);

impl Period {
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    /// Reads `"30s"`; `None` when it is no duration or too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits)?;
        let number: u64 = number.parse().ok()?;
        let duration = match unit {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            _ => return None,
        };
        (duration <= Self::LONGEST).then_some(Self(duration))
    }

    /// A period of `milliseconds`, at most 365 days: for defaults.
    #[must_use]
    pub fn from_millis(milliseconds: u32) -> Self {
        Self(Duration::from_millis(u64::from(milliseconds)).min(Self::LONGEST))
    }

    /// The duration.
    #[must_use]
    pub fn get(self) -> Duration {
        self.0
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PeriodVisitor;
        impl Visitor<'_> for PeriodVisitor {
            type Value = Period;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"a duration such as "500ms", "30s", "5m" or "1h", at most 365 days"#)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Period, E> {
                Period::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(PeriodVisitor)
    }
}

/// A whole number, also when it is written as a float (`3.0`): Istio passes
/// numbers through doubles. At most 2^53, beyond which doubles skip values.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Whole(u64);

impl Whole {
    const LARGEST: u64 = 1 << 53;

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;
        impl Visitor<'_> for WholeVisitor {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 0 to 9007199254740992")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                if number > Whole::LARGEST {
                    return Err(E::invalid_value(Unexpected::Unsigned(number), &self));
                }
                Ok(Whole(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
                // Exact: every whole double in this range is a u64.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                if number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number) {
                    return Ok(Whole(number as u64));
                }
                Err(E::invalid_value(Unexpected::Float(number), &self))
            }
        }
        deserializer.deserialize_any(WholeVisitor)
    }
}

/// A name that also becomes a metric label, a log field and a property: 1 to
/// 64 of `[a-z0-9_-]`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(Box<str>);

impl Name {
    /// Reads a name; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let legal = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        ((1..=64).contains(&text.len()) && text.bytes().all(legal)).then(|| Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name of 1 to 64 characters from a-z, 0-9, `_` and `-`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name, E> {
                Name::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Name, Period, Whole};

    impl JsonSchema for Period {
        fn schema_name() -> Cow<'static, str> {
            "Duration".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"})
        }
    }

    impl JsonSchema for Whole {
        fn schema_name() -> Cow<'static, str> {
            "WholeNumber".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_992_u64})
        }
    }

    impl JsonSchema for Name {
        fn schema_name() -> Cow<'static, str> {
            "Name".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"type": "string", "pattern": "^[a-z0-9_-]{1,64}$"})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                Period::parse(text).unwrap().get(),
                Duration::from_millis(milliseconds)
            );
        }
        for text in [
            "",
            "5",
            "s",
            "1.5s",
            "-1s",
            " 1s",
            "1s ",
            "1d",
            "9000h",
            "99999999999999999999s",
            "18446744073709551615h",
            "١s",
        ] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_whole_float_is_an_integer() {
        for text in ["3", "3.0", "3e0"] {
            assert_eq!(read::<Whole>(text.as_bytes()).unwrap().get(), 3, "{text}");
        }
        for text in [
            "3.5",
            "-1",
            "-0.5",
            "9007199254740993",
            "1e300",
            "\"3\"",
            "null",
        ] {
            assert!(read::<Whole>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_fits_a_metric_label() {
        assert!(Name::parse("rule-1_a").is_some());
        for text in ["", "a.b", "A", "a b", "é", &"a".repeat(65)] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}
