//! `push-frequency`: at most N pushes to the default branch in a sliding window.

use chrono::TimeDelta;
use serde_json::{Value as Json, json};

use super::{
    Budget, Check, Explanation, Lookback, count_schema, counted, duration_schema, map_schema, newest, not_known,
};
use crate::engine::calendar::next_second;
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::{Instant, Landing, Precision};
use crate::engine::facts::{Facts, Missing, Pushes};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;

/// At most so many pushes per so long.
#[derive(Clone, Debug)]
pub struct PushFrequency {
    pushes: usize,
    per: TimeDelta,
}

impl PushFrequency {
    /// Reads `{pushes: N, per: D}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "push-frequency", &["pushes", "per"])?;
        let (pushes, per) = (fields.count(problems, "pushes"), fields.duration(problems, "per"));
        Some(Self { pushes: pushes?, per: per? })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let properties = json!({"pushes": count_schema("pushes at most, the requested one included"), "per": duration_schema("the sliding window")});
        map_schema(&["pushes", "per"], &properties)
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        self.pushes <= other.pushes && self.per >= other.per
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({"pushes": self.pushes, "per": duration::show(self.per)})
    }

    fn recent<'a>(&self, pushes: &'a Pushes, at: Instant) -> &'a [Landing] {
        let first = pushes.landings.partition_point(|landing| landing.at <= at - self.per);
        let last = pushes.landings.partition_point(|landing| landing.at <= at);
        &pushes.landings[first.min(last)..last]
    }
}

impl Check for PushFrequency {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        let Ok(pushes) = &facts.pushes else { return Gate::Unknown(None) };
        let recent = self.recent(pushes, at);
        // A commit that has not landed would land now, and count.
        let total = recent.len() + usize::from(!pushes.requested_landed);
        let gate = match total.checked_sub(self.pushes) {
            None | Some(0) => Gate::Open,
            Some(over) => recent.get(over - 1).map_or(Gate::Open, |landing| Gate::Until(landing.at + self.per)),
        };
        match (gate, pushes.complete_since.filter(|since| *since > at - self.per)) {
            (Gate::Open, Some(since)) => Gate::Unknown(Some(since + self.per)),
            (Gate::Until(until), Some(since)) => Gate::Until(until.max(since + self.per)),
            (gate, _) => gate,
        }
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        let pushes = match &facts.pushes {
            Ok(pushes) => pushes,
            Err(missing) => return not_known(missing),
        };
        if matches!(gate, Gate::Unknown(_)) {
            let what = format!("the pushes of the last {}: the clone is shallow", duration::show(self.per));
            return not_known(&Missing::new(what, "run `git fetch --unshallow` (in a workflow: `fetch-depth: 0`)"));
        }
        let recent = self.recent(pushes, at);
        let guessed = recent.iter().any(|landing| landing.precision == Precision::Guessed);
        let mut evidence = newest(recent.iter(), Evidence::Landing);
        if guessed {
            let text =
                "instants are commit dates: git alone does not tell when, nor that several commits were pushed at once";
            evidence.push(Evidence::note(text));
        }
        let this = if pushes.requested_landed { "" } else { ", and this would be one more" };
        let wait = |until| format!("wait until {}; gather what follows into one push", next_second(until));
        Explanation {
            message: format!(
                "{} in the last {}{this}; at most {} may",
                counted(recent.len(), "push"),
                duration::show(self.per),
                self.pushes
            ),
            remedy: gate.until().map(wait),
            evidence,
        }
    }

    fn asks(&self) -> String {
        format!("at most {} per {}", counted(self.pushes, "push"), duration::show(self.per))
    }

    fn lookback(&self) -> Lookback {
        Lookback { landings: self.per, ..Lookback::default() }
    }

    fn budget(&self, facts: &Facts, at: Instant) -> Option<Budget> {
        let used = self.recent(facts.pushes.as_ref().ok()?, at).len();
        Some(Budget { used, left: self.pushes.saturating_sub(used), of: self.pushes })
    }
}
