//! Why requests are refused, and what they are answered.

use gatepost_filter::Reason;

/// What a refusal is answered with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    /// 401, and a challenge without an error code: nothing was tried (RFC 6750 3).
    Missing,
    /// 401 with `error="invalid_token"`.
    InvalidToken,
    /// 400 with `error="invalid_request"`.
    InvalidRequest,
    /// The status of `on_deny`, with `error="insufficient_scope"`.
    InsufficientScope,
    /// The status of `on_deny`, without a challenge: another token would not help.
    Forbidden,
    /// 503 with Retry-After, and no challenge: the fault is ours.
    Unavailable,
}

/// How far a token got before it was refused. Of several refusals the one that got
/// furthest tells most.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Stage {
    /// There was none.
    Missing,
    /// It is no token.
    Parse,
    /// Another issuer's.
    Issuer,
    /// A claim is wrong.
    Policy,
    /// It is revoked.
    Revocation,
    /// No key is known that may check it.
    Key,
    /// The signature is wrong.
    Signature,
    /// No more signatures are checked for this request.
    Exhausted,
    /// It is bound to another certificate.
    Binding,
    /// It may be good: what would tell is not there.
    Unavailable,
}

/// A reason code, and what it is answered with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Row {
    pub(crate) code: &'static str,
    pub(crate) answer: Answer,
}

macro_rules! rows {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $answer:ident;)*) => {
        $($(#[doc = $doc])* pub(crate) const $name: Row = Row {
            code: $code,
            answer: Answer::$answer,
        };)*

        /// Every refusal that the filter makes itself; those for which a token's text
        /// or claims are at fault are named by `gatepost-jose`, and all
        /// [`Answer::InvalidToken`].
        #[cfg(test)]
        const ROWS: &[Row] = &[$($name),*];
    };
}

rows! {
    /// The request has no token where the rule wants one.
    MISSING = "jwt_missing", Missing;
    /// More than one token.
    SEVERAL_TOKENS = "jwt_several_tokens", InvalidRequest;
    /// A place of tokens holds what is none: no text, two in one, an empty scheme.
    CREDENTIAL_MALFORMED = "jwt_credential_malformed", InvalidRequest;
    /// `sub` is missing, or not what the provider's `subject` says.
    WRONG_SUBJECT = "jwt_wrong_subject", InvalidToken;
    /// The token is bound to a key of the client (RFC 9449), whose proof nobody checks.
    DPOP_BOUND = "jwt_dpop_bound", InvalidToken;
    /// The algorithm is none of the provider's.
    ALGORITHM_NOT_ALLOWED = "jwt_algorithm_not_allowed", InvalidToken;
    /// The token is on a revocation list.
    REVOKED = "jwt_revoked", InvalidToken;
    /// No key has the token's `kid`, as the source has said lately.
    UNKNOWN_KEY = "jwt_unknown_key", InvalidToken;
    /// The key of this `kid` is not for the token's algorithm.
    KEY_NOT_FOR_ALGORITHM = "jwt_key_not_for_algorithm", InvalidToken;
    /// The token names no key, and too many could have signed it.
    TOO_MANY_KEYS = "jwt_too_many_keys", InvalidToken;
    /// The signature is not right.
    BAD_SIGNATURE = "jwt_bad_signature", InvalidToken;
    /// As many signatures were checked for the request as may be.
    TOO_MANY_CHECKS = "jwt_too_many_checks", InvalidToken;
    /// The token is not bound to the certificate of the peer.
    NOT_BOUND = "jwt_not_bound", InvalidToken;
    /// A scope of the rule was not granted.
    SCOPE_MISSING = "scope_missing", InsufficientScope;
    /// A role of the rule is not among the token's.
    ROLE_MISSING = "role_missing", InsufficientScope;
    /// The rule's `allow` does not hold.
    CLAIM_DENIED = "claim_denied", InsufficientScope;
    /// A claim has a type that the rule's `allow` cannot read.
    CLAIM_UNREADABLE = "claim_unreadable", InsufficientScope;
    /// A claim cannot be sent as a header.
    CLAIM_UNSENDABLE = "claim_unsendable", Forbidden;
    /// No rule takes the request, and the default is to deny.
    DEFAULT_DENIED = "default_denied", Forbidden;
    /// No key set has come yet, or nobody can say whether there is the token's key.
    KEYS_UNAVAILABLE = "jwks_unavailable", Unavailable;
    /// The key set is too old.
    KEYS_STALE = "jwks_stale", Unavailable;
    /// No revocation list has come yet.
    REVOCATIONS_UNAVAILABLE = "revocations_unavailable", Unavailable;
    /// The revocation list is too old.
    REVOCATIONS_STALE = "revocations_stale", Unavailable;
    /// The proxy did not tell the time, or the peer's certificate.
    HOST_ERROR = "host_error", Unavailable;
}

impl Row {
    /// The refusal of a token whose text or claims are at fault.
    pub(crate) const fn invalid_token(code: &'static str) -> Self {
        Self {
            code,
            answer: Answer::InvalidToken,
        }
    }

    pub(crate) const fn reason(self) -> Reason {
        Reason::fixed(self.code)
    }
}

/// A request passes: its token is good.
pub(crate) const ALLOWED: Reason = Reason::fixed("allowed");
/// A request passes without a token, which the rule lets it.
pub(crate) const ANONYMOUS: Reason = Reason::fixed("allowed_anonymous");
/// A request passes by a rule that requires nothing.
pub(crate) const NOT_REQUIRED: Reason = Reason::fixed("not_required");
/// A CORS preflight passes.
pub(crate) const PREFLIGHT: Reason = Reason::fixed("cors_preflight");
/// No rule takes the request, and the default is to let it pass.
pub(crate) const DEFAULT_ALLOWED: Reason = Reason::fixed("default_allowed");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_stands_once() {
        for (index, row) in ROWS.iter().enumerate() {
            assert!(
                ROWS.iter()
                    .skip(index + 1)
                    .all(|other| other.code != row.code),
                "{}",
                row.code
            );
        }
    }
}
