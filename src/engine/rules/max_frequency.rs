//! `max-frequency`: at most N deploys in a sliding window, or in a local day, week or month.

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::min_interval::MinInterval;
use super::{
    Budget, Check, Explanation, Lookback, about_rollouts, as_far_as_known, count_schema, counted, map_schema, newest,
};
use crate::engine::calendar::{Unit, next_second};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::history::{Rollout, Rollouts};
use crate::engine::policy::reader::{Problems, Zero};
use crate::engine::policy::yaml::{Value, Yaml};

/// At most so many deploys per so long.
#[derive(Clone, Debug)]
pub struct MaxFrequency {
    deploys: usize,
    per: Period,
}

/// What a budget is counted over.
#[derive(Clone, Debug)]
pub enum Period {
    Sliding(TimeDelta),
    Calendar { unit: Unit, zone: Option<Tz> },
}

impl MaxFrequency {
    /// Reads `{deploys: N, per: D}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "max-frequency", &["deploys", "per"])?;
        let deploys = fields.count(problems, "deploys");
        let per = fields.need(problems, "per")?;
        let unit = match &per.value {
            Value::Text(text) => Unit::parse(text),
            _ => None,
        };
        let per = match unit {
            Some(unit) => Period::Calendar { unit, zone: None },
            None => Period::Sliding(problems.duration(per, "`per` of max-frequency", Zero::Refused)?),
        };
        Some(Self { deploys: deploys?, per })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let per = json!({"type": "string", "description": "a duration (sliding), or day, week, month (local calendar)", "examples": ["1h", "day"]});
        map_schema(&["deploys", "per"], &json!({"deploys": count_schema("deploys at most"), "per": per}))
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        // The longer span holds the shorter: whatever counts there counts here.
        let holds = match (&self.per, &other.per) {
            (Period::Sliding(one), Period::Sliding(two)) => one >= two,
            (Period::Sliding(length), Period::Calendar { unit, .. }) => *length >= unit.longest(),
            (Period::Calendar { .. }, Period::Sliding(_)) => false,
            (Period::Calendar { unit: one, zone }, Period::Calendar { unit: two, zone: other }) => {
                zone.unwrap_or(Tz::UTC) == other.unwrap_or(Tz::UTC) && one.holds(*two)
            }
        };
        holds && self.deploys <= other.deploys
    }

    /// The interval that it amounts to, where it grants one deploy per sliding time.
    pub(super) const fn as_interval(&self) -> Option<MinInterval> {
        match (self.deploys, &self.per) {
            (1, Period::Sliding(length)) => Some(MinInterval::SinceStart(*length)),
            _ => None,
        }
    }

    /// Whether it lets go all that an interval lets go: where nothing started for so long, there is nothing to count.
    pub(super) fn allows_all_after(&self, interval: &MinInterval) -> bool {
        let (MinInterval::SinceStart(quiet) | MinInterval::AfterFinish(quiet)) = *interval;
        Self { deploys: 1, per: Period::Sliding(quiet) }.at_least_as_strict(self)
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        let per = match &self.per {
            Period::Sliding(length) => duration::show(*length),
            Period::Calendar { unit, .. } => unit.to_string(),
        };
        json!({"deploys": self.deploys, "per": per})
    }

    pub(super) const fn zone(&mut self) -> Option<&mut Option<Tz>> {
        match &mut self.per {
            Period::Calendar { zone, .. } => Some(zone),
            Period::Sliding(_) => None,
        }
    }

    /// The starts that count at an instant, oldest first.
    fn counted<'a>(&self, rollouts: &'a Rollouts, at: Instant) -> &'a [Rollout] {
        match &self.per {
            Period::Sliding(length) => rollouts.started_between(at - *length, at),
            Period::Calendar { unit, zone } => match unit.around(zone.unwrap_or(Tz::UTC), at) {
                Some((begin, _)) => {
                    let since = rollouts.started_since(begin);
                    &since[..since.partition_point(|rollout| rollout.start <= at)]
                }
                None => rollouts.all(),
            },
        }
    }

    const fn length(&self) -> TimeDelta {
        match &self.per {
            Period::Sliding(length) => *length,
            Period::Calendar { unit, .. } => unit.longest(),
        }
    }
}

impl Check for MaxFrequency {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        let Ok(rollouts) = &facts.rollouts else { return Gate::Unknown(None) };
        let counted = self.counted(rollouts, at);
        let over = counted.len().checked_sub(self.deploys);
        match &self.per {
            Period::Sliding(length) => {
                let gate = over.map_or(Gate::Open, |over| Gate::Until(counted[over].start + *length));
                as_far_as_known(gate, rollouts, at, *length)
            }
            Period::Calendar { unit, zone } => {
                let Some((begin, end)) = unit.around(zone.unwrap_or(Tz::UTC), at) else { return Gate::Unknown(None) };
                match over {
                    Some(_) => Gate::Until(end),
                    None if rollouts.reaches(begin) => Gate::Open,
                    None => Gate::Unknown(Some(end)),
                }
            }
        }
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        about_rollouts(&facts.rollouts, gate, self.length(), |rollouts| {
            let counted = self.counted(rollouts, at);
            let over = match &self.per {
                Period::Sliding(length) => format!("in the last {}", duration::show(*length)),
                Period::Calendar { unit: Unit::Day, .. } => "today".to_owned(),
                Period::Calendar { unit, .. } => format!("this {unit}"),
            };
            let remedy = gate.until().map(|until| {
                let leaves = match &self.per {
                    Period::Sliding(_) => "when the oldest that counts leaves the window",
                    Period::Calendar { .. } => "when the budget begins anew",
                };
                format!("wait until {}, {leaves}; gather what lands meanwhile into that one deploy", next_second(until))
            });
            Explanation {
                message: format!(
                    "{} started {over}; at most {} may",
                    super::counted(counted.len(), "deploy"),
                    self.deploys
                ),
                remedy,
                evidence: newest(counted.iter(), Evidence::Rollout),
            }
        })
    }

    fn asks(&self) -> String {
        let per = match &self.per {
            Period::Sliding(length) => duration::show(*length),
            Period::Calendar { unit, .. } => unit.to_string(),
        };
        format!("at most {} per {per}", counted(self.deploys, "deploy"))
    }

    fn lookback(&self) -> Lookback {
        Lookback { deployments: self.length(), ..Lookback::default() }
    }

    fn budget(&self, facts: &Facts, at: Instant) -> Option<Budget> {
        let used = self.counted(facts.rollouts.as_ref().ok()?, at).len();
        Some(Budget { used, left: self.deploys.saturating_sub(used), of: self.deploys })
    }
}
