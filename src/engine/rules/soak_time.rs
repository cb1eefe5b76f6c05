//! `soak-time`: a commit has run elsewhere for so long, without failing there since.

use chrono::TimeDelta;
use serde_json::{Value as Json, json};

use super::{Check, Explanation, duration_schema, map_schema, not_known};
use crate::engine::calendar::next_second;
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::{Environment, Instant};
use crate::engine::facts::{Facts, Missing};
use crate::engine::history::{Outcome, Rollout, Rollouts};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;

/// A time of trial in another environment.
#[derive(Clone, Debug)]
pub struct SoakTime {
    pub environment: Environment,
    length: TimeDelta,
}

impl SoakTime {
    /// Reads `{in: ENV, for: D}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "soak-time", &["in", "for"])?;
        let environment = fields.need(problems, "in").and_then(|value| problems.text(value, "`in` of soak-time"));
        let length = fields.duration(problems, "for");
        Some(Self { environment: environment?.into(), length: length? })
    }

    /// How long the trial is.
    #[must_use]
    pub const fn length(&self) -> TimeDelta {
        self.length
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let properties = json!({"in": {"type": "string", "description": "the environment of the trial"}, "for": duration_schema("how long, from the finish there")});
        map_schema(&["in", "for"], &properties)
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        self.environment == other.environment && self.length >= other.length
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({"in": &*self.environment, "for": duration::show(self.length)})
    }

    /// The rollouts of the requested commit there, latest finish first.
    fn of_commit<'a>(facts: &'a Facts, rollouts: &'a Rollouts) -> impl Iterator<Item = &'a Rollout> {
        rollouts.finished().filter(|rollout| rollout.commit.as_ref() == Some(&facts.request.commit))
    }

    /// The earliest success that no failure followed.
    fn success<'a>(facts: &'a Facts, rollouts: &'a Rollouts) -> Option<(&'a Rollout, Instant)> {
        let last_failure = Self::of_commit(facts, rollouts)
            .find(|rollout| rollout.outcome == Outcome::Failure)
            .and_then(|rollout| rollout.finish);
        Self::of_commit(facts, rollouts)
            .filter(|rollout| rollout.outcome == Outcome::Success)
            .filter_map(|rollout| rollout.finish.map(|finish| (rollout, finish)))
            .filter(|(_, finish)| last_failure.is_none_or(|failure| *finish >= failure))
            .min_by_key(|(_, finish)| *finish)
    }
}

impl Check for SoakTime {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        let Some(Ok(rollouts)) = facts.elsewhere.get(&self.environment) else { return Gate::Unknown(None) };
        match Self::success(facts, rollouts).map(|(_, finish)| finish + self.length) {
            Some(due) if due <= at => Gate::Open,
            Some(due) => Gate::Until(due),
            None if rollouts.complete_since.is_some() => Gate::Unknown(None),
            None => Gate::Shut,
        }
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        let place = &self.environment;
        let rollouts = match facts.elsewhere.get(place) {
            Some(Ok(rollouts)) => rollouts,
            Some(Err(missing)) => return not_known(missing),
            None => {
                return not_known(&Missing::new(format!("the rollouts to {place}"), "give a history that holds them"));
            }
        };
        let commit = facts.request.commit.short();
        if matches!(gate, Gate::Unknown(_)) {
            let what = format!("a success of {commit} in {place}: the history is cut short");
            return not_known(&Missing::new(what, "give a longer history: `--deploys FILE` with the whole log"));
        }
        let success = Self::success(facts, rollouts);
        let tried = Self::of_commit(facts, rollouts).next();
        let message = match (success, tried) {
            (Some((_, finish)), _) => format!("{commit} has run in {place} for {}", duration::show(at - finish)),
            (None, Some(_)) => format!("{commit} failed in {place}, and did not succeed since"),
            (None, None) => format!("{commit} has not succeeded in {place}"),
        };
        let remedy = match gate {
            Gate::Until(until) => Some(format!("wait until {}", next_second(until))),
            Gate::Shut => {
                Some(format!("deploy {commit} to {place} first, and let it run for {}", duration::show(self.length)))
            }
            _ => None,
        };
        let shown = success.map(|(rollout, _)| rollout).or(tried);
        Explanation { message, remedy, evidence: shown.cloned().map(Evidence::Rollout).into_iter().collect() }
    }

    fn asks(&self) -> String {
        format!("{} in {} first", duration::show(self.length), self.environment)
    }
}
