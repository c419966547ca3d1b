//! A `match` as an operator writes it.

use std::marker::PhantomData;

use gatepost_ip_set::CidrList;
use serde::Deserialize;
use serde::de::Deserializer;

use crate::given::{FromScalar, Given, OneOrMany, ScalarVisitor};
use crate::{Number, Value};

/// Conditions on a request. All fields that are given must hold; an empty
/// `match` holds for every request.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Match"))]
#[serde(deny_unknown_fields)]
pub struct MatchConfig {
    /// Any of these hosts: `api.example.com`, `*.example.com` (one or more
    /// labels before the suffix), `[::1]`. Port, letter case and one trailing
    /// dot of the request do not count.
    #[serde(default)]
    pub hosts: Given<Vec<String>>,
    /// Any of these paths.
    #[serde(default)]
    pub paths: Given<Vec<PathMatchConfig>>,
    /// Any of these methods, in upper case.
    #[serde(default)]
    pub methods: Given<Vec<String>>,
    /// All of these headers.
    #[serde(default)]
    pub headers: Given<Vec<FieldMatchConfig>>,
    /// All of these query parameters; names and values are decoded.
    #[serde(default)]
    pub query: Given<Vec<FieldMatchConfig>>,
    /// All of these cookies.
    #[serde(default)]
    pub cookies: Given<Vec<FieldMatchConfig>>,
    /// Any of these addresses and networks holds the client's address.
    #[serde(default)]
    pub client_address: Given<CidrList>,
    /// Any of these holds for the identity of the peer's certificate; none does
    /// for a peer without one, and under `not` that holds. A request whose
    /// identity cannot be read is denied before it is asked.
    #[serde(default)]
    pub peer_identity: Given<Vec<TextMatchConfig>>,
    /// All of these claims of the verified token.
    #[serde(default)]
    pub claims: Given<Vec<ClaimMatchConfig>>,
    /// These conditions do not hold.
    #[serde(default)]
    pub not: Given<Box<Self>>,
    /// Any of these holds.
    #[serde(default)]
    pub any: Given<Vec<Self>>,
    /// All of these hold.
    #[serde(default)]
    pub all: Given<Vec<Self>>,
    /// Take the path as it stands where servers could read it differently (`..`,
    /// `%2F`, `//`, `;params`), in place of a denial as `path_ambiguous`. Only
    /// at the top of a `match`, and only right when the upstream takes the path
    /// as it stands, too.
    #[serde(default)]
    pub accept_ambiguous_path: bool,
}

/// A condition on the path; exactly one of exact, prefix, regex is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PathMatch"))]
#[serde(deny_unknown_fields)]
pub struct PathMatchConfig {
    /// The whole path, without query. A trailing slash counts.
    #[serde(default)]
    pub exact: Given<String>,
    /// Leading segments: `/admin` matches `/admin`, `/admin/` and `/admin/x`,
    /// not `/adminx`.
    #[serde(default)]
    pub prefix: Given<String>,
    /// An expression that the whole path, without query, must meet: of at most
    /// 512 states. A path beyond 1 KiB is refused as `path_unreadable` where the
    /// expression is asked.
    #[serde(default)]
    pub regex: Given<String>,
    /// Compare ASCII letters without regard to case, for upstreams that route
    /// `/ADMIN` to `/admin` (Express, IIS).
    #[serde(default)]
    pub ignore_case: bool,
}

/// A condition on the values of a header, query parameter or cookie; one of
/// the tests is given. Each value is tested by itself; one that passes will do.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "FieldMatch"))]
#[serde(deny_unknown_fields)]
pub struct FieldMatchConfig {
    /// The name; letter case counts for query parameters and cookies only.
    pub name: String,
    /// The whole value.
    #[serde(default)]
    pub exact: Given<OneOrMany<String>>,
    /// How the value starts.
    #[serde(default)]
    pub prefix: Given<OneOrMany<String>>,
    /// How the value ends.
    #[serde(default)]
    pub suffix: Given<OneOrMany<String>>,
    /// What stands somewhere in the value.
    #[serde(default)]
    pub contains: Given<OneOrMany<String>>,
    /// An expression that the whole value must meet: of at most 512 states. `.`
    /// is any character, a line break too. Beyond 1 KiB, all values of the name
    /// together, nothing can be said of them.
    #[serde(default)]
    pub regex: Given<OneOrMany<String>>,
    /// Whether there is such a field at all.
    #[serde(default)]
    pub present: Given<bool>,
    /// Compare ASCII letters of values without regard to case.
    #[serde(default)]
    pub ignore_case: bool,
    /// The condition holds when no value passes; so it does without any value.
    #[serde(default)]
    pub invert: bool,
}

