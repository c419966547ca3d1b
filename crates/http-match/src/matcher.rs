//! A `match`, compiled: the conditions, and whether a request meets them.

mod claim;
mod compile;
mod cookie;
mod expression;
mod field;
mod header;
mod host;
mod method;
mod path;
mod query;
mod text;

use gatepost_config::{FieldPath, Problems};
use gatepost_ip_set::IpSet;

use crate::truth::{Truth, all, any};
use crate::{
    ClientAddress, MatchConfig, PeerIdentity, Reading, RequestView, TextMatchConfig, Undecided,
};
use claim::ClaimMatch;
use compile::Compiler;
use cookie::CookieMatch;
use header::HeaderMatch;
use host::HostPattern;
use method::MethodMatch;
use path::PathPattern;
use query::QueryMatch;
use text::Text;

/// The compiled conditions of one rule.
///
/// The work for one request is bounded: a `match` has at most 4096 conditions,
/// 64 of them expressions. A literal costs the length of what it is compared
/// with, times up to 256 for `contains`. An expression costs what it reads times
/// its states: at most 1 KiB, all values of a repeated field together, times 512
/// states, which is about 5 ms in a module. Of more than 1 KiB nothing can be
/// said ([`Undecided`]); an expression of more states is refused.
#[derive(Debug)]
pub struct Matcher {
    conditions: Conditions,
    accepts_ambiguous_path: bool,
    needs: Needs,
}

/// The facts that a matcher asks for, so that a filter learns no others and
/// refuses a configuration for which it has no source.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Needs {
    /// [`ClientAddress`]; without it nothing can be said.
    pub client_address: bool,
    /// [`PeerIdentity`]; without it no text matches, since a peer may have
    /// none. A filter that cannot read the identity denies in place of asking.
    pub peer_identity: bool,
    /// [`Claims`](crate::Claims); without them only `exists: false` matches.
    pub claims: bool,
}

impl Matcher {
    /// Compiles a `match` that stands at `at`.
    ///
    /// # Errors
    /// Every value that is wrong, with its path.
    pub fn compile(config: MatchConfig, at: &FieldPath<'_>) -> Result<Self, Problems> {
        let accepts_ambiguous_path = config.accept_ambiguous_path;
        let mut compiler = Compiler::default();
        let conditions = compiler.top(config, at);
        let needs = compiler.needs();
        compiler.into_problems().check(Self {
            conditions,
            accepts_ambiguous_path,
            needs,
        })
    }

    /// Whether the request matches, in both readings of its path; for a
    /// question that stands alone. Rules in order ask
    /// [`select_first`](crate::select_first).
    ///
    /// # Errors
    /// When it cannot be said, or the readings differ about it and that is not
    /// accepted.
    pub fn matches(&self, view: &RequestView) -> Truth {
        let raw = self.matches_reading(view, Reading::Raw)?;
        if !view.readings_differ()
            || self.accepts_ambiguous_path
            || self.matches_reading(view, Reading::Normalised) == Ok(raw)
        {
            return Ok(raw);
        }
        Err(Undecided::AmbiguousPath)
    }

    /// Whether the request matches in one reading of its path.
    ///
    /// # Errors
    /// When it cannot be said.
    pub fn matches_reading(&self, view: &RequestView, reading: Reading) -> Truth {
        self.conditions.hold(view, reading)
    }

    /// Whether the raw reading of the path alone counts for this rule
    /// (`accept_ambiguous_path`).
    #[must_use]
    pub fn accepts_ambiguous_path(&self) -> bool {
        self.accepts_ambiguous_path
    }

    /// The facts that this matcher asks for.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// Whether it has no condition: every request matches, whatever it is.
    #[must_use]
    pub fn takes_all(&self) -> bool {
        self.conditions.0.is_empty()
    }
}

/// The compiled condition of a text that stands alone, such as `sub`.
#[derive(Debug)]
pub struct TextMatcher(Text);

impl TextMatcher {
    /// Compiles a condition that stands at `at`.
    ///
    /// # Errors
    /// Every value that is wrong, with its path.
    pub fn compile(config: TextMatchConfig, at: &FieldPath<'_>) -> Result<Self, Problems> {
        let mut compiler = Compiler::default();
        let text = Text::compile(&mut compiler, config, at);
        let problems = compiler.into_problems();
        match text {
            Some(text) => problems.check(Self(text)),
            None => Err(problems),
        }
    }

    /// Whether the text passes. Of one that an expression cannot read, because it is
    /// longer than 1 KiB, it is `unreadable`.
    ///
    /// # Errors
    /// `unreadable`.
    pub fn matches(&self, text: &str, unreadable: Undecided) -> Result<bool, Undecided> {
        self.0.matches(text.as_bytes(), unreadable)
    }
}

impl Needs {
    /// What either of the two asks for.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            client_address: self.client_address || other.client_address,
            peer_identity: self.peer_identity || other.peer_identity,
            claims: self.claims || other.claims,
        }
    }
}

/// Conditions that must all hold.
#[derive(Debug)]
struct Conditions(Box<[Condition]>);

/// One field of a `match`, or one entry of it where entries add up.
#[derive(Debug)]
enum Condition {
    Host(Box<[HostPattern]>),
    Path(Box<[PathPattern]>),
    Method(MethodMatch),
    Header(HeaderMatch),
    Query(QueryMatch),
    Cookie(CookieMatch),
    ClientAddress(IpSet),
    PeerIdentity(Box<[Text]>),
    Claim(ClaimMatch),
    Not(Conditions),
    Any(Box<[Conditions]>),
    All(Box<[Conditions]>),
}

impl Conditions {
    fn hold(&self, view: &RequestView, reading: Reading) -> Truth {
        all(self
            .0
            .iter()
            .map(|condition| condition.holds(view, reading)))
    }
}

impl Condition {
    fn holds(&self, view: &RequestView, reading: Reading) -> Truth {
        match self {
            Self::Host(patterns) => {
                let host = view.host()?;
                Ok(patterns.iter().any(|pattern| pattern.matches(host)))
            }
            Self::Path(patterns) => match view.path(reading)? {
                Some(path) => any(patterns.iter().map(|pattern| pattern.matches(path))),
                None => Ok(false),
            },
            Self::Method(methods) => methods.matches(view.method()),
            Self::Header(header) => header.matches(view.headers()),
            Self::Query(parameter) => parameter.matches(view.query()?.unwrap_or_default()),
            Self::Cookie(cookie) => cookie.matches(view.headers()),
            Self::ClientAddress(addresses) => match view.facts().get() {
                Some(ClientAddress(address)) => Ok(addresses.contains(*address)),
                None => Err(Undecided::UnknownClientAddress),
            },
            Self::PeerIdentity(texts) => match view.facts().get() {
                Some(PeerIdentity(identity)) => any(texts
                    .iter()
                    .map(|text| text.matches(identity.as_bytes(), Undecided::UnreadableIdentity))),
                None => Ok(false),
            },
            Self::Claim(claim) => claim.matches(view.facts().get()),
            Self::Not(conditions) => conditions.hold(view, reading).map(|holds| !holds),
            Self::Any(groups) => any(groups.iter().map(|group| group.hold(view, reading))),
            Self::All(groups) => all(groups.iter().map(|group| group.hold(view, reading))),
        }
    }
}
