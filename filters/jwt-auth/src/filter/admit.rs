//! Whether good tokens are enough, and what the upstream sees of them.

use std::rc::Rc;

use gatepost_filter::{CredentialSources, Denial, Pass, Request, RuleRef, Verdict};
use gatepost_http_match::{Claims, Undecided};

use super::JwtAuth;
use crate::authorize::Authorization;
use crate::judge::Good;
use crate::plan::Access;
use crate::reason::{self, Row};

impl JwtAuth {
    /// Whether good tokens are enough; if so, what the upstream is to see.
    pub(super) fn admit(
        &self,
        rule: RuleRef,
        access: &Access,
        tokens: &[Good],
        request: &mut Request<'_>,
    ) -> Verdict {
        let Some(first) = tokens.first() else {
            return Verdict::Deny(self.denial(rule, reason::MISSING, &[]));
        };
        let claims = first.verified.claims.shared();
        request.facts_mut().insert(Claims(Rc::clone(&claims)));
        let mut denial = self.authorize(rule, &access.authorization, &claims, request);
        // In shadow mode the upstream sees what it would see of an allowed request.
        if (denial.is_none() || request.is_shadow(rule))
            && let Err(row) = show(tokens, request)
        {
            denial = denial.or_else(|| Some(self.denial(rule, row, &[])));
        }
        if let Some(denial) = denial {
            return Verdict::Deny(self.with_identity(denial, first));
        }
        self.strip(rule, tokens, request);
        self.keep(rule, tokens, request);
        let fields = match self.plan.records_passed {
            true => self.identity(first),
            false => Vec::new(),
        };
        Verdict::Continue(Pass {
            rule,
            reason: reason::ALLOWED,
            fields,
        })
    }

    /// Why the claims are not enough, if they are not.
    fn authorize(
        &self,
        rule: RuleRef,
        wanted: &Authorization,
        claims: &gatepost_http_match::Value,
        request: &mut Request<'_>,
    ) -> Option<Denial> {
        if let Some(scopes) = &wanted.scopes
            && !scopes.are_in(claims)
        {
            return Some(self.denial(rule, reason::SCOPE_MISSING, &scopes.wanted()));
        }
        if let Some(roles) = &wanted.roles
            && !roles.are_in(claims)
        {
            return Some(self.denial(rule, reason::ROLE_MISSING, &[]));
        }
        match wanted.allow.as_ref()?.matches(request.view()) {
            Ok(true) => None,
            Ok(false) => Some(self.denial(rule, reason::CLAIM_DENIED, &[])),
            // The request is well-formed; what the token says of its bearer is not
            // enough.
            Err(Undecided::UnreadableClaim) => {
                Some(self.denial(rule, reason::CLAIM_UNREADABLE, &[]))
            }
            Err(why) => Some(Denial {
                rule,
                ..Denial::undecided(why)
            }),
        }
    }

    /// Takes away all that stands in the place of a token of any provider, but for
    /// good tokens of those that forward theirs: the upstream, which trusts this
    /// filter, gets none that was not verified.
    pub(super) fn strip(&self, rule: RuleRef, tokens: &[Good], request: &mut Request<'_>) {
        let forwarded = tokens.iter().filter_map(|token| token.forwarded.clone());
        let forwarded: Vec<_> = forwarded.collect();
        CredentialSources::strip_all(&self.plan.places, &forwarded, request, rule);
    }
}

/// Sets the headers of all tokens; of one that several would set, the first's.
fn show(tokens: &[Good], request: &mut Request<'_>) -> Result<(), Row> {
    let is_unsendable = |token: &Good| token.verified.rendered.unsendable.is_some();
    if tokens.iter().any(is_unsendable) {
        return Err(reason::CLAIM_UNSENDABLE);
    }
    for token in tokens.iter().rev() {
        let shown = token.verified.rendered.apply(request);
        shown.map_err(|_| reason::CLAIM_UNSENDABLE)?;
    }
    Ok(())
}
