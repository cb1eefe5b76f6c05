//! Pacing: of what waits for one environment, which commit goes, and when.

use super::decision::Gate;
use super::evaluate::{binding, first_opening};
use super::event::Instant;
use super::facts::Facts;
use super::lane::Lane;
use super::policy::{EnvironmentPolicy, RuleEntry};
use super::rules::Rule;

/// What becomes of the commit that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It goes now.
    Go,
    /// It waits, and if nothing else happens it goes then.
    At(Instant),
    /// It waits until something happens.
    Event,
    /// A rule refuses it: another commit must come.
    Rejected,
}

/// The rules of one environment, as those see them that wait.
#[derive(Clone, Debug)]
pub struct Pace<'a> {
    rules: Vec<&'a RuleEntry>,
}

impl<'a> Pace<'a> {
    /// The pace that a policy sets on the normal lane.
    #[must_use]
    pub fn of(policy: &'a EnvironmentPolicy) -> Self {
        Self { rules: binding(policy, Lane::Normal) }
    }

    /// The rules that can hold a commit.
    #[must_use]
    pub fn rules(&self) -> &[&'a RuleEntry] {
        &self.rules
    }

    /// What becomes of the commit that waits, by what is known at an instant.
    #[must_use]
    pub fn turn(&self, facts: &Facts, at: Instant) -> Turn {
        match first_opening(&self.rules, facts, at, |_| false) {
            Some(opening) if opening == at => Turn::Go,
            Some(opening) => Turn::At(opening),
            None if self.closed(facts, at).any(|(_, gate)| gate == Gate::Reject) => Turn::Rejected,
            None => Turn::Event,
        }
    }

    /// The rules that are not open at an instant: their places in `rules`, and what they say.
    pub fn closed<'b>(&'b self, facts: &'b Facts, at: Instant) -> impl Iterator<Item = (usize, Gate)> + 'b {
        let gates = self.rules.iter().map(move |entry| entry.rule.check().gate(facts, at));
        gates.enumerate().filter(|(_, gate)| *gate != Gate::Open)
    }

    /// How many commits may go together: of what waits, the newest commit whose batch is no larger goes first.
    #[must_use]
    pub fn most_together(&self) -> usize {
        let limits = self.rules.iter().filter_map(|entry| match &entry.rule {
            Rule::BatchSize(size) => size.most(),
            _ => None,
        });
        limits.min().unwrap_or(usize::MAX)
    }
}
