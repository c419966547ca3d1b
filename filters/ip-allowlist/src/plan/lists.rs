//! `lists`: those of the document in one table, those of feeds one by one.

use std::time::Duration;

use gatepost_config::{FieldPath, Name, Problems, UniqueMap, Whole};
use gatepost_filter::Reason;
use gatepost_ip_set::feed::IfEmpty;
use gatepost_ip_set::{AddressLists, AddressListsError, CidrList, ListId};
use gatepost_remote::{MaxAge, Policy, Source, SourceSpec};

use crate::config::{
    BeforeFirstLoad, FeedConfig, FeedFormat, IfEmptyConfig, IfUnavailable, ListConfig,
};
use crate::feed::ListFormat;

/// All lists of a document.
pub(super) struct Lists {
    /// Those whose entries stand in the document.
    pub(super) table: AddressLists,
    /// Those that servers publish.
    pub(super) feeds: Vec<FeedPlan>,
    /// By [`ListRef::index`].
    pub(super) infos: Vec<ListInfo>,
    refs: Vec<ListRef>,
}

/// A list, and where it is looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListRef {
    /// Its place in [`Plan::list_infos`](super::Plan::list_infos).
    pub(crate) index: usize,
    pub(crate) place: Place,
}

/// Where a list is looked into.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// In the one table of the document's own lists.
    Table(ListId),
    /// In a feed.
    Feed(usize),
}

/// What is told of a list.
#[derive(Debug)]
pub(crate) struct ListInfo {
    pub(crate) name: String,
    pub(crate) reason: Reason,
}

/// A feed as it is to be kept.
#[derive(Debug)]
pub(crate) struct FeedPlan {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) format: ListFormat,
    /// How long a request waits for the first list; `None` if it does not.
    pub(crate) wait: Option<Duration>,
    /// Whether requests do without the list when there is none.
    pub(crate) is_optional: bool,
}

/// A denial by a list that names no reason of its own.
const IP_DENIED: &str = "ip_denied";

/// Reasons that mean something else: a list's own would be taken for them.
const OF_THE_FILTER: [&str; 8] = [
    "allowed",
    "default_allowed",
    "default_denied",
    "ip_not_allowed",
    "identity_missing",
    "identity_not_allowed",
    "list_unavailable",
    "list_stale",
];

/// The most feeds of one document.
const MOST_FEEDS: usize = 64;
/// The longest JSON: it is read in one piece, about 8 ms of a worker.
const LONGEST_JSON: u64 = 512 * 1024;
/// What a text may have unless the document says otherwise.
const LONGEST_TEXT: u64 = 4 * 1024 * 1024;
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Lists {
    /// Checks what the document says. `None` if the lists cannot be put into one
    /// table.
    pub(super) fn new(
        raw: UniqueMap<ListConfig>,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let (mut infos, mut refs, mut feeds) = (Vec::new(), Vec::new(), Vec::new());
        let mut cidrs = Vec::new();
        for (index, (name, list)) in raw.into_iter().enumerate() {
            let list_at = at.field(&name);
            if Name::parse(&name).is_none() {
                problems.push(
                    &list_at,
                    "expected a name of 1 to 64 characters from a-z, 0-9, `_` and `-`",
                );
            }
            infos.push(ListInfo {
                reason: reason(list.reason.0.as_deref(), &list_at, problems),
                name: name.clone(),
            });
            match (list.cidrs.0, list.feed.0) {
                (Some(entries), None) => {
                    if entries.is_empty() {
                        problems.push(
                            &list_at.field("cidrs"),
                            "expected at least one address; a rule that means none says \
                             `allow: nobody`",
                        );
                    }
                    refs.push((index, cidrs.len(), false));
                    cidrs.push(entries);
                }
                (None, Some(feed)) => {
                    if feeds.len() == MOST_FEEDS {
                        problems.push(
                            &list_at,
                            format_args!("expected at most {MOST_FEEDS} feeds"),
                        );
                    }
                    let feed = feed_plan(&name, feed, &list_at.field("feed"), problems);
                    refs.push((index, feeds.len(), true));
                    feeds.extend(feed);
                }
                _ => problems.push(&list_at, "expected one of `cidrs` and `feed`"),
            }
        }
        let (table, ids) = match compile(&cidrs) {
            Ok(compiled) => compiled,
            Err(error) => {
                problems.push(at, error);
                return None;
            }
        };
        let refs = refs
            .into_iter()
            .filter_map(|(index, place, is_feed)| {
                let place = match is_feed {
                    true => Place::Feed(place),
                    false => Place::Table(*ids.get(place)?),
                };
                Some(ListRef { index, place })
            })
            .collect();
        Some(Self {
            table,
            feeds,
            infos,
            refs,
        })
    }

    /// The lists of these names.
    pub(super) fn resolve(
        &self,
        names: &[String],
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Box<[ListRef]> {
        let mut resolved = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let found = self.infos.iter().position(|info| info.name == *name);
            let Some(found) = found else {
                problems.push(
                    &at.index(index),
                    format_args!("expected the name of a list, found `{name}`"),
                );
                continue;
            };
            resolved.extend(self.refs.iter().find(|list| list.index == found));
        }
        resolved.into()
    }

    /// A list that may be ignored must not be one by which somebody is let in: who
    /// is on it would be refused without a word of why.
    pub(super) fn check_allowed(
        &self,
        lists: &[ListRef],
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) {
        for (index, list) in lists.iter().enumerate() {
            if let Place::Feed(feed) = list.place
                && self.feeds.get(feed).is_some_and(|feed| feed.is_optional)
            {
                problems.push(
                    &at.index(index),
                    "expected a list with `if_unavailable: deny`: nobody is let in by a list that \
                     may be ignored",
                );
            }
        }
    }
}

