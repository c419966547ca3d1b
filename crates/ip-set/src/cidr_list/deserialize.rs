//! Reading CIDRs from a document, one at a time, straight into the list.

use std::fmt;

use gatepost_config::Shown;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::CidrList;
use crate::Cidr;

impl<'de> Deserialize<'de> for Cidr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CidrVisitor)
    }
}

/// An array of strings. No string is kept, so a list costs its own size beside
/// the document and nothing more.
impl<'de> Deserialize<'de> for CidrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CidrListVisitor)
    }
}

struct CidrVisitor;

impl Visitor<'_> for CidrVisitor {
    type Value = Cidr;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a CIDR such as "203.0.113.0/24" or "2001:db8::/32", or one IP address"#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cidr, E> {
        Cidr::parse(text).map_err(|error| E::custom(format_args!("{error}, found {}", Shown(text))))
    }
}

struct CidrListVisitor;

impl<'de> Visitor<'de> for CidrListVisitor {
    type Value = CidrList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of CIDRs and IP addresses")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<CidrList, A::Error> {
        let mut list = CidrList::default();
        while let Some(cidr) = entries.next_element()? {
            list.push(cidr);
        }
        list.finish();
        Ok(list)
    }
}
