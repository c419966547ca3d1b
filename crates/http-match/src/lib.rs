//! The request view, and one matcher language for every filter.
//!
//! [`RequestView`] is a request read once: its [`Headers`], its target in both
//! readings that law 8 asks for ([`normalise_path`]), and the [`Facts`] that
//! filters learned. [`Matcher`] is a `match` of the configuration
//! ([`MatchConfig`]), compiled once; [`select_first`] and [`select_all`] ask the
//! matchers of a list of rules.
//!
//! Truth has three values. What cannot be read (a malformed host, a path that
//! servers read in different ways, a broken encoding) is neither a match nor
//! none, [`Undecided`], and negation does not change that. Selection stops
//! there, and the caller denies: no rule, be it one that allows or one that
//! denies, is passed by with bytes that have no reading.

mod authority;
mod claim_path;
mod config;
mod cookies;
mod facts;
mod given;
mod headers;
mod limits;
mod matcher;
mod names;
mod normal_path;
mod percent;
mod query;
mod select;
mod target;
mod truth;
mod view;

pub use authority::Host;
pub use claim_path::{AtPath, ClaimPath, ClaimPathError};
pub use config::{
    ClaimMatchConfig, FieldMatchConfig, MatchConfig, PathMatchConfig, TextMatchConfig,
};
pub use cookies::{Cookie, cookies, without_cookies};
pub use facts::{ApiKeyId, Claims, ClientAddress, Facts, PeerIdentity};
pub use gatepost_json::{Number, Value};
pub use given::{Given, OneOrMany};
pub use headers::{Headers, HeadersError, Layout, Repeated};
pub use matcher::{Matcher, Needs, TextMatcher};
pub use names::{HeaderNames, owned_spelling};
pub use normal_path::{NormalPath, normalise_path};
pub use percent::encode as percent_encode;
pub use query::{Parameter, parameters, query_of, without_parameters};
pub use select::{Selection, select_all, select_first};
pub use target::Reading;
pub use truth::Undecided;
pub use view::RequestView;
