//! `lists`: those of the document in one table, those of feeds one by one.

use std::time::Duration;

use gatepost_config::{FieldPath, Name, Problems, UniqueMap};
use gatepost_filter::{BeforeFirstLoad, Reason, RemoteConfig, RemoteDefaults, RemotePlan};
use gatepost_ip_set::feed::IfEmpty;
use gatepost_ip_set::{AddressLists, AddressListsError, CidrList, ListId};
use gatepost_remote::Source;

use crate::config::{FeedConfig, FeedFormat, IfEmptyConfig, IfUnavailable, ListConfig};
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
    pub(crate) remote: RemotePlan,
    pub(crate) format: ListFormat,
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
/// What a feed is like where the document says nothing. No request demands one.
const FEED: RemoteDefaults = RemoteDefaults {
    refresh: Duration::from_secs(300),
    stale_for: Duration::from_secs(24 * 3600),
    cooldown: Duration::from_secs(30),
    max_bytes: LONGEST_TEXT,
    most_bytes: LONGEST_TEXT,
};

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
    let (max_bytes, most_bytes) = match raw.format {
        FeedFormat::Text => (LONGEST_TEXT, Source::MAX_BYTES as u64),
        FeedFormat::Json => (LONGEST_JSON, LONGEST_JSON),
    };
    let is_optional = raw.if_unavailable == IfUnavailable::Ignore;
    let before_first_load = raw.before_first_load.0;
    if raw.wait.0.is_some() && (is_optional || before_first_load == Some(BeforeFirstLoad::Fail)) {
        problems.push(
            &at.field("wait"),
            "expected only where requests wait: not with `before_first_load: fail`, nor with \
             `if_unavailable: ignore`",
        );
    }
    if is_optional && before_first_load == Some(BeforeFirstLoad::Wait) {
        problems.push(
            &at.field("before_first_load"),
            "expected `fail`, or nothing: a list that may be ignored is not waited for",
        );
    }
    let remote = RemoteConfig {
        cluster: raw.cluster,
        authority: raw.authority,
        path: raw.path,
        refresh: raw.refresh,
        max_age: raw.max_age,
        timeout: raw.timeout,
        max_bytes: raw.max_bytes,
        stale_for: raw.stale_for,
        before_first_load: raw.before_first_load,
        wait: raw.wait,
    };
    let defaults = RemoteDefaults {
        max_bytes,
        most_bytes,
        ..FEED
    };
    let mut remote = remote.compile(&defaults, at, problems)?;
    remote.waits_for_first &= !is_optional;
    Some(FeedPlan {
        name: name.to_owned(),
        remote,
        format: ListFormat {
            format: raw.format,
            if_empty: match raw.if_empty {
                IfEmptyConfig::Fail => IfEmpty::Fail,
                IfEmptyConfig::Accept => IfEmpty::Accept,
            },
        },
        is_optional,
    })
}