/// A condition on a text; exactly one of the tests is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "TextMatch"))]
#[serde(deny_unknown_fields)]
pub struct TextMatchConfig {
    /// The whole text.
    #[serde(default)]
    pub exact: Given<OneOrMany<String>>,
    /// How the text starts.
    #[serde(default)]
    pub prefix: Given<OneOrMany<String>>,
    /// How the text ends.
    #[serde(default)]
    pub suffix: Given<OneOrMany<String>>,
    /// What stands somewhere in the text.
    #[serde(default)]
    pub contains: Given<OneOrMany<String>>,
    /// An expression that the whole text must meet: of at most 512 states, on
    /// texts of at most 1 KiB.
    #[serde(default)]
    pub regex: Given<OneOrMany<String>>,
    /// Compare ASCII letters without regard to case.
    #[serde(default)]
    pub ignore_case: bool,
}

/// A condition on a claim; exactly one of the tests is given. Without such a
/// claim, or without a verified token, no test but `exists: false` passes. Of a
/// claim of a type that the test cannot read, such as the prefix of a number, nothing
/// can be said: the request is denied, with `invert` or without.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "ClaimMatch"))]
#[serde(deny_unknown_fields)]
pub struct ClaimMatchConfig {
    /// Where the claim stands: `realm_access.roles`, or a list of names when a
    /// name has a dot in it. An array of objects on the way stands for each of
    /// them.
    pub path: OneOrMany<String>,
    /// The value is this one. Types count, `1` equals `1.0`.
    #[serde(default)]
    pub equals: Given<Scalar>,
    /// The value is one of these.
    #[serde(default)]
    pub r#in: Given<Vec<Scalar>>,
    /// The value is an array with one of these, or a string with one of these
    /// among its words (`scope`: RFC 6749 3.3).
    #[serde(default)]
    pub contains: Given<OneOrMany<Scalar>>,
    /// How the string starts.
    #[serde(default)]
    pub prefix: Given<OneOrMany<String>>,
    /// How the string ends.
    #[serde(default)]
    pub suffix: Given<OneOrMany<String>>,
    /// An expression that the whole string must meet: of at most 512 states, on
    /// strings of at most 1 KiB, all that stand at the path together.
    #[serde(default)]
    pub regex: Given<OneOrMany<String>>,
    /// Whether there is such a claim that is not null.
    #[serde(default)]
    pub exists: Given<bool>,
    /// The number is greater; large integers are written as strings.
    #[serde(default)]
    pub greater_than: Given<Bound>,
    /// The number is greater or equal.
    #[serde(default)]
    pub at_least: Given<Bound>,
    /// The number is less.
    #[serde(default)]
    pub less_than: Given<Bound>,
    /// The number is less or equal.
    #[serde(default)]
    pub at_most: Given<Bound>,
    /// The condition holds when the test does not pass.
    #[serde(default)]
    pub invert: bool,
}

/// A string, a boolean, or a number that comes through a double as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar(pub(crate) Value);

/// A number to compare with, or an integer of any size as a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bound(pub(crate) Number);

/// Beyond this doubles skip integers, and Istio passes numbers as doubles.
const LARGEST_EXACT: i128 = 1 << 53;

impl FromScalar for Scalar {
    const EXPECTED: &'static str =
        "a string, a boolean or a number; integers beyond 2^53 as a claim bound in a string";

    fn from_string(text: &str) -> Option<Self> {
        Some(Self(Value::String(text.to_owned())))
    }

    fn from_bool(value: bool) -> Option<Self> {
        Some(Self(Value::Bool(value)))
    }

    fn from_integer(number: i128) -> Option<Self> {
        exact(Number::integer(number)).map(|number| Self(Value::Number(number)))
    }

    fn from_float(number: f64) -> Option<Self> {
        exact(Number::float(number)?).map(|number| Self(Value::Number(number)))
    }
}

impl FromScalar for Bound {
    const EXPECTED: &'static str = "a number, integers beyond 2^53 in a string";

    fn from_string(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<i128>().ok().filter(|_| is_plain);
        number.map(Number::integer).map(Self)
    }

    fn from_integer(number: i128) -> Option<Self> {
        exact(Number::integer(number)).map(Self)
    }

    fn from_float(number: f64) -> Option<Self> {
        exact(Number::float(number)?).map(Self)
    }
}

fn exact(number: Number) -> Option<Number> {
    let range = Number::integer(-LARGEST_EXACT)..=Number::integer(LARGEST_EXACT);
    range.contains(&number).then_some(number)
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(PhantomData))
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Bound, Scalar};

    impl JsonSchema for Scalar {
        fn schema_name() -> Cow<'static, str> {
            "Scalar".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({"type": ["string", "boolean", "number"]})
        }
    }

    impl JsonSchema for Bound {
        fn schema_name() -> Cow<'static, str> {
            "Bound".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "anyOf": [{"type": "number"}, {"type": "string", "pattern": "^-?[0-9]+$"}],
            })
        }
    }
}
