//! What a filter is.
//!
//! A [`Filter`] judges requests and answers with a [`Verdict`]; a [`Chain`] runs
//! filters in the order of the document and does for all of them what would
//! otherwise stand in each: shadow mode, the deny response, metrics, the
//! decision record, the log line, the removal of headers that the client may
//! not set. What a filter asks of the proxy, it asks of [`Services`].
//!
//! No filter names another one; no line here names a proxy's ABI.

mod any_format;
mod chain;
mod challenge;
mod changes;
mod cors;
mod credential;
mod deny_response;
mod document;
mod document_parts;
mod filter;
mod header_name;
mod header_text;
mod kept_document;
mod remote_config;
mod report;
mod request;
mod request_memory;
mod response;
mod root;
mod rules;
mod services;
mod settings;
mod sorted_map;
mod verdict;
mod wakes;
mod watched_document;

pub use chain::{Chain, Outcome, SharedChain};
pub use challenge::{ChallengeConfig, ChallengeError, Challenges, is_scope_token};
pub use changes::{Change, Changes, Unsendable};
pub use cors::is_cors_preflight;
pub use credential::{
    Credential, CredentialHeaderConfig, CredentialSources, CredentialSourcesConfig,
    ForwardedCredential, Malformed, Place,
};
pub use deny_response::{DenyResponse, RawDenyResponse, Reply};
pub use document_parts::{
    CorsPreflight, DefaultAction, DefaultConfig, PeerCertificate, rule_warnings,
};
pub use filter::{Filter, Kind, Load, Loaded, Phases};
pub use gatepost_remote::Demand;
pub use header_name::owned_header;
pub use header_text::sendable;
pub use remote_config::{BeforeFirstLoad, MaxAgeConfig, RemoteConfig, RemoteDefaults, RemotePlan};
pub use report::{escape, gauge_name, metric_name};
pub use request::{End, Request, Stream};
pub use request_memory::RequestMemory;
pub use response::Response;
pub use root::{Root, RootEvent};
pub use rules::{Rules, RulesBuilder};
pub use services::{
    CallId, CallReply, GrpcCall, HostError, HttpCall, Level, MetricId, MetricKind, Services,
    Shared, Swap,
};
pub use settings::{Decision, Mode, RecordWhen, RuleSettings, Settings};
pub use sorted_map::SortedMap;
pub use verdict::{Denial, Event, Fields, Pass, Reason, RuleRef, Verdict, Wait, WaitFor, WakeKey};
pub use wakes::Wakes;
pub use watched_document::{Contents, DocumentNames, Missing, WatchedDocument};
