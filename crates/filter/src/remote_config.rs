//! A remote document, as an operator names it.

use std::time::Duration;

use gatepost_config::{FieldPath, Period, Problems, Whole};
use gatepost_http_match::Given;
use gatepost_remote::{MaxAge, Policy, Source, SourceSpec};
use serde::Deserialize;

/// A document that a server publishes. All workers of a proxy fetch it together,
/// once a period; the last good one serves until `stale_for` is over.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "RemoteDocument"))]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `cluster`, `authority` and `path`"
)]
pub struct RemoteConfig {
    /// The proxy's name of the cluster that serves the document.
    pub cluster: String,
    /// The host of the request, such as `keys.example`.
    pub authority: String,
    /// The path of the request, with its query.
    pub path: String,
    /// From one success to the next fetch, less up to a tenth: 1 s to 24 h. The
    /// default is that of the kind of document.
    #[serde(default)]
    pub refresh: Given<Period>,
    /// Lets the server's `Cache-Control: max-age` take the place of `refresh`.
    #[serde(default)]
    pub max_age: Given<MaxAgeConfig>,
    /// When a fetch is given up: 100 ms to 60 s. Default `5s`.
    #[serde(default)]
    pub timeout: Given<Period>,
    /// The longest body, in bytes. The default is that of the kind of document.
    #[serde(default)]
    pub max_bytes: Given<Whole>,
    /// How long the last good document serves without a success: at least the
    /// longest period and two timeouts, at most 30 days. The default is that of the
    /// kind of document.
    #[serde(default)]
    pub stale_for: Given<Period>,
    /// What a request does that needs the document before it has come. Default
    /// `wait`.
    #[serde(default)]
    pub before_first_load: Given<BeforeFirstLoad>,
    /// How long it waits at most: up to 30 s. Default `2s`.
    #[serde(default)]
    pub wait: Given<Period>,
}

/// Within which bounds the server's `max-age` counts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    deny_unknown_fields,
    expecting = "an object with `shortest` and `longest`"
)]
pub struct MaxAgeConfig {
    /// The shortest period, also of `no-store`: at least 1 s.
    pub shortest: Period,
    /// The longest period: at most 24 h.
    pub longest: Period,
}

/// What a request does that comes before the document.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BeforeFirstLoad {
    /// It waits.
    Wait,
    /// It is answered at once.
    Fail,
}

/// What a kind of document is like where the operator says nothing.
#[derive(Clone, Copy, Debug)]
pub struct RemoteDefaults {
    /// From one success to the next fetch.
    pub refresh: Duration,
    /// How long the last good document serves without a success.
    pub stale_for: Duration,
    /// The shortest time between two fetches on demand: 1 s to 1 h.
    pub cooldown: Duration,
    /// The longest body, in bytes.
    pub max_bytes: u64,
    /// The most that the operator may allow it, in bytes; at most 16 MiB.
    pub most_bytes: u64,
}

/// A remote document as it is to be kept.
#[derive(Clone, Debug)]
pub struct RemotePlan {
    /// Where it comes from.
    pub source: Source,
    /// Whether a request waits for the first document.
    pub waits_for_first: bool,
    /// How long a request waits at most, for the first document or for what it
    /// demanded.
    pub wait: Duration,
}

/// How long a request waits unless the document says otherwise.
const USUAL_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl RemoteConfig {
    /// Checks what the document says. `None` when there can be no such source.
    pub fn compile(
        self,
        defaults: &RemoteDefaults,
        at: &FieldPath<'_>,
        problems: &mut Problems,
    ) -> Option<RemotePlan> {
        let most = defaults.most_bytes.min(Source::MAX_BYTES as u64).max(1);
        let max_bytes = self.max_bytes.0.map_or(defaults.max_bytes, Whole::get);
        if !(1..=most).contains(&max_bytes) {
            problems.push(
                &at.field("max_bytes"),
                format_args!("expected 1 to {most} bytes"),
            );
        }
        let wait = self.wait.0.map(Period::get);
        if wait.is_some_and(|wait| wait.is_zero() || wait > LONGEST_WAIT) {
            problems.push(&at.field("wait"), "expected a time up to 30s");
        }
        let waits_for_first = self.before_first_load.0 != Some(BeforeFirstLoad::Fail);
        let mut spec = SourceSpec::new(&self.cluster, &self.authority, &self.path);
        spec.max_bytes = usize::try_from(max_bytes.clamp(1, most)).unwrap_or(1);
        spec.timeout = self.timeout.0.map_or(spec.timeout, Period::get);
        spec.policy = Policy {
            refresh: self.refresh.0.map_or(defaults.refresh, Period::get),
            stale_for: self.stale_for.0.map_or(defaults.stale_for, Period::get),
            cooldown: defaults.cooldown,
            max_age: self.max_age.0.map(|bounds| MaxAge {
                shortest: bounds.shortest.get(),
                longest: bounds.longest.get(),
            }),
            ..Policy::default()
        };
        match Source::new(spec) {
            Ok(source) => Some(RemotePlan {
                source,
                waits_for_first,
                wait: wait.unwrap_or(USUAL_WAIT),
            }),
            Err(error) => {
                problems.push(&at.field(error.field()), error);
                None
            }
        }
    }
}
