//! How an attempt to get a document fails.

use std::fmt;

/// Why an attempt failed. `E` is the format's error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure<E> {
    /// The proxy knows no cluster of that name.
    ClusterMissing,
    /// The proxy refused the call with this status.
    CallRefused(u32),
    /// No reply came: a timeout or a reset.
    NoReply,
    /// The source answered with this redirect, which is not followed.
    Redirect(u16),
    /// The source, or the proxy in its place, answered with this status; 0 when
    /// there was none that could be read.
    Status(u16),
    /// The body, or its compiled form, has this many bytes, more than allowed.
    TooLarge(usize),
    /// The body has a `Content-Encoding`, which was not asked for.
    Encoded,
    /// The body is shorter or longer than its `Content-Length`.
    Cut,
    /// The body is empty.
    Empty,
    /// The body is no document of the format.
    Invalid(E),
    /// The body is a document that the configuration does not take.
    Refused(E),
    /// The parser did not come to an end in time.
    Unfinished,
    /// The data shared by the workers could not be read or written; the status
    /// is the proxy's, or 0 when others wrote the slot again and again.
    Slots(u32),
    /// A worker took the fetch upon itself and was not heard of again.
    Abandoned,
}

impl<E> Failure<E> {
    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::ClusterMissing => FailureKind::ClusterMissing,
            Self::CallRefused(_) => FailureKind::CallRefused,
            Self::NoReply => FailureKind::NoReply,
            Self::Redirect(_) => FailureKind::Redirect,
            Self::Status(_) => FailureKind::Status,
            Self::TooLarge(_) => FailureKind::TooLarge,
            Self::Encoded => FailureKind::Encoded,
            Self::Cut => FailureKind::Cut,
            Self::Empty => FailureKind::Empty,
            Self::Invalid(_) => FailureKind::Invalid,
            Self::Refused(_) => FailureKind::Refused,
            Self::Unfinished => FailureKind::Unfinished,
            Self::Slots(_) => FailureKind::Slots,
            Self::Abandoned => FailureKind::Abandoned,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClusterMissing => f.write_str("the proxy knows no such cluster"),
            Self::CallRefused(INTERNAL_FAILURE) => f.write_str(
                "the proxy refused the call with status 10, as it does when the cluster has no \
                 endpoint",
            ),
            Self::CallRefused(status) => {
                write!(f, "the proxy refused the call with status {status}")
            }
            Self::NoReply => f.write_str("no reply within the timeout, or the connection broke"),
            Self::Redirect(status) => {
                write!(f, "redirected with {status}; redirects are not followed")
            }
            Self::Status(0) => f.write_str("expected status 200, got none"),
            Self::Status(503) => f.write_str(
                "expected status 200, got 503: the source's, or the proxy's when the cluster has \
                 no endpoint that answers",
            ),
            Self::Status(504) => f.write_str(
                "expected status 200, got 504: the source's, or the proxy's after the timeout",
            ),
            Self::Status(status) => write!(f, "expected status 200, got {status}"),
            Self::TooLarge(size) => write!(f, "{size} bytes are more than allowed"),
            Self::Encoded => f.write_str("expected no content-encoding"),
            Self::Cut => f.write_str("the body has not the length that content-length says"),
            Self::Empty => f.write_str("expected a body, got none"),
            Self::Invalid(error) => write!(f, "the body is no document: {error}"),
            Self::Refused(error) => error.fmt(f),
            Self::Unfinished => f.write_str("reading the body took too long"),
            Self::Slots(0) => f.write_str("others write the shared data of this document"),
            Self::Slots(status) => {
                write!(f, "the proxy refused shared data with status {status}")
            }
            Self::Abandoned => f.write_str("the worker that was to fetch it ended"),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for Failure<E> {}

/// The status with which Envoy refuses a call to a cluster without endpoints.
const INTERNAL_FAILURE: u32 = 10;

/// What kind of failure it was: for metrics and reasons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FailureKind {
    /// [`Failure::ClusterMissing`].
    ClusterMissing,
    /// [`Failure::CallRefused`].
    CallRefused,
    /// [`Failure::NoReply`].
    NoReply,
    /// [`Failure::Redirect`].
    Redirect,
    /// [`Failure::Status`].
    Status,
    /// [`Failure::TooLarge`].
    TooLarge,
    /// [`Failure::Encoded`].
    Encoded,
    /// [`Failure::Cut`].
    Cut,
    /// [`Failure::Empty`].
    Empty,
    /// [`Failure::Invalid`].
    Invalid,
    /// [`Failure::Refused`].
    Refused,
    /// [`Failure::Unfinished`].
    Unfinished,
    /// [`Failure::Slots`].
    Slots,
    /// [`Failure::Abandoned`].
    Abandoned,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::ClusterMissing,
        Self::CallRefused,
        Self::NoReply,
        Self::Redirect,
        Self::Status,
        Self::TooLarge,
        Self::Encoded,
        Self::Cut,
        Self::Empty,
        Self::Invalid,
        Self::Refused,
        Self::Unfinished,
        Self::Slots,
        Self::Abandoned,
    ];

    /// `cluster_missing`, as it stands in metrics.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClusterMissing => "cluster_missing",
            Self::CallRefused => "call_refused",
            Self::NoReply => "no_reply",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::TooLarge => "too_large",
            Self::Encoded => "encoded",
            Self::Cut => "cut",
            Self::Empty => "empty",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Unfinished => "unfinished",
            Self::Slots => "slots",
            Self::Abandoned => "abandoned",
        }
    }

    /// As a byte of a shared slot; 0 is no failure.
    pub(crate) fn to_byte(kind: Option<Self>) -> u8 {
        Self::ALL
            .iter()
            .zip(1..)
            .find_map(|(known, byte)| (Some(*known) == kind).then_some(byte))
            .unwrap_or(0)
    }

    /// The kind of a byte of a shared slot, if it is one.
    pub(crate) fn from_byte(byte: u8) -> Option<Option<Self>> {
        match usize::from(byte).checked_sub(1) {
            None => Some(None),
            Some(index) => Self::ALL.get(index).map(|kind| Some(*kind)),
        }
    }
}
