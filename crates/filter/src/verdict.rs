//! What a filter makes of a request.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use gatepost_http_match::Undecided;

use crate::services::{CallId, CallReply};

/// A filter's answer.
#[derive(Debug)]
pub enum Verdict {
    /// Let the next filter judge.
    Continue(Pass),
    /// Refuse the request.
    Deny(Denial),
    /// Hold headers, body and trailers until something happens.
    Wait(Wait),
}

impl Verdict {
    /// Continue for a stated reason.
    #[must_use]
    pub fn pass(rule: RuleRef, reason: Reason) -> Self {
        Self::Continue(Pass {
            rule,
            reason,
            fields: Vec::new(),
        })
    }
}

/// Why a request passed.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The rule that decided.
    pub rule: RuleRef,
    /// Its reason.
    pub reason: Reason,
    /// Further fields of the decision record.
    pub fields: Fields,
}

/// Why and how a request is refused.
#[derive(Clone, Debug)]
pub struct Denial {
    /// The rule that decided.
    pub rule: RuleRef,
    /// The reason code, from the filter's table of reasons.
    pub reason: Reason,
    /// The HTTP status; `None` for the one that `on_deny` names.
    pub status: Option<u16>,
    /// Headers of the answer, such as `www-authenticate` or `retry-after`.
    pub headers: Vec<(String, String)>,
    /// Further fields of the decision record and the log line. No secrets.
    pub fields: Fields,
}

impl Denial {
    /// Refuse as `on_deny` says: policy forbids it.
    #[must_use]
    pub fn by_policy(rule: RuleRef, reason: Reason) -> Self {
        Self {
            rule,
            reason,
            status: None,
            headers: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Refuse with a fixed status: 4xx when the request is malformed, 503 when
    /// something of ours is missing (law 3).
    #[must_use]
    pub fn with_status(rule: RuleRef, reason: Reason, status: u16) -> Self {
        Self {
            status: Some(status),
            ..Self::by_policy(rule, reason)
        }
    }

    /// Refuse because the rules cannot say whether they match: 400, or 503 when
    /// it is we who do not know the client's address.
    #[must_use]
    pub fn undecided(why: Undecided) -> Self {
        let status = if why == Undecided::UnknownClientAddress {
            503
        } else {
            400
        };
        Self::with_status(RuleRef::None, Reason::fixed(why.reason()), status)
    }

    /// With a further field for the record.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// With a challenge that [`Challenges`](crate::Challenges) made; several may stand
    /// in one answer.
    #[must_use]
    pub fn challenge(self, challenge: String) -> Self {
        self.header("www-authenticate", challenge)
    }

    /// With a further header for the answer.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Further fields of a decision record: names are chosen by the filter and
/// `[a-z_]`.
pub type Fields = Vec<(&'static str, String)>;

/// How a filter waits.
#[derive(Debug)]
pub struct Wait {
    /// What it waits for.
    pub what: WaitFor,
    /// How long at most, from now.
    pub at_most: Duration,
    /// The answer when nothing came in time, or when too many requests wait
    /// already.
    pub otherwise: Denial,
}

/// What a request can wait for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WaitFor {
    /// The reply to a call of its own.
    Reply(CallId),
    /// [`Root::wake`](crate::Root::wake) with any of these keys, on the same worker.
    Wake(Vec<WakeKey>),
}

/// Names something of the root that many requests wait for, such as one key
/// set. Chosen by the filter; keys of different filters never meet.
pub type WakeKey = u32;

/// What a waiting request is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// The reply to its call has come.
    Replied(CallReply),
    /// The root called [`Root::wake`](crate::Root::wake).
    Woken(WakeKey),
}

/// Which rule decided.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RuleRef {
    /// The rule at this place of the document.
    Rule(usize),
    /// No rule matched: the document's default.
    Default,
    /// None: the request could not be judged.
    None,
}

/// A reason code, `[a-z0-9_]`: stands in the response code details, the
/// metric, the log line, the record and the docs.
#[derive(Clone, Debug)]
pub struct Reason(Code);

#[derive(Clone, Debug)]
enum Code {
    Fixed(&'static str),
    Configured(Rc<str>),
}

impl Reason {
    /// A reason of the filter's own table.
    #[must_use]
    pub const fn fixed(code: &'static str) -> Self {
        Self(Code::Fixed(code))
    }

    /// A reason that the document names: 1 to 64 of `[a-z0-9_]`.
    #[must_use]
    pub fn configured(code: &str) -> Option<Self> {
        let legal = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        ((1..=64).contains(&code.len()) && code.bytes().all(legal))
            .then(|| Self(Code::Configured(code.into())))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Code::Fixed(code) => code,
            Code::Configured(code) => code,
        }
    }
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reason {}

impl Ord for Reason {
    /// By the code. Mostly it is the very text, because each comes from one table.
    fn cmp(&self, other: &Self) -> Ordering {
        let (own, others) = (self.as_str(), other.as_str());
        if std::ptr::eq(own, others) {
            return Ordering::Equal;
        }
        own.cmp(others)
    }
}

impl PartialOrd for Reason {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
