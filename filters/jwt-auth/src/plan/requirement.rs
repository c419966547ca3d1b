//! `require`: which token a rule wants.

use gatepost_config::{FieldPath, Problems, Shown};

use super::ProviderPlan;
use super::policy::audiences;
use crate::config::{AudienceMatch, RequirementConfig};
use crate::requirement::{Leaf, Requirement};

/// The most providers that one rule names, and how deep `any` and `all` may stand.
const MOST_LEAVES: usize = 64;
const DEEPEST: usize = 4;

/// What is kept while one rule's requirement is compiled.
pub(super) struct Requirements<'a> {
    pub(super) providers: &'a [ProviderPlan],
    pub(super) audiences: Option<&'a [String]>,
    pub(super) audiences_at: FieldPath<'a>,
    pub(super) leaves: usize,
}

impl Requirements<'_> {
    pub(super) fn compile(
        &mut self,
        raw: RequirementConfig,
        at: &FieldPath<'_>,
        depth: usize,
        problems: &mut Problems,
    ) -> Option<Requirement> {
        match raw {
            RequirementConfig::None => {
                problems.push(
                    at,
                    "expected a provider: that no token is fine says `optional` of the rule",
                );
                None
            }
            RequirementConfig::Provider(name) => {
                let leaf = self.leaf(&name, &at.field("provider"), problems)?;
                Some(Requirement::Provider(leaf))
            }
            RequirementConfig::Any(parts) => {
                let parts = self.parts(parts, &at.field("any"), depth, problems)?;
                Some(Requirement::Any(parts))
            }
            RequirementConfig::All(parts) => {
                let parts = self.parts(parts, &at.field("all"), depth, problems)?;
                Some(Requirement::All(parts))
            }
        }
    }

    fn parts(
        &mut self,
        raw: Vec<RequirementConfig>,
        at: &FieldPath<'_>,
        depth: usize,
        problems: &mut Problems,
    ) -> Option<Box<[Requirement]>> {
        let depth = depth.saturating_add(1);
        if depth > DEEPEST {
            problems.push(
                at,
                format_args!("expected `any` and `all` at most {DEEPEST} levels deep"),
            );
            return None;
        }
        if raw.len() < 2 {
            problems.push(at, "expected at least two");
        }
        let mut parts = Vec::new();
        for (index, part) in raw.into_iter().enumerate() {
            parts.extend(self.compile(part, &at.index(index), depth, problems));
        }
        Some(parts.into())
    }

    fn leaf(&mut self, name: &str, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Leaf> {
        self.leaves = self.leaves.saturating_add(1);
        if self.leaves > MOST_LEAVES {
            problems.push(at, format_args!("expected at most {MOST_LEAVES} providers"));
            return None;
        }
        let mut known = self.providers.iter().enumerate();
        let Some((provider, plan)) = known.find(|(_, plan)| plan.name == name) else {
            problems.push(
                at,
                format_args!("expected the name of a provider, found {}", Shown(name)),
            );
            return None;
        };
        let policy = self.audiences.map(|names| {
            let mut policy = plan.policy.clone();
            policy.audiences = audiences(names, AudienceMatch::Any, &self.audiences_at, problems);
            policy
        });
        Some(Leaf { provider, policy })
    }
}
