//! `min-interval`: so long between one deploy and the next.

use chrono::TimeDelta;
use serde_json::{Value as Json, json};

use super::{
    Check, Explanation, LONGEST_ROLLOUT, Lookback, about_rollouts, as_far_as_known, duration_schema, map_schema,
};
use crate::engine::calendar::{next_second, second};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::history::Rollout;
use crate::engine::policy::reader::{Problems, Zero};
use crate::engine::policy::yaml::{Value, Yaml};

/// A quiet time between deploys.
#[derive(Clone, Debug)]
pub enum MinInterval {
    SinceStart(TimeDelta),
    AfterFinish(TimeDelta),
}

impl MinInterval {
    /// Reads `D`, `{since-start: D}` or `{after-finish: D}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        if !matches!(yaml.value, Value::Map(_)) {
            return problems.duration(yaml, "min-interval", Zero::Refused).map(Self::SinceStart);
        }
        let fields = problems.fields(yaml, "min-interval", &["since-start", "after-finish"])?;
        match (fields.get("since-start"), fields.get("after-finish")) {
            (Some(value), None) => problems.duration(value, "`since-start`", Zero::Refused).map(Self::SinceStart),
            (None, Some(value)) => problems.duration(value, "`after-finish`", Zero::Refused).map(Self::AfterFinish),
            _ => {
                let fix = "name one of `since-start` and `after-finish`; for both, write the rule twice";
                problems.add(fields.place, "min-interval needs exactly one of its two keys", fix);
                None
            }
        }
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let since = duration_schema("from the start of the last deploy");
        let after = duration_schema("from the finish of the last deploy");
        json!({"oneOf": [
            since.clone(),
            map_schema(&["since-start"], &json!({"since-start": since})),
            map_schema(&["after-finish"], &json!({"after-finish": after})),
        ]})
    }
}

impl MinInterval {
    /// Whether all that it lets go, the other lets go too: a finish never lies before its start.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::SinceStart(one) | Self::AfterFinish(one), Self::SinceStart(two))
            | (Self::AfterFinish(one), Self::AfterFinish(two)) => one >= two,
            (Self::SinceStart(_), Self::AfterFinish(_)) => false,
        }
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        match self {
            Self::SinceStart(length) => json!({"since-start": duration::show(*length)}),
            Self::AfterFinish(length) => json!({"after-finish": duration::show(*length)}),
        }
    }
}

impl Check for MinInterval {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        let Ok(rollouts) = &facts.rollouts else { return Gate::Unknown(None) };
        match *self {
            Self::SinceStart(length) => {
                let last = rollouts.started_between(at - length, at).last();
                let gate = last.map_or(Gate::Open, |rollout| Gate::Until(rollout.start + length));
                as_far_as_known(gate, rollouts, at, length)
            }
            Self::AfterFinish(_) if rollouts.running().next().is_some() => Gate::Shut,
            Self::AfterFinish(length) => {
                let last = rollouts.finished().next().and_then(|rollout| rollout.finish);
                let gate = match last.filter(|finish| *finish > at - length) {
                    Some(finish) => Gate::Until(finish + length),
                    None => Gate::Open,
                };
                as_far_as_known(gate, rollouts, at, length + LONGEST_ROLLOUT)
            }
        }
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        about_rollouts(&facts.rollouts, gate, self.lookback().deployments, |rollouts| {
            let last: Option<&Rollout> = match self {
                Self::SinceStart(_) => rollouts.started_between(Instant::MIN_UTC, at).last(),
                Self::AfterFinish(_) => rollouts.running().last().or_else(|| rollouts.finished().next()),
            };
            let Some(last) = last else {
                return Explanation { message: "no deploy came before this one".to_owned(), ..Explanation::default() };
            };
            let message = match (self, last.finish) {
                (Self::AfterFinish(_), None) => {
                    format!("deploy {} is still running, since {}", last.id, second(last.start))
                }
                (Self::AfterFinish(_), Some(finish)) => {
                    format!("the last deploy finished {} ago", duration::show(at - finish))
                }
                (Self::SinceStart(_), _) => format!("the last deploy started {} ago", duration::show(at - last.start)),
            };
            let remedy = match gate {
                Gate::Until(until) => Some(format!("wait until {}", next_second(until))),
                Gate::Shut => Some(super::no_overlap::settle(last)),
                _ => None,
            };
            Explanation { message, remedy, evidence: vec![Evidence::Rollout(last.clone())] }
        })
    }

    fn asks(&self) -> String {
        match self {
            Self::SinceStart(length) => format!("at least {} since the last start", duration::show(*length)),
            Self::AfterFinish(length) => format!("at least {} after the last finish", duration::show(*length)),
        }
    }

    fn lookback(&self) -> Lookback {
        let deployments = match *self {
            Self::SinceStart(length) => length,
            Self::AfterFinish(length) => length + LONGEST_ROLLOUT,
        };
        Lookback { deployments, ..Lookback::default() }
    }
}
