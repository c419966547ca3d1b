//! The headers in which the upstream is told whose key it was.

use gatepost_config::{FieldPath, Problems, Shown};
use gatepost_filter::{CredentialSources, Unsendable, owned_header, sendable};
use gatepost_http_match::Given;

use crate::config::AttributeHeaderConfig;
use crate::keys::{Record, is_key_id};

/// The headers that this filter owns.
#[derive(Debug)]
pub(crate) struct Outputs(Vec<(String, Tells)>);

/// What a header tells.
#[derive(Debug)]
enum Tells {
    Id,
    Attribute(String),
}

/// The most headers for attributes.
const MOST_HEADERS: usize = 16;
/// The longest value, in bytes. Keys are checked by a smaller one.
const LONGEST_VALUE: usize = 4096;

impl Outputs {
    pub(super) fn new(
        key_id_header: Given<String>,
        attributes: Vec<AttributeHeaderConfig>,
        sources: &CredentialSources,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Self {
        let mut outputs = Self(Vec::new());
        if let Some(header) = key_id_header.0 {
            let at = at.field("key_id_header");
            outputs.add(header, Tells::Id, sources, &at, problems);
        }
        let at = at.field("attributes_to_headers");
        if attributes.len() > MOST_HEADERS {
            problems.push(&at, format_args!("expected at most {MOST_HEADERS}"));
        }
        for (index, raw) in attributes.into_iter().enumerate() {
            let at = at.index(index);
            if !is_key_id(&raw.attribute) {
                problems.push(
                    &at.field("attribute"),
                    format_args!(
                        "expected the name of an attribute, found {}",
                        Shown(&raw.attribute)
                    ),
                );
            }
            let tells = Tells::Attribute(raw.attribute);
            outputs.add(raw.header, tells, sources, &at.field("header"), problems);
        }
        outputs
    }

    fn add(
        &mut self,
        header: String,
        tells: Tells,
        sources: &CredentialSources,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) {
        let Some(header) = owned_header(header, at, problems) else {
            return;
        };
        if sources.read_header(&header) {
            problems.push(at, "expected another header than one in which keys stand");
        }
        if self.0.iter().any(|(known, _)| *known == header) {
            problems.push(at, "expected each header once");
        }
        self.0.push((header, tells));
    }

    /// Their names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The headers that a key gives, by their places.
    ///
    /// # Errors
    /// When a value cannot be sent, which no checked key has.
    pub(crate) fn of(&self, key: &Record<'_>) -> Result<Vec<(usize, Vec<u8>)>, Unsendable> {
        let mut values = Vec::new();
        for (place, (_, tells)) in self.0.iter().enumerate() {
            let text = match tells {
                Tells::Id => Some(key.id),
                Tells::Attribute(name) => key.attribute(name),
            };
            if let Some(text) = text {
                values.push((place, sendable(text, LONGEST_VALUE)?));
            }
        }
        Ok(values)
    }

    /// The name of the header at a place.
    pub(crate) fn name(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(|(name, _)| name.as_str())
    }
}
