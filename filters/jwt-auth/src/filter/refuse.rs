//! What a refused request is answered, and what is recorded of it.

use gatepost_filter::{ChallengeError, Denial, Fields, Reason, RuleRef};

use super::JwtAuth;
use crate::judge::Good;
use crate::reason::{Answer, Row};

/// Seconds after which a request that lacks something of ours may come again.
const RETRY_AFTER: &str = "2";
/// The longest value of a record's field, in bytes.
const LONGEST_FIELD: usize = 256;

impl JwtAuth {
    /// A refusal of a token, by the provider whose it would have been.
    pub(super) fn refusal(&self, rule: RuleRef, row: Row, provider: Option<usize>) -> Denial {
        let denial = self.denial(rule, row, &[]);
        match provider.and_then(|number| self.providers.get(number)) {
            Some(provider) => denial.field("provider", provider.name.clone()),
            None => denial,
        }
    }

    /// A refusal with the answer that its reason has.
    pub(super) fn denial(&self, rule: RuleRef, row: Row, scopes: &[&str]) -> Denial {
        let challenges = &self.plan.challenges;
        let reason: Reason = row.reason();
        let error = |error| challenges.error(error, row.code, scopes);
        let (denial, challenge) = match row.answer {
            Answer::Missing => (
                Denial::with_status(rule, reason, 401),
                Some(challenges.bare()),
            ),
            Answer::InvalidToken => (
                Denial::with_status(rule, reason, 401),
                Some(error(ChallengeError::InvalidToken)),
            ),
            Answer::InvalidRequest => (
                Denial::with_status(rule, reason, 400),
                Some(error(ChallengeError::InvalidRequest)),
            ),
            Answer::InsufficientScope => (
                Denial::by_policy(rule, reason),
                Some(error(ChallengeError::InsufficientScope)),
            ),
            Answer::Forbidden => (Denial::by_policy(rule, reason), None),
            Answer::Unavailable => {
                let denial = Denial::with_status(rule, reason, 503);
                (denial.header("retry-after", RETRY_AFTER), None)
            }
        };
        match challenge {
            Some(challenge) => denial.header("www-authenticate", challenge),
            None => denial,
        }
    }

    pub(super) fn with_identity(&self, mut denial: Denial, token: &Good) -> Denial {
        denial.fields.extend(self.identity(token));
        denial
    }

    /// Who a verified token speaks of, for the record.
    pub(super) fn identity(&self, token: &Good) -> Fields {
        let mut fields = Vec::new();
        if let Some(provider) = self.providers.get(token.provider) {
            fields.push(("provider", provider.name.clone()));
        }
        if let Some(subject) = token.verified.claims.subject() {
            let cut = subject.floor_char_boundary(LONGEST_FIELD);
            let subject = subject.get(..cut).unwrap_or_default();
            fields.push(("subject", subject.to_owned()));
        }
        fields
    }
}
