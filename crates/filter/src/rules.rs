//! Rules in document order, and which of them a request meets.

use gatepost_config::{FieldPath, Name, Problems};
use gatepost_http_match::{Matcher, Needs, Selection, Undecided, select_all, select_first};

use crate::request::Request;
use crate::settings::{Mode, RuleSettings};
use crate::sorted_map::SortedMap;

/// The most rules of one filter.
const MOST_RULES: usize = 10_000;

/// The rules of a filter: each matches some requests and says `T` of them.
#[derive(Debug)]
pub struct Rules<T>(Vec<Rule<T>>);

#[derive(Debug)]
struct Rule<T> {
    settings: RuleSettings,
    matcher: Matcher,
    says: T,
}

impl<T> Rules<T> {
    /// The first rule that matches. The request's headers are read only if a
    /// rule with conditions stands before one without.
    pub fn first(&self, request: &mut Request<'_>) -> Selection {
        match self.0.first() {
            None => Selection::None,
            Some(rule) if rule.matcher.takes_all() => Selection::Rule(0),
            Some(_) => select_first(self.0.iter().map(|rule| &rule.matcher), request.view()),
        }
    }

    /// All rules that match, in document order: for filters whose rules add up.
    ///
    /// # Errors
    /// When it cannot be said of one of them whether it matches.
    pub fn all(&self, request: &mut Request<'_>) -> Result<Vec<usize>, Undecided> {
        select_all(self.0.iter().map(|rule| &rule.matcher), request.view())
    }

    /// The facts that the rules' matchers ask for.
    #[must_use]
    pub fn needs(&self) -> Needs {
        self.0.iter().fold(Needs::default(), |needs, rule| {
            needs.or(rule.matcher.needs())
        })
    }

    /// What the rule at `index` says.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index).map(|rule| &rule.says)
    }

    /// What each rule says, in document order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter().map(|rule| &rule.says)
    }

    /// Names and modes, for the chain.
    #[must_use]
    pub fn settings(&self) -> Vec<RuleSettings> {
        self.0.iter().map(|rule| rule.settings.clone()).collect()
    }
}

/// Puts rules together and sees to it that their names tell them apart.
#[derive(Debug)]
pub struct RulesBuilder<T> {
    rules: Vec<Rule<T>>,
    names: SortedMap<Name, ()>,
}

impl<T> Default for RulesBuilder<T> {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            names: SortedMap::new(),
        }
    }
}

impl<T> RulesBuilder<T> {
    /// Adds the next rule; `path` is where it stands.
    pub fn push(
        &mut self,
        name: Name,
        mode: Mode,
        matcher: Matcher,
        says: T,
        path: &FieldPath<'_>,
        problems: &mut Problems,
    ) {
        if matches!(name.as_str(), "default" | "none") {
            problems.push(
                &path.field("name"),
                format_args!("expected another name: `{name}` stands for the absence of a rule"),
            );
        }
        if self.names.insert(name.clone(), ()).is_some() {
            problems.push(
                &path.field("name"),
                format_args!("expected a name of its own: another rule is `{name}`"),
            );
        }
        if self.rules.len() == MOST_RULES {
            problems.push(path, format_args!("expected at most {MOST_RULES} rules"));
        } else {
            self.rules.push(Rule {
                settings: RuleSettings { name, mode },
                matcher,
                says,
            });
        }
    }

    /// The rules.
    #[must_use]
    pub fn build(self) -> Rules<T> {
        Rules(self.rules)
    }
}
