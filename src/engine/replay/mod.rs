//! Replay: what a policy would have made of past pushes.
//!
//! Each push asks for a rollout of itself at its instant. A newer one supersedes an older one that still waits; what is
//! held goes at the first instant that its rules allow; what is refused waits for the next push. What happens at one
//! instant is known at that instant: a push that comes when a waiting one may go takes its place. Nothing later than the
//! instant judged is there to be looked at: events are taken in as they come.

mod simulation;

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::event::{Instant, Landing};
use super::facts::{Busy, Known};
use super::policy::EnvironmentPolicy;
use super::rules::{Rule, RuleId};
use simulation::Simulation;

/// The rules whose facts the past does not hold: what the files said then, how checks stood, what ran elsewhere.
pub const LEFT_OUT: [RuleId; 4] =
    [RuleId::SoakTime, RuleId::RequiredChecks, RuleId::Governance, RuleId::StorageTopology];

/// The pushes of a span, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    pub landings: &'a [Landing],
    /// How many commits each one brought.
    pub commits: &'a [u32],
}

/// One rollout as the policy paces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paced {
    pub at: Instant,
    pub finished_at: Instant,
    /// The push that it ships: its place in the past.
    pub push: usize,
    /// The first push that no earlier rollout contains.
    pub first: usize,
    /// How many commits it ships since the last success.
    pub batch: u64,
}

/// What a policy made of a past.
#[derive(Clone, Debug)]
pub struct Replay {
    pub rollouts: Vec<Paced>,
    /// How long each push waited for the rollout that contains it, oldest push first.
    pub waits: Vec<TimeDelta>,
    /// For each rule that can hold, how many pushes it held when they came, by its place among those of the pace; of
    /// several of one name at the place of the first.
    pub held: Vec<usize>,
    /// Pushes that did not go when they came.
    pub held_pushes: usize,
    /// The push that still waits at the end, and nothing but another event lets go; with it wait all before it that no
    /// rollout contains.
    pub stuck: Option<Stuck>,
}

/// Where a replay came to no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// The first push that no rollout contains.
    pub first: usize,
    /// The place of a rule that holds it, among those of the pace.
    pub rule: Option<usize>,
    pub rejected: bool,
}

/// Takes out the rules whose facts the past does not hold, and tells which; `fixes_are_told` where subjects and files are.
#[must_use]
pub fn judgeable(
    mut policy: EnvironmentPolicy,
    calendars: &BTreeMap<String, Known<Busy>>,
    fixes_are_told: bool,
) -> (EnvironmentPolicy, Vec<RuleId>) {
    let unknown = |rule: &Rule| match rule {
        Rule::Freeze(freeze) => freeze.calendar().is_some_and(|(path, _)| !matches!(calendars.get(path), Some(Ok(_)))),
        Rule::FixChain(_) => !fixes_are_told,
        other => LEFT_OUT.contains(&other.id()),
    };
    let mut left_out: Vec<RuleId> =
        policy.rules.iter().filter(|entry| unknown(&entry.rule)).map(|entry| entry.rule.id()).collect();
    policy.rules.retain(|entry| !unknown(&entry.rule));
    left_out.sort_unstable();
    left_out.dedup();
    (policy, left_out)
}

/// Judges a past by a policy whose rules it can tell the facts of.
#[must_use]
pub fn replay(
    policy: &EnvironmentPolicy,
    calendars: &BTreeMap<String, Known<Busy>>,
    past: Past<'_>,
    rollout_time: TimeDelta,
    mut tick: impl FnMut(usize),
) -> Replay {
    let mut simulation = Simulation::new(policy, calendars.clone(), past, rollout_time);
    while let Some(at) = simulation.next_event() {
        simulation.advance(at);
        tick(simulation.arrived);
    }
    simulation.end()
}
