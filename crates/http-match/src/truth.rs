//! What can be said of a request, and what cannot.

use std::fmt;

/// Why it cannot be said whether a request matches. The caller denies: neither
/// an allowing nor a denying rule can be passed by on purpose with bytes that
/// have no reading.
///
/// All are the client's fault (400) but
/// [`UnknownClientAddress`](Self::UnknownClientAddress).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Undecided {
    /// Servers read the path in different ways, and the readings select
    /// different rules; or the target has a form (absolute) that the proxy
    /// should have rewritten.
    AmbiguousPath,
    /// There is no path where one must be, or several, or it holds bytes that no
    /// path has, or is longer than 32 KiB (1 KiB for an expression).
    UnreadablePath,
    /// `:authority` is missing or no `host [":" port]`.
    UnreadableAuthority,
    /// `:method` is missing, or differs from a configured one by case only.
    UnreadableMethod,
    /// A header value that an expression must read is no UTF-8 or too long:
    /// beyond 1 KiB, all values of the name together.
    UnreadableHeader,
    /// A query parameter has a broken percent-encoding, is too long (as a header
    /// value is), or stands behind a `;` that only some servers take for a
    /// separator.
    UnreadableQuery,
    /// A cookie is too long (as a header value is), or has no value where one was
    /// expected.
    UnreadableCookie,
    /// A claim has a type that the test cannot read, or is too long: beyond 1 KiB
    /// for an expression, all strings at the path together.
    UnreadableClaim,
    /// The identity of the peer is too long: beyond 1 KiB for an expression.
    UnreadableIdentity,
    /// Nobody has established the client's address.
    UnknownClientAddress,
}

impl Undecided {
    /// The reason code: `path_ambiguous`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::AmbiguousPath => "path_ambiguous",
            Self::UnreadablePath => "path_unreadable",
            Self::UnreadableAuthority => "authority_unreadable",
            Self::UnreadableMethod => "method_unreadable",
            Self::UnreadableHeader => "header_unreadable",
            Self::UnreadableQuery => "query_unreadable",
            Self::UnreadableCookie => "cookie_unreadable",
            Self::UnreadableClaim => "claim_unreadable",
            Self::UnreadableIdentity => "identity_unreadable",
            Self::UnknownClientAddress => "client_address_unknown",
        }
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AmbiguousPath => "expected a path that every server reads in the same way",
            Self::UnreadablePath => {
                "expected one path of visible ASCII that starts with `/`, of at most 32 KiB, and \
                 1 KiB for a regex"
            }
            Self::UnreadableAuthority => "expected a host and at most one port",
            Self::UnreadableMethod => "expected a method in its registered spelling",
            Self::UnreadableHeader => {
                "expected a header value of UTF-8, and at most 1 KiB for a regex"
            }
            Self::UnreadableQuery => {
                "expected a query with whole percent-encodings, and at most 1 KiB for a regex"
            }
            Self::UnreadableCookie => {
                "expected cookies of the form `name=value`, and at most 1 KiB for a regex"
            }
            Self::UnreadableClaim => {
                "expected a claim of the type that the rule compares, and at most 1 KiB for a regex"
            }
            Self::UnreadableIdentity => "expected a peer identity of at most 1 KiB for a regex",
            Self::UnknownClientAddress => "expected the client's address to be known",
        })
    }
}

impl std::error::Error for Undecided {}

/// Three-valued truth after Kleene: yes, no, or cannot be said. What cannot be
/// said counts only where the rest does not settle the question, and its
/// negation cannot be said either.
pub(crate) type Truth = Result<bool, Undecided>;

/// Whether all of `terms` hold: one `no` settles it.
pub(crate) fn all(terms: impl Iterator<Item = Truth>) -> Truth {
    settle(terms, false)
}

/// Whether any of `terms` holds: one `yes` settles it.
pub(crate) fn any(terms: impl Iterator<Item = Truth>) -> Truth {
    settle(terms, true)
}

fn settle(terms: impl Iterator<Item = Truth>, settled: bool) -> Truth {
    let mut result = Ok(!settled);
    for term in terms {
        match term {
            Ok(value) if value == settled => return term,
            Err(_) if result.is_ok() => result = term,
            _ => {}
        }
    }
    result
}
