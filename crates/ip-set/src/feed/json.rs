//! A feed as one JSON document.

use std::fmt;

use gatepost_config::{Shown, read};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::collect::Collector;
use super::entry::Expiry;
use super::{FeedError, FeedList, IfEmpty};
use crate::{Cidr, Masked};

/// Reads a JSON feed, in one piece: an array, or an object with the one member
/// `cidrs`, whose elements are addresses or CIDRs as strings, or objects with
/// `cidr` and, if the entry expires, `expires` (RFC 3339). Host bits are cleared
/// and counted.
///
/// In a module, 100,000 entries take 75 ms (5.8 MB of IPv6, measured as
/// [`super::SLICE`] was): how long a worker may stop decides how large a body may
/// be, about 70 KB a millisecond.
///
/// # Errors
/// Names the element, and what was expected there.
pub fn parse_json(body: &[u8], if_empty: IfEmpty) -> Result<FeedList, FeedError> {
    let Document(collector) = read(body).map_err(FeedError::Document)?;
    if if_empty == IfEmpty::Fail && collector.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut merging = collector.finish();
    loop {
        if let Some(list) = merging.step(FeedList::MAX_ENTRIES) {
            return Ok(list);
        }
    }
}

/// An array, or the array in its object.
struct Document(Collector);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of CIDRs, or an object with such an array as `cidrs`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Document, A::Error> {
        ElementsVisitor
            .visit_seq(elements)
            .map(|Elements(all)| Document(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Document, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Members {
            cidrs: Elements,
        }
        let members = Members::deserialize(MapAccessDeserializer::new(members))?;
        let Elements(all) = members.cidrs;
        Ok(Document(all))
    }
}

struct Elements(Collector);

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct ElementsVisitor;

impl<'de> Visitor<'de> for ElementsVisitor {
    type Value = Elements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of CIDRs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Elements, A::Error> {
        let mut all = Collector::default();
        while let Some(Element { entry, expires }) = elements.next_element()? {
            if !all.push(entry, expires) {
                return Err(A::Error::custom(FeedError::TooManyEntries));
            }
        }
        Ok(Elements(all))
    }
}

/// An entry: a CIDR alone, or with its expiry.
struct Element {
    entry: Masked,
    expires: Expiry,
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor)
    }
}

struct ElementVisitor;

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = Element;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CIDR, or an object with `cidr` and `expires`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Element, E> {
        Ok(Element {
            entry: read_cidr(text)?,
            expires: Expiry::NEVER,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Element, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Members {
            cidr: Read<Masked>,
            #[serde(default = "never")]
            expires: Read<Expiry>,
        }
        let members = Members::deserialize(MapAccessDeserializer::new(members))?;
        let (Read(entry), Read(expires)) = (members.cidr, members.expires);
        Ok(Element { entry, expires })
    }
}

fn never() -> Read<Expiry> {
    Read(Expiry::NEVER)
}

/// What a member says, once it is read. A `null` says nothing and is refused.
struct Read<T>(T);

impl<'de> Deserialize<'de> for Read<Masked> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(CidrVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Read<Expiry> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ExpiryVisitor).map(Self)
    }
}

struct CidrVisitor;

impl Visitor<'_> for CidrVisitor {
    type Value = Masked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CIDR")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Masked, E> {
        read_cidr(text)
    }
}

struct ExpiryVisitor;

impl Visitor<'_> for ExpiryVisitor {
    type Value = Expiry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 timestamp as a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Expiry, E> {
        Expiry::parse(text)
            .map_err(|error| E::custom(format_args!("{error}, found {}", Shown(text))))
    }
}

fn read_cidr<E: Error>(text: &str) -> Result<Masked, E> {
    Cidr::parse_masking(text)
        .map_err(|error| E::custom(format_args!("{error}, found {}", Shown(text))))
}
