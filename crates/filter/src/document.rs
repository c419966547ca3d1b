//! From a module's document to a chain.

use gatepost_config::{FieldPath, Name, Part, Problems};
use serde::Deserialize;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

use crate::chain::Chain;
use crate::filter::{Kind, Load, Loaded};
use crate::services::Services;

/// The most filters of one chain.
const MOST_FILTERS: usize = 32;

impl Chain {
    /// Loads the chain that `document` describes, of the kinds that the module
    /// hosts: `{"filters": [{"name": <instance>, "<kind>": {...}}, ...]}`, in the
    /// order in which they judge. A module of one kind also takes that filter's
    /// document alone; the instance then has the kind's name. A module of no kind
    /// takes no document, and passes everything.
    ///
    /// # Errors
    /// Everything that is wrong with the document, each with its path.
    pub fn load(
        kinds: &[Kind],
        document: &[u8],
        services: &dyn Services,
    ) -> Result<Self, Problems> {
        let root = FieldPath::ROOT;
        if kinds.is_empty() && document.is_empty() {
            return Ok(Self::new(Vec::new()));
        }
        if document.trim_ascii().is_empty() {
            return Err(Problems::one(
                &root,
                "expected a configuration document, found nothing",
            ));
        }
        let document = Part::whole(document)?;
        if let [kind] = kinds
            && !is_list(document)
        {
            let loaded = (kind.load)(&Load {
                path: root,
                document,
                instance: kind.name,
                services,
            })?;
            return Ok(Self::new(vec![(kind.name.to_owned(), loaded)]));
        }
        load_list(kinds, document, services)
    }
}

/// Whether the document is a list of filters; one that cannot be read is none.
fn is_list(document: Part<'_>) -> bool {
    #[derive(Deserialize)]
    struct Form {
        filters: Option<IgnoredAny>,
    }
    document
        .read_at(&FieldPath::ROOT)
        .is_ok_and(|form: Form| form.filters.is_some())
}

fn load_list(
    kinds: &[Kind],
    document: Part<'_>,
    services: &dyn Services,
) -> Result<Chain, Problems> {
    let root = FieldPath::ROOT;
    let RawChain { filters } = document.read_at(&root)?;
    let list = root.field("filters");
    let mut problems = Problems::new();
    if !(1..=MOST_FILTERS).contains(&filters.len()) {
        problems.push(&list, format_args!("expected 1 to {MOST_FILTERS} filters"));
        return Err(problems);
    }
    let mut loaded: Vec<(String, Loaded)> = Vec::new();
    for (index, raw) in filters.iter().enumerate() {
        let path = list.index(index);
        let Some(kind) = kinds.iter().find(|kind| kind.name == raw.kind) else {
            let known: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
            problems.push(
                &path.field(&raw.kind),
                format_args!("expected a filter of this module: {}", known.join(", ")),
            );
            continue;
        };
        let name = raw.name.as_ref().map_or(kind.name, Name::as_str).to_owned();
        if name == Chain::NAME {
            problems.push(
                &path.field("name"),
                format_args!("expected another name: `{name}` stands for the chain itself"),
            );
        }
        if loaded.iter().any(|(other, _)| *other == name) {
            problems.push(
                &path.field("name"),
                format_args!("expected a name of its own: another filter is `{name}`"),
            );
        }
        let at = path.field(kind.name);
        match (kind.load)(&Load {
            path: at,
            document: raw.document,
            instance: &name,
            services,
        }) {
            Ok(filter) => loaded.push((name, filter)),
            Err(found) => problems.extend(found),
        }
    }
    problems.check(loaded).map(Chain::new)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChain<'a> {
    #[serde(borrow)]
    filters: Vec<RawInstance<'a>>,
}

/// `{"name": <instance>, "<kind>": {...}}`, with the kind's part unread.
struct RawInstance<'a> {
    name: Option<Name>,
    kind: String,
    document: Part<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for RawInstance<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InstanceVisitor)
    }
}

struct InstanceVisitor;

impl<'de> Visitor<'de> for InstanceVisitor {
    type Value = RawInstance<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an object with one filter, and perhaps its "name""#)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut name: Option<Name> = None;
        let mut filter: Option<(String, Part<'de>)> = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "name" {
                if name.replace(map.next_value()?).is_some() {
                    return Err(A::Error::duplicate_field("name"));
                }
            } else if let Some((other, _)) = &filter {
                return Err(A::Error::custom(format_args!(
                    "expected one filter, found `{other}` and `{key}`"
                )));
            } else {
                let document = map.next_value()?;
                filter = Some((key, document));
            }
        }
        let (kind, document) =
            filter.ok_or_else(|| A::Error::custom("expected one filter, found none"))?;
        Ok(RawInstance {
            name,
            kind,
            document,
        })
    }
}
