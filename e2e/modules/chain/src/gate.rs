//! Refuses by rules, and by what `learn` learned.

use gatepost_config::{FieldPath, Name, Problems};
use gatepost_filter::{
    Denial, DenyResponse, Filter, Kind, Load, Loaded, Mode, Phases, RawDenyResponse, Reason,
    RecordWhen, Request, RuleRef, Rules, RulesBuilder, Settings, Verdict,
};
use gatepost_http_match::{MatchConfig, Matcher, Selection};
use serde::Deserialize;

use crate::learn::User;

pub(crate) const KIND: Kind = Kind {
    name: "gate",
    phases: Phases::REQUEST,
    load,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    on_deny: RawDenyResponse,
    #[serde(default)]
    record: RecordWhen,
    #[serde(default)]
    rules: Vec<RuleConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleConfig {
    name: Name,
    #[serde(default, rename = "match")]
    matches: MatchConfig,
    #[serde(default)]
    mode: Mode,
    /// Whom it refuses; left out, everybody.
    #[serde(default)]
    user: Option<String>,
    /// With this status, in place of that of `on_deny`.
    #[serde(default)]
    status: Option<u16>,
}

/// Whom a rule refuses, and how.
struct Refusal {
    user: Option<String>,
    status: Option<u16>,
}

struct Gate {
    rules: Rules<Refusal>,
}

fn load(load: &Load<'_>) -> Result<Loaded, Problems> {
    let config: Config = load.read()?;
    let mut problems = Problems::new();
    let rules = compile(config.rules, &load.path.field("rules"), &mut problems);
    let settings = Settings {
        mode: config.mode,
        on_deny: DenyResponse::new(config.on_deny, &load.path.field("on_deny"), &mut problems),
        record: config.record,
        rules: rules.settings(),
    };
    problems.check(Loaded {
        filter: Box::new(Gate { rules }),
        settings,
        owned_headers: Vec::new(),
        tick: None,
    })
}

fn compile(raw: Vec<RuleConfig>, at: &FieldPath<'_>, problems: &mut Problems) -> Rules<Refusal> {
    let mut rules = RulesBuilder::default();
    for (index, rule) in raw.into_iter().enumerate() {
        let rule_at = at.index(index);
        let refusal = Refusal {
            user: rule.user,
            status: rule.status,
        };
        match Matcher::compile(rule.matches, &rule_at.field("match")) {
            Ok(matcher) => rules.push(rule.name, rule.mode, matcher, refusal, &rule_at, problems),
            Err(found) => problems.extend(found),
        }
    }
    rules.build()
}

impl Filter for Gate {
    fn on_request(&self, request: &mut Request<'_>) -> Verdict {
        let (rule, refusal) = match self.rules.first(request) {
            Selection::Rule(index) => (RuleRef::Rule(index), self.rules.get(index)),
            Selection::None => (RuleRef::Default, None),
            Selection::Undecided(why) => return Verdict::Deny(Denial::undecided(why)),
        };
        let user = request.facts().get::<User>().map(|User(user)| user.clone());
        match refusal {
            Some(refusal) if refusal.user.is_none() || refusal.user == user => {
                let denial = Denial {
                    status: refusal.status,
                    ..Denial::by_policy(rule, Reason::fixed("gate_denied"))
                };
                Verdict::Deny(
                    denial
                        .header("x-why", "gate")
                        .field("user", user.unwrap_or_else(|| "nobody".to_owned())),
                )
            }
            _ => Verdict::pass(rule, Reason::fixed("gate_passed")),
        }
    }
}
