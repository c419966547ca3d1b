//! How CIDRs stand in a JSON Schema.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::CidrList;
use crate::Cidr;

impl JsonSchema for Cidr {
    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A CIDR without host bits, or one IP address.",
            "type": "string",
            "pattern": "^[0-9A-Fa-f:.]+(/(0|[1-9][0-9]{0,2}))?$",
            "examples": ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7"],
        })
    }
}

impl JsonSchema for CidrList {
    fn schema_name() -> Cow<'static, str> {
        "CidrList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "items": generator.subschema_for::<Cidr>(),
        })
    }
}
