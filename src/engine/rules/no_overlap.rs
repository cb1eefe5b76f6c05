//! `no-overlap`: one rollout at a time, its draining included.

use chrono::TimeDelta;
use serde_json::{Value as Json, json};

use super::min_interval::MinInterval;
use super::{
    Check, Explanation, LONGEST_ROLLOUT, Lookback, about_rollouts, as_far_as_known, duration_schema, map_schema,
};
use crate::engine::calendar::{next_second, second};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::{Instant, LEDGER_ID};
use crate::engine::facts::Facts;
use crate::engine::history::{Rollout, Rollouts};
use crate::engine::policy::reader::{Problems, Zero};
use crate::engine::policy::yaml::{Value, Yaml};

/// After how long a rollout without a finish counts as finished, unless the policy says otherwise.
const STALE_AFTER: TimeDelta = TimeDelta::hours(6);

/// One rollout at a time.
#[derive(Clone, Debug)]
pub struct NoOverlap {
    drain: TimeDelta,
    stale_after: TimeDelta,
}

/// A rollout that keeps the gate shut, and until when.
struct Blocking<'a> {
    rollout: &'a Rollout,
    until: Instant,
}

impl NoOverlap {
    /// Reads `{drain: D, stale-after: S}`, both optional.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        if matches!(yaml.value, Value::Null) {
            return Some(Self { drain: TimeDelta::zero(), stale_after: STALE_AFTER });
        }
        let fields = problems.fields(yaml, "no-overlap", &["drain", "stale-after"])?;
        let drain = match fields.get("drain") {
            Some(value) => problems.duration(value, "`drain` of no-overlap", Zero::Allowed),
            None => Some(TimeDelta::zero()),
        };
        let stale_after = match fields.get("stale-after") {
            Some(value) => problems.duration(value, "`stale-after` of no-overlap", Zero::Refused),
            None => Some(STALE_AFTER),
        };
        Some(Self { drain: drain?, stale_after: stale_after? })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let drain = duration_schema("how long the old generation lives on after a finish; 0s unless said");
        let stale = duration_schema("after how long a rollout without a finish counts as finished; 6h unless said");
        json!({"oneOf": [{"type": "null"}, map_schema(&[], &json!({"drain": drain, "stale-after": stale}))]})
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        self.drain >= other.drain && self.span() >= other.span()
    }

    /// Whether it lets go all that an interval lets go.
    pub(super) fn allows_all_after(&self, interval: &MinInterval) -> bool {
        match *interval {
            // Such an interval waits for whatever runs, but trusts a history that is cut this far back.
            MinInterval::AfterFinish(quiet) => self.drain <= quiet && self.span() <= quiet + LONGEST_ROLLOUT,
            MinInterval::SinceStart(_) => false,
        }
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({"drain": duration::show(self.drain), "stale-after": duration::show(self.stale_after)})
    }

    /// The rollouts that keep the gate shut at an instant, running ones first.
    fn blocking<'a>(&self, rollouts: &'a Rollouts, at: Instant) -> impl Iterator<Item = Blocking<'a>> {
        let (drain, stale_after) = (self.drain, self.stale_after);
        let running =
            rollouts.running().map(move |rollout| Blocking { rollout, until: rollout.start + stale_after + drain });
        let draining = rollouts
            .finished()
            .map_while(move |rollout| {
                rollout.finish.filter(|finish| *finish > at - drain).map(|finish| (rollout, finish))
            })
            .map(move |(rollout, finish)| Blocking { rollout, until: finish + drain });
        running.chain(draining).filter(move |blocking| blocking.until > at)
    }

    fn span(&self) -> TimeDelta {
        self.drain + self.stale_after
    }
}

/// The one act that settles a rollout whose finish nobody recorded.
#[must_use]
pub fn settle(rollout: &Rollout) -> String {
    let owner = rollout.actor.as_deref().map(|actor| format!(" ({actor}'s)")).unwrap_or_default();
    let id = &rollout.id;
    let how = match id.starts_with(LEDGER_ID) {
        true => format!("`deploy-rhythm record finish {id} --outcome success|failure`"),
        false => {
            "give its entry in the log a final `state` and a `finished_at`; at GitHub, its deployment a final status"
                .to_owned()
        }
    };
    format!("wait for deploy {id}{owner} to finish; if it has ended, record that: {how}")
}

impl Check for NoOverlap {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        let Ok(rollouts) = &facts.rollouts else { return Gate::Unknown(None) };
        let until = self.blocking(rollouts, at).map(|blocking| blocking.until).max();
        as_far_as_known(until.map_or(Gate::Open, Gate::Until), rollouts, at, self.span())
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        about_rollouts(&facts.rollouts, gate, self.span(), |rollouts| {
            let blocking: Vec<_> = self.blocking(rollouts, at).collect();
            let mut evidence: Vec<_> = blocking
                .iter()
                .take(super::MOST_EVIDENCE)
                .map(|blocking| Evidence::Rollout(blocking.rollout.clone()))
                .collect();
            let stale = rollouts.running().filter(|rollout| rollout.start + self.stale_after <= at);
            for rollout in stale.take(super::MOST_EVIDENCE) {
                let since = second(rollout.start + self.stale_after);
                evidence.push(Evidence::note(format!(
                    "{} started {} and its finish was never recorded: after {} it counts as finished at {since}",
                    rollout.id,
                    second(rollout.start),
                    duration::show(self.stale_after)
                )));
            }
            let running: Vec<_> = blocking.iter().filter(|blocking| blocking.rollout.finish.is_none()).collect();
            let (message, remedy) = match (running.first(), blocking.first()) {
                (Some(first), _) if first.rollout.start + self.stale_after > at => {
                    let age = duration::show(at - first.rollout.start);
                    let others = running.len() - 1;
                    let more = if others > 0 { format!(", and {others} more") } else { String::new() };
                    (format!("deploy {} is running, for {age}{more}", first.rollout.id), Some(settle(first.rollout)))
                }
                (_, Some(first)) => {
                    let wait = gate.until().map(|until| format!("wait until {}", next_second(until)));
                    (
                        format!(
                            "deploy {} may still be draining, for {} after its finish",
                            first.rollout.id,
                            duration::show(self.drain)
                        ),
                        wait,
                    )
                }
                (_, None) => match rollouts.running().last() {
                    None => ("nothing is running".to_owned(), None),
                    // All that runs is stale here.
                    Some(stale) => {
                        let since = second(stale.start + self.stale_after);
                        (
                            format!("deploy {} never recorded its finish, and counts as finished at {since}", stale.id),
                            None,
                        )
                    }
                },
            };
            Explanation { message, remedy, evidence }
        })
    }

    fn asks(&self) -> String {
        match self.drain.is_zero() {
            true => "one rollout at a time".to_owned(),
            false => format!("one rollout at a time, {} of draining included", duration::show(self.drain)),
        }
    }

    fn lookback(&self) -> Lookback {
        Lookback { deployments: self.span(), ..Lookback::default() }
    }
}
