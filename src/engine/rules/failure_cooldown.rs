//! `failure-cooldown`: a pause after a rollout that failed.

use chrono::TimeDelta;
use serde_json::Value as Json;

use super::{Check, Explanation, LONGEST_ROLLOUT, Lookback, about_rollouts, as_far_as_known, duration_schema};
use crate::engine::calendar::next_second;
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::history::{Outcome, Rollout, Rollouts};
use crate::engine::policy::reader::{Problems, Zero};
use crate::engine::policy::yaml::Yaml;

/// A pause after a failure.
#[derive(Clone, Debug)]
pub struct FailureCooldown(TimeDelta);

impl FailureCooldown {
    /// Reads `D`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        problems.duration(yaml, "failure-cooldown", Zero::Refused).map(Self)
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        duration_schema("the pause after the finish of a rollout that failed")
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        self.0 >= other.0
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        duration::show(self.0).into()
    }

    /// The failure with the latest finish of all; of several with that finish one suffices.
    fn last_failure(rollouts: &Rollouts) -> Option<(&Rollout, Instant)> {
        let latest = rollouts.finished().next()?.finish?;
        let mut last = rollouts.finished().take_while(|rollout| rollout.finish == Some(latest));
        last.find(|rollout| rollout.outcome == Outcome::Failure).map(|rollout| (rollout, latest))
    }
}

impl Check for FailureCooldown {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        let Ok(rollouts) = &facts.rollouts else { return Gate::Unknown(None) };
        let gate = match Self::last_failure(rollouts) {
            Some((_, finish)) if finish + self.0 > at => Gate::Until(finish + self.0),
            _ => Gate::Open,
        };
        as_far_as_known(gate, rollouts, at, self.0 + LONGEST_ROLLOUT)
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        about_rollouts(&facts.rollouts, gate, self.0 + LONGEST_ROLLOUT, |rollouts| {
            let last = Self::last_failure(rollouts);
            let message = match (last, rollouts.finished().next()) {
                (Some((rollout, finish)), _) => {
                    format!("the last rollout, {}, failed {} ago", rollout.id, duration::show(at - finish))
                }
                (None, Some(_)) => "the last rollout did not fail".to_owned(),
                (None, None) => "no rollout has finished yet".to_owned(),
            };
            let wait = |until| format!("find out why it failed; the next attempt may start at {}", next_second(until));
            let shown = last.map(|(rollout, _)| rollout).or_else(|| rollouts.finished().next());
            let evidence = shown.cloned().map(Evidence::Rollout).into_iter().collect();
            Explanation { message, remedy: gate.until().map(wait), evidence }
        })
    }

    fn asks(&self) -> String {
        format!("a pause of {} after a failed rollout", duration::show(self.0))
    }

    fn lookback(&self) -> Lookback {
        Lookback { deployments: self.0 + LONGEST_ROLLOUT, ..Lookback::default() }
    }
}
