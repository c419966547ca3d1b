//! From a `match` as it is written to its conditions.

use std::fmt;

use gatepost_config::{FieldPath, Problems};
use gatepost_ip_set::IpSet;

use super::claim::ClaimMatch;
use super::cookie::CookieMatch;
use super::header::HeaderMatch;
use super::host::HostPattern;
use super::method::MethodMatch;
use super::path::PathPattern;
use super::query::QueryMatch;
use super::text::Text;
use super::{Condition, Conditions, Needs};
use crate::MatchConfig;
use crate::limits::{DEEPEST_NESTING, MOST_CONDITIONS, MOST_EXPRESSIONS};

/// What is kept while one `match` is compiled: the problems so far, and what is
/// counted against the limits.
#[derive(Default)]
pub(super) struct Compiler {
    problems: Problems,
    conditions: usize,
    expressions: usize,
    needs: Needs,
}

impl Compiler {
    /// Compiles the outermost `match`; it alone may be empty.
    pub(super) fn top(&mut self, config: MatchConfig, at: &FieldPath<'_>) -> Conditions {
        self.conditions(config, at, 0)
    }

    pub(super) fn needs(&self) -> Needs {
        self.needs
    }

    pub(super) fn into_problems(self) -> Problems {
        self.problems
    }

    pub(super) fn problem(&mut self, at: &FieldPath<'_>, message: impl fmt::Display) {
        self.problems.push(at, message);
    }

    /// The value, or a problem at its path.
    pub(super) fn check<T, E: fmt::Display>(
        &mut self,
        result: Result<T, E>,
        at: &FieldPath<'_>,
    ) -> Option<T> {
        result.map_err(|error| self.problem(at, error)).ok()
    }

    /// Compiles each element of a list, which must not be empty.
    pub(super) fn list<T, C>(
        &mut self,
        list: Vec<T>,
        at: &FieldPath<'_>,
        mut compile: impl FnMut(&mut Self, T, &FieldPath<'_>) -> Option<C>,
    ) -> Box<[C]> {
        if list.is_empty() {
            self.problem(
                at,
                "expected at least one entry; leave the field out to match anything",
            );
        }
        let mut compiled = Vec::new();
        for (index, element) in list.into_iter().enumerate() {
            if !self.count_condition(at) {
                break;
            }
            compiled.extend(compile(self, element, &at.index(index)));
        }
        compiled.into()
    }

    /// Counts an expression that is to be compiled at `at`.
    pub(super) fn count_expression(&mut self, at: &FieldPath<'_>) -> bool {
        self.expressions = self.expressions.saturating_add(1);
        let is_within = self.expressions <= MOST_EXPRESSIONS;
        if !is_within {
            self.problem(
                at,
                format_args!("expected at most {MOST_EXPRESSIONS} expressions in one match"),
            );
        }
        is_within
    }

    fn count_condition(&mut self, at: &FieldPath<'_>) -> bool {
        self.conditions = self.conditions.saturating_add(1);
        let is_within = self.conditions <= MOST_CONDITIONS;
        if !is_within {
            self.problem(
                at,
                format_args!("expected at most {MOST_CONDITIONS} conditions in one match"),
            );
        }
        is_within
    }

    /// In the order of rising cost, since the first that does not hold ends the
    /// evaluation.
    fn conditions(&mut self, config: MatchConfig, at: &FieldPath<'_>, depth: usize) -> Conditions {
        let mut conditions = Vec::new();
        if let Some(methods) = config.methods.0 {
            let methods = self.list(methods, &at.field("methods"), |this, method, at| {
                this.check(MethodMatch::parse(method), at)
            });
            conditions.push(Condition::Method(MethodMatch::new(methods)));
        }
        if let Some(hosts) = config.hosts.0 {
            let hosts = self.list(hosts, &at.field("hosts"), |this, host, at| {
                this.check(HostPattern::parse(&host), at)
            });
            conditions.push(Condition::Host(hosts));
        }
        if let Some(paths) = config.paths.0 {
            let paths = self.list(paths, &at.field("paths"), PathPattern::compile);
            conditions.push(Condition::Path(paths));
        }
        if let Some(list) = config.client_address.0 {
            let addresses = IpSet::from(&list);
            if addresses.is_empty() {
                self.problem(&at.field("client_address"), "expected at least one address");
            }
            self.needs.client_address = true;
            conditions.push(Condition::ClientAddress(addresses));
        }
        if let Some(texts) = config.peer_identity.0 {
            self.needs.peer_identity = true;
            let texts = self.list(texts, &at.field("peer_identity"), Text::compile);
            conditions.push(Condition::PeerIdentity(texts));
        }
        if let Some(headers) = config.headers.0 {
            let headers = self.list(headers, &at.field("headers"), HeaderMatch::compile);
            conditions.extend(headers.into_iter().map(Condition::Header));
        }
        if let Some(query) = config.query.0 {
            let query = self.list(query, &at.field("query"), QueryMatch::compile);
            conditions.extend(query.into_iter().map(Condition::Query));
        }
        if let Some(cookies) = config.cookies.0 {
            let cookies = self.list(cookies, &at.field("cookies"), CookieMatch::compile);
            conditions.extend(cookies.into_iter().map(Condition::Cookie));
        }
        if let Some(claims) = config.claims.0 {
            self.needs.claims = true;
            let claims = self.list(claims, &at.field("claims"), ClaimMatch::compile);
            conditions.extend(claims.into_iter().map(Condition::Claim));
        }
        if let Some(not) = config.not.0
            && let Some(not) = self.nested(*not, &at.field("not"), depth)
        {
            conditions.push(Condition::Not(not));
        }
        if let Some(groups) = config.all.0 {
            let groups = self.list(groups, &at.field("all"), |this, group, at| {
                this.nested(group, at, depth)
            });
            conditions.push(Condition::All(groups));
        }
        if let Some(groups) = config.any.0 {
            let groups = self.list(groups, &at.field("any"), |this, group, at| {
                this.nested(group, at, depth)
            });
            conditions.push(Condition::Any(groups));
        }
        Conditions(conditions.into())
    }

    fn nested(
        &mut self,
        config: MatchConfig,
        at: &FieldPath<'_>,
        depth: usize,
    ) -> Option<Conditions> {
        let depth = depth.saturating_add(1);
        if depth > DEEPEST_NESTING {
            self.problem(
                at,
                format_args!("expected not, any and all at most {DEEPEST_NESTING} levels deep"),
            );
            return None;
        }
        if config.accept_ambiguous_path {
            self.problem(
                &at.field("accept_ambiguous_path"),
                "expected this at the top of a match only: it concerns the whole rule",
            );
        }
        let problems_before = self.problems.is_empty();
        let conditions = self.conditions(config, at, depth);
        if conditions.0.is_empty() && problems_before && self.problems.is_empty() {
            self.problem(at, "expected at least one condition");
        }
        Some(conditions)
    }
}