fn compile(cidrs: &[CidrList]) -> Result<(AddressLists, Vec<ListId>), AddressListsError> {
    let mut builder = AddressLists::builder();
    let ids = cidrs
        .iter()
        .map(|list| builder.add_list(list))
        .collect::<Result<_, _>>()?;
    Ok((builder.build()?, ids))
}

fn reason(code: Option<&str>, at: &FieldPath<'_>, problems: &mut Problems) -> Reason {
    let reason = match code {
        None => Some(Reason::fixed(IP_DENIED)),
        Some(code) => Reason::configured(code).filter(|_| !OF_THE_FILTER.contains(&code)),
    };
    if reason.is_none() {
        problems.push(
            &at.field("reason"),
            "expected a reason code of its own, 1 to 64 characters from a-z, 0-9 and `_`",
        );
    }
    reason.unwrap_or(Reason::fixed(IP_DENIED))
}

fn feed_plan(
    name: &str,
    raw: FeedConfig,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<FeedPlan> {
    let (usual, longest) = match raw.format {
        FeedFormat::Text => (LONGEST_TEXT, Source::MAX_BYTES as u64),
        FeedFormat::Json => (LONGEST_JSON, LONGEST_JSON),
    };
    let max_bytes = raw.max_bytes.0.map_or(usual, Whole::get);
    if !(1..=longest).contains(&max_bytes) {
        problems.push(
            &at.field("max_bytes"),
            format_args!("expected 1 to {longest} bytes"),
        );
    }
    let wait = raw.wait.0.map(|wait| wait.get());
    if wait.is_some_and(|wait| wait.is_zero() || wait > LONGEST_WAIT) {
        problems.push(&at.field("wait"), "expected a time up to 30s");
    }
    let is_optional = raw.if_unavailable == IfUnavailable::Ignore;
    let waits = raw.before_first_load.0 != Some(BeforeFirstLoad::Fail) && !is_optional;
    if wait.is_some() && !waits {
        problems.push(
            &at.field("wait"),
            "expected only where requests wait: not with `before_first_load: fail`, nor with \
             `if_unavailable: ignore`",
        );
    }
    if is_optional && raw.before_first_load.0 == Some(BeforeFirstLoad::Wait) {
        problems.push(
            &at.field("before_first_load"),
            "expected `fail`, or nothing: a list that may be ignored is not waited for",
        );
    }
    let mut policy = Policy {
        refresh: Duration::from_secs(300),
        stale_for: Duration::from_secs(24 * 3600),
        ..Policy::default()
    };
    if let Some(refresh) = raw.refresh.0 {
        policy.refresh = refresh.get();
    }
    if let Some(stale_for) = raw.stale_for.0 {
        policy.stale_for = stale_for.get();
    }
    policy.max_age = raw.max_age.0.map(|bounds| MaxAge {
        shortest: bounds.shortest.get(),
        longest: bounds.longest.get(),
    });
    let mut spec = SourceSpec::new(&raw.cluster, &raw.authority, &raw.path);
    spec.policy = policy;
    spec.max_bytes = usize::try_from(max_bytes.clamp(1, longest)).unwrap_or(1);
    if let Some(timeout) = raw.timeout.0 {
        spec.timeout = timeout.get();
    }
    let source = match Source::new(spec) {
        Ok(source) => source,
        Err(error) => {
            problems.push(&at.field(error.field()), error);
            return None;
        }
    };
    Some(FeedPlan {
        name: name.to_owned(),
        source,
        format: ListFormat {
            format: raw.format,
            if_empty: match raw.if_empty {
                IfEmptyConfig::Fail => IfEmpty::Fail,
                IfEmptyConfig::Accept => IfEmpty::Accept,
            },
        },
        wait: waits.then(|| wait.unwrap_or(Duration::from_secs(2))),
        is_optional,
    })
}
